-- What exists: how many areas of each level have an observation for each breakdown, in the order of the
-- catalogue. An empty list of indicators selects all of them.
with selection as (
    select *
    from coverage
    where (len($indicator) = 0 or list_contains($indicator, indicator))
)

select
    c.indicator, c.level, c.sector, c.gender, c.size, c.period, c.edition, c.period_start, c.areas
from selection c
join indicators i on i.id = c.indicator
order by i.position, c.level, c.sector, c.gender, c.size, c.edition, c.period_start, c.period
limit $limit offset $offset
