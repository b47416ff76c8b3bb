-- One sector beside the whole economy: each figure of the sector with the figure of all sectors for the same area, period and edition (null where that one is not published).
with totals as (
    select indicator, geo, gender, size, period, edition, value as total_value, ci_low as total_ci_low, ci_high as total_ci_high from observations where sector = 'all'
)
select indicator, geo, geo_name, level, parent, europe, sector, sector_name, sector_short, gender, gender_name, size, size_name, period, period_start, edition, edition_name,
       value, ci_low, ci_high, n, sample_size_note, status, flags, no_ci_reason, population, source, source_name, decimals, published_geo, total_value, total_ci_low, total_ci_high
from observations_in($lang)
left join totals using (indicator, geo, gender, size, period, edition)
where sector = $sector and published_geo = '' and level in ('country', 'macro', 'area', 'group') and not (level = 'group' and source = 'worldbank_enterprise_surveys')
order by indicator_position, sector_position, gender_position, size_position, geo_position, geo, edition_position, period_start, period
