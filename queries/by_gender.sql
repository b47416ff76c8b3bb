-- Firms led by women beside firms led by men: two rows per area, period and edition that has both.
with chosen as (
    select o.*
    from observations o
    where o.indicator = $indicator and o.sector = $sector and o.size = $size and o.gender in ('female', 'male')
    qualify count(distinct o.gender) over (partition by o.geo, o.period, o.edition) = 2
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
order by o.starts desc, g.position, o.geo, e.position, d.position
