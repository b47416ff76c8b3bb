-- The sectors of one area for one period and edition: one row per sector, the total first.
-- With the period 'latest', each sector has its newest.
select
    geo, sector, sector_name, period, value, ci_low, ci_high, n, geo_name, level, parent, sector_short,
    gender, gender_name, size, size_name, period_start, edition, edition_name, sample_size_note, status,
    flags, no_ci_reason, population, source, source_name, published_geo, sector_kind, sector_parent
from observations_in($lang)
where indicator = $indicator and geo = $geo and gender = $gender and size = $size
    and ($period = 'latest' or period = $period)
    and list_contains($editions, edition) and published_geo = ''
qualify
    row_number() over (
        partition by sector order by list_position($editions, edition), period_start desc
    ) = 1
order by sector_position, sector
