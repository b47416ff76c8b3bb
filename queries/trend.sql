-- All periods and editions of one indicator for the areas $geos: one row per area, edition and period. Editions never share a line.
-- An area inside a joined code (Bolzano, Trento) takes the joined figure where it has none of its own.
with asked as (
    select unnest($geos) as place
),
named as (
    select place, place as geo, '' as drawn_from from asked
    union all
    select a.place, j.code, j.code
    from asked a
    join geographies j on j.level = 'joined' and list_contains(string_split(j.members, ' '), a.place)
),
chosen as (
    select o.* replace (n.place as geo), n.drawn_from
    from named n
    join observations o on o.geo = n.geo
    where o.indicator = $indicator and o.sector = $sector and o.gender = $gender and o.size = $size
    qualify row_number() over (partition by n.place, o.edition, o.period order by n.drawn_from <> '') = 1
)
select
    o.geo, case $lang when 'it' then g.name_it else g.name_en end as geo_name, g.level, g.parent,
    o.sector, case $lang when 'it' then s.name_it else s.name_en end as sector_name, case $lang when 'it' then s.short_it else s.short_en end as sector_short,
    o.gender, case $lang when 'it' then d.name_it else d.name_en end as gender_name,
    o.size, case $lang when 'it' then z.name_it else z.name_en end as size_name,
    o.period, o.starts, o.edition, case $lang when 'it' then e.name_it else e.name_en end as edition_name,
    o.value, o.low, o.high, o.n, o.n_note, o.status, o.flags, o.interval_reason, o.base, o.source,
    case $lang when 'it' then r.name_it else r.name_en end as source_name, o.drawn_from as drawn_from
from chosen o
join geographies g on g.code = o.geo
join sectors s on s.code = o.sector
join genders d on d.code = o.gender
join sizes z on z.code = o.size
join editions e on e.code = o.edition
join sources r on r.id = o.source
order by g.position, o.geo, e.position, o.starts, o.period
