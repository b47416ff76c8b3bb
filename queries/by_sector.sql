-- One area's sectors for one period and edition: one row per sector, the total first. 'latest' is each sector's newest.
select geo, sector, sector_name, period, value, low, high, n, geo_name, level, parent, sector_short, gender, gender_name, size, size_name, starts, edition,
       edition_name, n_note, status, flags, interval_reason, base, source, source_name, drawn_from, sector_kind, sector_parent
from described($lang)
where indicator = $indicator and geo = $geo and gender = $gender and size = $size
  and ($period = 'latest' or period = $period) and list_contains($editions, edition) and drawn_from = ''
qualify row_number() over (partition by sector order by list_position($editions, edition), starts desc) = 1
order by sector_position, sector
