-- One area's size classes for one period and edition: one row per class.
select geo, size, size_name, period, value, low, high, n, geo_name, level, parent, sector, sector_name, sector_short, gender, gender_name, starts, edition,
       edition_name, n_note, status, flags, interval_reason, base, source, source_name, drawn_from
from described($lang)
where indicator = $indicator and geo = $geo and sector = $sector and gender = $gender
  and ($period = 'latest' or period = $period) and list_contains($editions, edition) and drawn_from = ''
qualify row_number() over (partition by size order by list_position($editions, edition), starts desc) = 1
order by size_position
