-- The areas that have a profile, in reading order: Italy, its macro-areas, its regions, then the countries of
-- Europe and of the world by name. One row per area.
with observation_counts as (
    select g.code, count(*) as observations
    from geographies g
    left join geographies j on j.level = 'joined' and list_contains(string_split(j.members, ' '), g.code)
    join observations o on o.geo = g.code or o.geo = j.code
    group by g.code
)

select
    g.code, case $lang when 'it' then g.name_it else g.name_en end as name, g.level, g.parent, g.europe,
    c.observations
from geographies g
join observation_counts c on c.code = g.code
where g.level in ('area', 'macro', 'country')
order by
    case
        when g.code = 'ITA' then 0
        when g.level = 'macro' then 1
        when g.level = 'area' then 2
        when g.europe then 3
        else 4
    end,
    case when g.level in ('area', 'macro') then g.position end,
    strip_accents(case $lang when 'it' then g.name_it else g.name_en end)
