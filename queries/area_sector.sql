-- Area by sector for one period: one row per Italian area and sector; the only cross of the two that is published.
select geo, geo_name, sector, sector_name, period, value, low, high, n, level, parent, sector_short, gender, gender_name, size, size_name, starts, edition,
       edition_name, n_note, status, flags, interval_reason, base, source, source_name, drawn_from, sector_kind
from described($lang)
where indicator = $indicator and gender = $gender and size = $size and period = $period and list_contains($editions, edition) and drawn_from = ''
  and case $level when 'italy' then level = 'area' or geo = 'ITA' when 'europe' then level = 'country' and europe else level = 'country' end
qualify row_number() over (partition by geo, sector order by list_position($editions, edition)) = 1
order by geo_position, geo, sector_position, sector
