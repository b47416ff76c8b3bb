-- The figures a map is read against: Italy, the macro-areas and the European Union, for the same choice and, with 'latest', each one's newest.
select geo, geo_name, period, value, ci_low, ci_high, n, level, parent, sector, sector_name, sector_short, gender, gender_name, size, size_name, period_start, edition,
       edition_name, sample_size_note, status, flags, no_ci_reason, population, source, source_name, published_geo
from observations_in($lang)
where indicator = $indicator and sector = $sector and gender = $gender and size = $size
  and ($period = 'latest' or period = $period) and list_contains($editions, edition)
  and case $level when 'italy' then geo = 'ITA' or level = 'macro' when 'europe' then geo = 'EU27_2020' else geo in ('WORLD', 'OECD') end
  and source <> case when $level = 'world' then 'worldbank_enterprise_surveys' else '' end  -- unweighted group means: never a benchmark
qualify row_number() over (partition by geo order by year(period_start) desc, length(period) = 4 desc, period_start desc, list_position($editions, edition)) = 1
order by geo_position, geo
