-- One sector beside the whole economy: each figure of the sector with the figure of all sectors for the same area, period and edition (null where that one is not published).
with wholes as (
    select indicator, geo, gender, size, period, edition, value as whole, low as whole_low, high as whole_high from observations where sector = 'all'
)
select indicator, geo, geo_name, level, parent, europe, sector, sector_name, sector_short, gender, gender_name, size, size_name, period, starts, edition, edition_name,
       value, low, high, n, n_note, status, flags, interval_reason, base, source, source_name, decimals, drawn_from, whole, whole_low, whole_high
from described($lang)
left join wholes using (indicator, geo, gender, size, period, edition)
where sector = $sector and drawn_from = '' and level in ('country', 'macro', 'area', 'group') and not (level = 'group' and source = 'worldbank_enterprise_surveys')
order by indicator_position, sector_position, gender_position, size_position, geo_position, geo, edition_position, starts, period
