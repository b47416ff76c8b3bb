-- Where each published figure was read: one row per figure and document, in the order of the figure's key. An empty list asks for all codes.
with chosen as (
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
    k.indicator, k.geo, k.sector, k.gender, k.size, k.period, k.edition, k.stated_value, c.publisher, c.title, c.published, c.url, c.confidence, k.place,
    $version as data_version
from chosen k
join citations c on c.id = k.citation
order by k.indicator, k.geo, k.sector, k.gender, k.size, k.edition, k.period, c.id, k.place
limit $limit offset $offset
