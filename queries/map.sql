-- One indicator on a map: one row per area of the level, in the first edition of $editions that the area has; $period may be 'latest', per area.
-- A source that has Trentino-Alto Adige as one gives its figure to Bolzano and Trento, and drawn_from says so.
with wanted as (
    select o.*, g.level as own_level, g.europe, g.members, list_position($editions, o.edition) as preference
    from observations o
    join geographies g on g.code = o.geo
    where o.indicator = $indicator and o.sector = $sector and o.gender = $gender and o.size = $size
      and ($period = 'latest' or o.period = $period)
      and list_contains($editions, o.edition)
),
placed as (
    select *, geo as place, '' as drawn_from
    from wanted
    where case $level
        when 'italy' then own_level = 'area'
        when 'macro' then own_level = 'macro'
        when 'europe' then own_level = 'country' and europe
        else own_level = 'country' end
    union all by name
    select *, unnest(string_split(members, ' ')) as place, geo as drawn_from
    from wanted
    where $level = 'italy' and own_level = 'joined'
),
chosen as (
    select *
    from placed
    qualify row_number() over (partition by place order by preference, drawn_from <> '', starts desc, period desc) = 1
)
select
    c.place as geo, case $lang when 'it' then g.name_it else g.name_en end as geo_name, g.level, g.parent, g.continent,
    c.sector, case $lang when 'it' then s.name_it else s.name_en end as sector_name,
    c.gender, case $lang when 'it' then d.name_it else d.name_en end as gender_name,
    c.size, case $lang when 'it' then z.name_it else z.name_en end as size_name,
    c.period, c.starts, c.edition, case $lang when 'it' then e.name_it else e.name_en end as edition_name,
    c.value, c.low, c.high, c.n, c.n_note, c.status, c.flags, c.interval_reason, c.base, c.source,
    case $lang when 'it' then r.name_it else r.name_en end as source_name, c.drawn_from
from chosen c
join geographies g on g.code = c.place
join sectors s on s.code = c.sector
join genders d on d.code = c.gender
join sizes z on z.code = c.size
join editions e on e.code = c.edition
join sources r on r.id = c.source
order by g.position, c.place
