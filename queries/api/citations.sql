-- Where each observation was read: one row per observation and document, in the order of the observation's
-- key. An empty list of codes selects all of them.
with selection as (
    select *
    from observation_citations
    where (len($indicator) = 0 or list_contains($indicator, indicator))
        and (len($geo) = 0 or list_contains($geo, geo))
        and (len($sector) = 0 or list_contains($sector, sector))
        and (len($gender) = 0 or list_contains($gender, gender))
        and (len($size) = 0 or list_contains($size, size))
        and (len($period) = 0 or list_contains($period, period))
)

select
    k.indicator, k.geo, k.sector, k.gender, k.size, k.period, k.edition, k.stated_value, c.publisher, c.title,
    c.published, c.url, c.confidence, k.source_location, $version as data_version
from selection k
join citations c on c.id = k.citation
order by
    k.indicator, k.geo, k.sector, k.gender, k.size, k.edition, k.period, c.id, k.source_location
limit $limit offset $offset
