-- The size classes of one area for one period and edition: one row per class.
select
    geo, size, size_name, period, value, ci_low, ci_high, n, geo_name, level, parent, sector, sector_name,
    sector_short, gender, gender_name, period_start, edition, edition_name, sample_size_note, status, flags,
    no_ci_reason, population, source, source_name, published_geo
from observations_in($lang)
where indicator = $indicator and geo = $geo and sector = $sector and gender = $gender
    and ($period = 'latest' or period = $period)
    and list_contains($editions, edition) and published_geo = ''
qualify
    row_number() over (
        partition by size order by list_position($editions, edition), period_start desc
    ) = 1
order by size_position
