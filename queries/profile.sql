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
    select o.* replace (n.place as geo, case $lang when 'it' then g.name_it else g.name_en end as geo_name, g.level as level, g.parent as parent), n.drawn_from, n.asked_position
    from named n
    join described($lang) o on o.geo = n.geo
    join geographies g on g.code = n.place
    where len($sectors) = 0 or list_contains($sectors, o.sector)
    qualify not (g.level = 'group' and o.source = 'worldbank_enterprise_surveys')
        and row_number() over (partition by n.place, o.indicator, o.sector, o.gender, o.size, o.edition, o.period order by n.drawn_from <> '') = 1
),
owned as (
    select distinct indicator, sector, gender, size from chosen where list_contains($own, geo)
)
select o.* exclude (choice_position, geo_position, edition_position, asked_position)
from chosen o
join owned using (indicator, sector, gender, size)
order by o.choice_position, o.asked_position, o.edition_position, o.starts, o.period
