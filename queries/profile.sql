-- Figures of some areas side by side: every period of each choice (indicator, sector, gender, size) that one of $own has, for all of $geos. One row per area and figure.
-- An area inside a joined code takes the joined figure where it has none of its own. Unweighted means of country groups are never a benchmark and stay out.
with asked as (
    select unnest($geos) as place, unnest(range(len($geos))) as asked_position
),
named as (
    select place, place as geo, '' as drawn_from, asked_position from asked
    union all
    select a.place, j.code, j.code, a.asked_position
    from asked a
    join geographies j on j.level = 'joined' and list_contains(string_split(j.members, ' '), a.place)
),
chosen as (
    select o.* replace (n.place as geo), n.drawn_from, n.asked_position
    from named n
    join observations o on o.geo = n.geo
    join geographies g on g.code = n.place
    where len($sectors) = 0 or list_contains($sectors, o.sector)
    qualify not (g.level = 'group' and o.source = 'worldbank_enterprise_surveys')
        and row_number() over (partition by n.place, o.indicator, o.sector, o.gender, o.size, o.edition, o.period order by n.drawn_from <> '') = 1
),
owned as (
    select distinct indicator, sector, gender, size from chosen where list_contains($own, geo)
)
select
    o.indicator, o.geo, case $lang when 'it' then g.name_it else g.name_en end as geo_name, g.level, g.parent,
    o.sector, case $lang when 'it' then s.name_it else s.name_en end as sector_name, case $lang when 'it' then s.short_it else s.short_en end as sector_short,
    o.gender, case $lang when 'it' then d.name_it else d.name_en end as gender_name,
    o.size, case $lang when 'it' then z.name_it else z.name_en end as size_name,
    o.period, o.starts, o.edition, case $lang when 'it' then e.name_it else e.name_en end as edition_name,
    o.value, o.low, o.high, o.n, o.n_note, o.status, o.flags, o.interval_reason, o.base, o.source,
    case $lang when 'it' then r.name_it else r.name_en end as source_name, o.drawn_from
from chosen o
join owned using (indicator, sector, gender, size)
join indicators i on i.id = o.indicator
join geographies g on g.code = o.geo
join sectors s on s.code = o.sector
join genders d on d.code = o.gender
join sizes z on z.code = o.size
join editions e on e.code = o.edition
join sources r on r.id = o.source
order by i.position, s.position, d.position, z.position, o.asked_position, e.position, o.starts, o.period
