-- Everything published for one area: one row per indicator, sector, gender, size, period and edition; pages pick what they show and name what is missing.
select o.indicator, o.sector, o.gender, o.size, o.period, o.period_start, o.edition, o.value, o.ci_low, o.ci_high, o.n, o.sample_size_note, o.status, o.flags,
       o.no_ci_reason, o.population, o.source, o.geo as published_geo
from observations o
where o.geo = $geo
   or o.geo in (select code from geographies where level = 'joined' and list_contains(string_split(members, ' '), $geo))
order by o.indicator, o.sector, o.gender, o.size, o.edition, o.period_start, o.period
