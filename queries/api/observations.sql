-- Published observations with codes and labels: one row per observation, in the order of its key.
-- An empty list of codes selects all of them.
with selection as (
    select *
    from observations
    where (len($indicator) = 0 or list_contains($indicator, indicator))
        and (len($geo) = 0 or list_contains($geo, geo))
        and (len($sector) = 0 or list_contains($sector, sector))
        and (len($gender) = 0 or list_contains($gender, gender))
        and (len($size) = 0 or list_contains($size, size))
        and (len($period) = 0 or list_contains($period, period))
),

population_names as (
    select unnest($populations) as population, unnest($population_labels) as label
)

select
    o.indicator,
    coalesce(case $lang when 'it' then i.label_it else i.label_en end, o.indicator) as indicator_name,
    coalesce(i.unit, '') as unit,
    o.geo, coalesce(case $lang when 'it' then g.name_it else g.name_en end, o.geo) as geo_name,
    o.sector, coalesce(case $lang when 'it' then s.name_it else s.name_en end, o.sector) as sector_name,
    o.gender, coalesce(case $lang when 'it' then d.name_it else d.name_en end, o.gender) as gender_name,
    o.size, coalesce(case $lang when 'it' then z.name_it else z.name_en end, o.size) as size_name,
    o.period, o.period_start::date as period_start,
    o.edition, coalesce(case $lang when 'it' then e.name_it else e.name_en end, o.edition) as edition_name,
    o.value, o.ci_low, o.ci_high, o.no_ci_reason, o.n, o.sample_size_note, o.status, o.flags,
    p.label as population,
    o.source, coalesce(case $lang when 'it' then r.name_it else r.name_en end, o.source) as source_name,
    o.decimals, $version as data_version
from selection o
left join indicators i on i.id = o.indicator
left join geographies g on g.code = o.geo
left join sectors s on s.code = o.sector
left join genders d on d.code = o.gender
left join sizes z on z.code = o.size
left join editions e on e.code = o.edition
left join sources r on r.id = o.source
left join population_names p on p.population = o.population
order by o.indicator, o.geo, o.sector, o.gender, o.size, o.edition, o.period_start, o.period
limit $limit offset $offset
