-- Every citation of a choice of figures: one row per source document, with how many of the figures it supports.
select c.id, c.publisher, c.title, c.published, c.url, c.confidence, count(*) as figures
from observation_citations k
join citations c on c.id = k.citation
where k.indicator = $indicator and k.sector = $sector and k.gender = $gender and k.size = $size
  and ($period = 'latest' or k.period = $period) and list_contains($editions, k.edition)
  and (len($geos) = 0 or list_contains($geos, k.geo))
group by all
order by figures desc, c.publisher, c.title, c.url
