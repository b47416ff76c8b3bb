-- How far an area has come since 2019 (last year before the closures), for each choice and edition it has: one row per choice and edition.
-- Figures of an old vintage and periods of another kind (a quarter among years) are left out; 2019 is zero by definition where the indicator is a change against it.
-- complete says that no period is missing since the baseline: only then is the first one back at its level known.
with line as (
    select o.*, case i.better when 'lower' then -o.value else o.value end as goodness, i.better, ends_with(o.indicator, '_vs_2019') as against_2019
    from figures o
    join indicators i on i.id = o.indicator
    where o.geo = $geo and not contains(o.flags, 'v') and not contains(o.period, '/')
    qualify regexp_replace(o.period, '[0-9]', '0', 'g') = first_value(regexp_replace(o.period, '[0-9]', '0', 'g'))
        over (partition by o.indicator, o.sector, o.gender, o.size, o.edition order by o.starts desc, o.period desc)
),
marks as (
    select indicator, sector, gender, size, edition, any_value(better) as better, any_value(against_2019) as against_2019, max_by(source, starts) as source,
           count(*) as periods, count(distinct year(starts)) = max(year(starts)) - min(year(starts)) + 1 as complete,
           max_by(period, starts) as period, max_by(value, starts) as value, arg_max_null(low, starts) as low, arg_max_null(high, starts) as high, max_by(status, starts) as status,
           max_by(period, starts) filter (year(starts) = 2019) as baseline_period, max_by(value, starts) filter (year(starts) = 2019) as baseline_value,
           arg_max_null(low, starts) filter (year(starts) = 2019) as baseline_low, arg_max_null(high, starts) filter (year(starts) = 2019) as baseline_high,
           arg_min(period, row(goodness, starts)) filter (starts >= date '2020-01-01') as worst_period, arg_min(starts, row(goodness, starts)) filter (starts >= date '2020-01-01') as worst_starts,
           arg_min(value, row(goodness, starts)) filter (starts >= date '2020-01-01') as worst
    from line
    group by all
),
measured as (
    select * replace (case when against_2019 then '2019' else baseline_period end as baseline_period), case when against_2019 then 0 else baseline_value end as baseline
    from marks
)
select m.indicator, m.sector, m.gender, m.size, m.edition, m.source, m.periods, m.complete, m.period, m.value, m.low, m.high, m.status,
       m.baseline_period, m.baseline, m.baseline_low, m.baseline_high, m.worst_period, m.worst,
       min_by(l.period, l.starts) as regained_period, min_by(l.value, l.starts) as regained
from measured m
left join line l on (l.indicator, l.sector, l.gender, l.size, l.edition) = (m.indicator, m.sector, m.gender, m.size, m.edition)
    and l.starts > m.worst_starts and case m.better when 'lower' then l.value <= m.baseline else l.value >= m.baseline end
group by all
order by m.indicator, m.sector, m.gender, m.size, m.edition
