-- Each observation of a selection with each document it was read in: one row per area, period, edition and
-- document, the document with most observations first.
select
    k.geo, k.period, k.edition, c.publisher, c.title, c.published, c.url, k.stated_value,
    count(*) over (partition by c.publisher, c.title, c.published, c.url) as observations
from observation_citations k
join citations c on c.id = k.citation
where k.indicator = $indicator and k.sector = $sector and k.gender = $gender and k.size = $size
order by observations desc, c.publisher, c.title, c.published, c.url, k.geo, k.period, k.edition
