-- What exists: how many areas of each level have a figure for each choice, in the order of the catalogue. Put after the WITH called chosen.
select c.*
from chosen c
join indicators i on i.id = c.indicator
order by i.position, c.level, c.sector, c.gender, c.size, c.edition, c.period_start, c.period
limit $limit offset $offset
