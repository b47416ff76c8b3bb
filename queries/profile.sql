-- Several areas side by side: all periods of each breakdown (indicator, sector, gender, size) that one of the
-- areas in focus has, for all areas asked for. One row per observation.
-- An area within a joined code has the value of that code where it has none of its own. Unweighted means of
-- country groups are never a benchmark and are left out.
with area_observations as (
    select *
    from observations_in($lang)
    where list_contains($geos, geo) and (len($sectors) = 0 or list_contains($sectors, sector))
        and not (level = 'group' and source = 'worldbank_enterprise_surveys')
),

focus_breakdowns as (
    select distinct indicator, sector, gender, size
    from area_observations
    where list_contains($focus_geos, geo)
)

select
    indicator, geo, geo_name, level, parent, europe, sector, sector_name, sector_short, gender, gender_name,
    size, size_name, period, period_start, edition, edition_name, value, ci_low, ci_high, n, sample_size_note,
    status, flags, no_ci_reason, population, source, source_name, decimals, published_geo
from area_observations
where (indicator, sector, gender, size) in (from focus_breakdowns)
order by
    indicator_position, sector_position, gender_position, size_position, list_position($geos, geo),
    edition_position, period_start, period
