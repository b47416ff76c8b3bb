-- Figures of some areas side by side: every period of each choice (indicator, sector, gender, size) that one of $own has, for all of $geos. One row per area and figure.
-- An area inside a joined code takes the joined figure where it has none of its own. Unweighted means of country groups are never a benchmark and stay out.
with chosen as (
    select *
    from described($lang)
    where list_contains($geos, geo) and (len($sectors) = 0 or list_contains($sectors, sector))
      and not (level = 'group' and source = 'worldbank_enterprise_surveys')
),
owned as (
    select distinct indicator, sector, gender, size from chosen where list_contains($own, geo)
)
select indicator, geo, geo_name, level, parent, europe, sector, sector_name, sector_short, gender, gender_name, size, size_name, period, starts, edition, edition_name,
       value, low, high, n, n_note, status, flags, interval_reason, base, source, source_name, decimals, drawn_from
from chosen
join owned using (indicator, sector, gender, size)
order by indicator_position, sector_position, gender_position, size_position, list_position($geos, geo), edition_position, starts, period
