-- Firms led by women beside firms led by men: two rows per area, period and edition that has both.
select geo, geo_name, gender, gender_name, period, value, low, high, n, level, parent, sector, sector_name, sector_short, size, size_name, starts, edition,
       edition_name, n_note, status, flags, interval_reason, base, source, source_name, drawn_from
from described($lang)
where indicator = $indicator and sector = $sector and size = $size and gender in ('female', 'male') and drawn_from = ''
qualify count(distinct gender) over (partition by geo, period, edition) = 2
order by starts desc, geo_position, geo, edition_position, gender_position
