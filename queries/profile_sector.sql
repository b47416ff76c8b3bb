-- One sector beside the whole economy: each figure of the sector with the figure of all sectors for the same area, period and edition (null where that one is not published).
select
    o.indicator, o.geo, case $lang when 'it' then g.name_it else g.name_en end as geo_name, g.level, g.parent, g.europe,
    o.sector, case $lang when 'it' then s.name_it else s.name_en end as sector_name, case $lang when 'it' then s.short_it else s.short_en end as sector_short,
    o.gender, case $lang when 'it' then d.name_it else d.name_en end as gender_name,
    o.size, case $lang when 'it' then z.name_it else z.name_en end as size_name,
    o.period, o.starts, o.edition, case $lang when 'it' then e.name_it else e.name_en end as edition_name,
    o.value, o.low, o.high, o.n, o.n_note, o.status, o.flags, o.interval_reason, o.base, o.source,
    case $lang when 'it' then r.name_it else r.name_en end as source_name, '' as drawn_from,
    w.value as whole, w.low as whole_low, w.high as whole_high
from observations o
left join observations w on w.sector = 'all' and (w.indicator, w.geo, w.gender, w.size, w.period, w.edition) = (o.indicator, o.geo, o.gender, o.size, o.period, o.edition)
join indicators i on i.id = o.indicator
join geographies g on g.code = o.geo
join sectors s on s.code = o.sector
join genders d on d.code = o.gender
join sizes z on z.code = o.size
join editions e on e.code = o.edition
join sources r on r.id = o.source
where o.sector = $sector and g.level in ('country', 'macro', 'area', 'group') and not (g.level = 'group' and o.source = 'worldbank_enterprise_surveys')
order by i.position, d.position, z.position, g.position, o.geo, e.position, o.starts, o.period
