-- Coverage at a glance: one row per indicator, with the areas of each level that have an observation and the
-- years covered.
select
    i.id as indicator, case $lang when 'it' then i.label_it else i.label_en end as label, i.topic,
    count(distinct o.geo) filter (g.level in ('area', 'joined')) as italian_areas,
    count(distinct o.geo) filter (g.level = 'country' and g.europe) as european_countries,
    count(distinct o.geo) filter (g.level = 'country') as countries,
    count(distinct o.sector) as sectors, count(distinct o.size) as sizes, count(distinct o.gender) as genders,
    min(year(o.period_start)) as first_year, max(year(o.period_start)) as last_year,
    count(*) as observations, count(o.ci_low) as with_interval
from indicators i
join observations o on o.indicator = i.id
join geographies g on g.code = o.geo
group by all
order by any_value(i.position)
