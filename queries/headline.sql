-- A headline and its recovery for one area: newest figure, 2019 (last year before the closures), worst period since 2019 and first year back at the 2019 level.
-- One row, or none where the area has no figure. $better says which way is good. Only one edition is followed: recovery across editions means nothing.
with line as (
    select o.*
    from observations o
    where o.indicator = $indicator and o.geo = $geo and o.sector = $sector and o.gender = $gender and o.size = $size and o.edition = $edition
      and not contains(o.flags, 'v')
    qualify regexp_replace(o.period, '[0-9]', '0', 'g') = first_value(regexp_replace(o.period, '[0-9]', '0', 'g')) over (order by o.period = $period desc, o.starts desc, o.period desc)  -- years with years, quarters with quarters
),
newest as (
    select * from line where $period = 'latest' or period = $period order by starts desc, period desc limit 1
),
baseline as (
    select * from line where year(starts) = 2019 order by starts desc limit 1
),
worst as (
    select * from line where starts >= date '2020-01-01' order by case when $better = 'lower' then -value else value end, starts limit 1
),
regained as (
    select l.*
    from line l, worst w, baseline b
    where l.starts > w.starts and case when $better = 'lower' then l.value <= b.value else l.value >= b.value end
    order by l.starts
    limit 1
)
select n.indicator, n.geo, n.period, n.starts, n.edition, n.value, n.low, n.high, n.n, n.n_note, n.status, n.flags, n.interval_reason, n.base, n.source,
       b.period as baseline_period, b.value as baseline, n.value - b.value as change,
       w.period as worst_period, w.value as worst, r.period as regained_period, r.value as regained, (select count(*) from line) as periods
from newest n
left join baseline b on true
left join worst w on true
left join regained r on true
