-- One indicator on a map: one row per area of the level. With the period 'latest', each area has its newest
-- observation: its own before that of a joined code, a whole year before a part of it and, within a period,
-- the first of the view's editions that the area has.
-- Where a source gives Trentino-Alto Adige as one, Bolzano and Trento have that value; see published_geo.
select
    geo, geo_name, period, value, ci_low, ci_high, n, level, parent, continent, sector, sector_name,
    sector_short, gender, gender_name, size, size_name, period_start, edition, edition_name, sample_size_note,
    status, flags, no_ci_reason, population, source, source_name, published_geo
from observations_in($lang)
where indicator = $indicator and sector = $sector and gender = $gender and size = $size
    and ($period = 'latest' or period = $period) and list_contains($editions, edition)
    and case $level
        when 'italy' then level = 'area'
        when 'macro' then level = 'macro'
        when 'europe' then level = 'country' and europe
        else level = 'country'
    end
qualify
    row_number() over (
        partition by geo
        order by
            published_geo <> '', year(period_start) desc, length(period) = 4 desc, period_start desc,
            list_position($editions, edition), period desc
    ) = 1
order by geo_position, geo
