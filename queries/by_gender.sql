-- Firms led by women and firms led by men: two rows per area, period and edition that has both.
select
    geo, geo_name, gender, gender_name, period, value, ci_low, ci_high, n, level, parent, sector, sector_name,
    sector_short, size, size_name, period_start, edition, edition_name, sample_size_note, status, flags,
    no_ci_reason, population, source, source_name, published_geo
from observations_in($lang)
where indicator = $indicator and sector = $sector and size = $size
    and gender in ('female', 'male') and published_geo = ''
qualify count(distinct gender) over (partition by geo, period, edition) = 2
order by period_start desc, geo_position, geo, edition_position, gender_position
