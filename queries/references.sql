-- The figures a map is read against: Italy, the macro-areas and the European Union, for the same choice and, with 'latest', each one's newest.
with chosen as (
    select o.*
    from observations o
    join geographies g on g.code = o.geo
    where o.indicator = $indicator and o.sector = $sector and o.gender = $gender and o.size = $size
      and ($period = 'latest' or o.period = $period)
      and list_contains($editions, o.edition)
      and case $level when 'italy' then g.code = 'ITA' or g.level = 'macro' when 'europe' then g.code = 'EU27_2020' else g.code in ('WORLD', 'OECD') end
      and o.source <> case when $level = 'world' then 'worldbank_enterprise_surveys' else '' end  -- unweighted group means: never a benchmark
    qualify row_number() over (partition by o.geo order by list_position($editions, o.edition), o.starts desc) = 1
)
select
    o.geo, case $lang when 'it' then g.name_it else g.name_en end as geo_name, g.level, g.parent,
    o.sector, case $lang when 'it' then s.name_it else s.name_en end as sector_name, case $lang when 'it' then s.short_it else s.short_en end as sector_short,
    o.gender, case $lang when 'it' then d.name_it else d.name_en end as gender_name,
    o.size, case $lang when 'it' then z.name_it else z.name_en end as size_name,
    o.period, o.starts, o.edition, case $lang when 'it' then e.name_it else e.name_en end as edition_name,
    o.value, o.low, o.high, o.n, o.n_note, o.status, o.flags, o.interval_reason, o.base, o.source,
    case $lang when 'it' then r.name_it else r.name_en end as source_name, '' as drawn_from
from chosen o
join geographies g on g.code = o.geo
join sectors s on s.code = o.sector
join genders d on d.code = o.gender
join sizes z on z.code = o.size
join editions e on e.code = o.edition
join sources r on r.id = o.source
order by g.position, o.geo
