-- Where each published figure was read: one row per figure and document, in the order of the figure's key. Put after the WITH called chosen.
select
    k.indicator, k.geo, k.sector, k.gender, k.size, k.period, k.edition, k.stated_value, c.publisher, c.title, c.published, c.url, c.confidence, k.source_location,
    $version as data_version
from chosen k
join citations c on c.id = k.citation
order by k.indicator, k.geo, k.sector, k.gender, k.size, k.edition, k.period, c.id, k.source_location
limit $limit offset $offset
