-- What exists, for the filters: how many areas of each level have an observation, for each indicator, sector,
-- gender, size, period and edition.
select
    c.indicator, c.level, c.sector, c.gender, c.size, c.period, c.edition, c.period_start, c.areas
from coverage c
join indicators i on i.id = c.indicator
order by i.position, c.level, c.sector, c.gender, c.size, c.edition, c.period_start, c.period
