-- Everything published for one area: one row per indicator, sector, gender, size, period and edition; pages pick what they show and name what is missing.
select o.indicator, o.sector, o.gender, o.size, o.period, o.starts, o.edition, o.value, o.low, o.high, o.n, o.n_note, o.status, o.flags,
       o.interval_reason, o.base, o.source, o.geo as drawn_from
from observations o
where o.geo = $geo
   or o.geo in (select code from geographies where level = 'joined' and list_contains(string_split(members, ' '), $geo))
order by o.indicator, o.sector, o.gender, o.size, o.edition, o.starts, o.period
