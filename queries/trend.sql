-- All periods and editions of one indicator for some areas: one row per area, edition and period.
-- Editions never share a line.
-- An area within a joined code (Bolzano, Trento) has the value of that code where it has none of its own.
select
    geo, geo_name, period, value, ci_low, ci_high, n, level, parent, sector, sector_name, sector_short,
    gender, gender_name, size, size_name, period_start, edition, edition_name, sample_size_note, status,
    flags, no_ci_reason, population, source, source_name, published_geo
from observations_in($lang)
where list_contains($geos, geo)
    and indicator = $indicator and sector = $sector and gender = $gender and size = $size
order by geo_position, geo, edition_position, period_start, period
