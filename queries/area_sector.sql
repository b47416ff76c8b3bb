-- Area by sector for one period: one row per Italian area and sector, the only cross of the two that is
-- published.
select
    geo, geo_name, sector, sector_name, period, value, ci_low, ci_high, n, level, parent, sector_short,
    gender, gender_name, size, size_name, period_start, edition, edition_name, sample_size_note, status,
    flags, no_ci_reason, population, source, source_name, published_geo, sector_kind
from observations_in($lang)
where indicator = $indicator and gender = $gender and size = $size and period = $period
    and list_contains($editions, edition) and published_geo = ''
    and case $level
        when 'italy' then level = 'area' or geo = 'ITA'
        when 'europe' then level = 'country' and europe
        else level = 'country'
    end
qualify row_number() over (partition by geo, sector order by list_position($editions, edition)) = 1
order by geo_position, geo, sector_position, sector
