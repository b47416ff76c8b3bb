-- The citations of a selection of observations: one row per source document, with the number of observations
-- it supports and how they were read.
select
    min(c.id) as id, c.publisher, c.title, c.published, c.url,
    coalesce(
        array_to_string(list_sort(list(distinct c.confidence) filter (c.confidence <> '')), '; '), ''
    ) as confidence,
    count(distinct row(k.geo, k.period, k.edition)) as observations
from observation_citations k
join citations c on c.id = k.citation
where k.indicator = $indicator and k.sector = $sector and k.gender = $gender and k.size = $size
    and ($period = 'latest' or k.period = $period) and list_contains($editions, k.edition)
    and (len($geos) = 0 or list_contains($geos, k.geo))
group by c.publisher, c.title, c.published, c.url
order by observations desc, c.publisher, c.title, c.url
