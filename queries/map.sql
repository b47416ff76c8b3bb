-- One indicator on a map: one row per area of the level, in the first edition of $editions that the area has; $period may be 'latest', per area.
-- A source that has Trentino-Alto Adige as one gives its figure to Bolzano and Trento, and drawn_from says so.
select geo, geo_name, period, value, low, high, n, level, parent, continent, sector, sector_name, sector_short, gender, gender_name, size, size_name, starts, edition,
       edition_name, n_note, status, flags, interval_reason, base, source, source_name, drawn_from
from described($lang)
where indicator = $indicator and sector = $sector and gender = $gender and size = $size
  and ($period = 'latest' or period = $period) and list_contains($editions, edition)
  and case $level
      when 'italy' then level = 'area'
      when 'macro' then level = 'macro'
      when 'europe' then level = 'country' and europe
      else level = 'country' end
qualify row_number() over (partition by geo order by list_position($editions, edition), drawn_from <> '', starts desc, period desc) = 1
order by geo_position, geo
