-- A headline and its recovery for one area: newest figure, 2019 (last year before the closures), worst period since 2019 and first year back at the 2019 level.
-- One row, or none where the area has no figure. $desired_direction says which way is good. Only one edition is followed: recovery across editions means nothing.
with line as (
    select o.*
    from observations o
    where o.indicator = $indicator and o.geo = $geo and o.sector = $sector and o.gender = $gender and o.size = $size and o.edition = $edition
      and not contains(o.flags, 'v')
    qualify regexp_replace(o.period, '[0-9]', '0', 'g') = first_value(regexp_replace(o.period, '[0-9]', '0', 'g')) over (order by o.period = $period desc, o.period_start desc, o.period desc)  -- years with years, quarters with quarters
),
newest as (
    select * from line where $period = 'latest' or period = $period order by period_start desc, period desc limit 1
),
baseline as (
    select * from line where year(period_start) = 2019 order by period_start desc limit 1
),
worst as (
    select * from line where period_start >= date '2020-01-01' order by case when $desired_direction = 'lower' then -value else value end, period_start limit 1
),
regained as (
    select l.*
    from line l, worst w, baseline b
    where l.period_start > w.period_start and case when $desired_direction = 'lower' then l.value <= b.value else l.value >= b.value end
    order by l.period_start
    limit 1
)
select n.indicator, n.geo, n.period, n.period_start, n.edition, n.value, n.ci_low, n.ci_high, n.n, n.sample_size_note, n.status, n.flags, n.no_ci_reason, n.population, n.source,
       b.period as baseline_period, b.value as baseline, n.value - b.value as change,
       w.period as worst_period, w.value as worst, r.period as regained_period, r.value as regained, (select count(*) from line) as periods
from newest n
left join baseline b on true
left join worst w on true
left join regained r on true
