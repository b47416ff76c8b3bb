-- The areas a map is compared with, for the same selection: Italy and its macro-areas, the European Union, or
-- the world and the OECD. One row per area; with the period 'latest', each has its newest observation.
-- The enterprise surveys' means of country groups are unweighted: never a benchmark.
select
    geo, geo_name, period, value, ci_low, ci_high, n, level, parent, sector, sector_name, sector_short,
    gender, gender_name, size, size_name, period_start, edition, edition_name, sample_size_note, status,
    flags, no_ci_reason, population, source, source_name, published_geo
from observations_in($lang)
where indicator = $indicator and sector = $sector and gender = $gender and size = $size
    and ($period = 'latest' or period = $period) and list_contains($editions, edition)
    and case $level
        when 'italy' then geo = 'ITA' or level = 'macro'
        when 'europe' then geo = 'EU27_2020'
        else geo in ('WORLD', 'OECD')
    end
    and not ($level = 'world' and source = 'worldbank_enterprise_surveys')
qualify
    row_number() over (
        partition by geo
        order by
            year(period_start) desc, length(period) = 4 desc, period_start desc,
            list_position($editions, edition)
    ) = 1
order by geo_position, geo
