-- Figures of some areas side by side: every period of each choice (indicator, sector, gender, size) that one of $focus_geos has, for all of $geos. One row per area and figure.
-- An area inside a joined code takes the joined figure where it has none of its own. Unweighted means of country groups are never a benchmark and stay out.
with chosen as (
    select *
    from observations_in($lang)
    where list_contains($geos, geo) and (len($sectors) = 0 or list_contains($sectors, sector))
      and not (level = 'group' and source = 'worldbank_enterprise_surveys')
),
focus_choices as (
    select distinct indicator, sector, gender, size from chosen where list_contains($focus_geos, geo)
)
select indicator, geo, geo_name, level, parent, europe, sector, sector_name, sector_short, gender, gender_name, size, size_name, period, period_start, edition, edition_name,
       value, ci_low, ci_high, n, sample_size_note, status, flags, no_ci_reason, population, source, source_name, decimals, published_geo
from chosen
join focus_choices using (indicator, sector, gender, size)
order by indicator_position, sector_position, gender_position, size_position, list_position($geos, geo), edition_position, period_start, period
