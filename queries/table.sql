-- The observations of a view with everything a reader needs to check them: one row per observation, all
-- periods of its level.
select
    geo, geo_name, level, parent, sector, sector_name, sector_short, gender, gender_name, size, size_name,
    period, period_start, edition, edition_name, value, ci_low, ci_high, n, sample_size_note, status, flags,
    no_ci_reason, population, source, source_name, published_geo, indicator
from observations_in($lang)
where indicator = $indicator and sector = $sector and gender = $gender and size = $size
    and published_geo = '' and (len($geos) = 0 or list_contains($geos, geo))
    and case $level
        when 'italy' then level in ('area', 'joined', 'macro') or geo = 'ITA'
        when 'europe' then (level = 'country' and europe) or geo in ('EU27_2020', 'EA')
        else level in ('country', 'group')
    end
order by geo_position, geo, edition_position, period_start, period
