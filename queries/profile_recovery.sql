-- How far an area has come since 2019 (last year before the closures), for each choice and edition it has: one row per choice and edition.
-- Figures of an old vintage and periods of another kind (a quarter among years) are left out; 2019 is zero by definition where the indicator is a change against it.
-- complete says that no period is missing since the baseline: only then is the first one back at its level known.
with line as (
    select o.*, case i.desired_direction when 'lower' then -o.value else o.value end as goodness, i.desired_direction, ends_with(o.indicator, '_vs_2019') as against_2019
    from observations_labelled o
    join indicators i on i.id = o.indicator
    where o.geo = $geo and not contains(o.flags, 'v') and not contains(o.period, '/')
    qualify regexp_replace(o.period, '[0-9]', '0', 'g') = first_value(regexp_replace(o.period, '[0-9]', '0', 'g'))
        over (partition by o.indicator, o.sector, o.gender, o.size, o.edition order by o.period_start desc, o.period desc)
),
marks as (
    select indicator, sector, gender, size, edition, any_value(desired_direction) as desired_direction, any_value(against_2019) as against_2019, max_by(source, period_start) as source,
           count(*) as periods, count(distinct year(period_start)) = max(year(period_start)) - min(year(period_start)) + 1 as complete,
           max_by(period, period_start) as period, max_by(value, period_start) as value, arg_max_null(ci_low, period_start) as ci_low, arg_max_null(ci_high, period_start) as ci_high, max_by(status, period_start) as status,
           max_by(period, period_start) filter (year(period_start) = 2019) as baseline_period, max_by(value, period_start) filter (year(period_start) = 2019) as baseline_value,
           arg_max_null(ci_low, period_start) filter (year(period_start) = 2019) as baseline_ci_low, arg_max_null(ci_high, period_start) filter (year(period_start) = 2019) as baseline_ci_high,
           arg_min(period, row(goodness, period_start)) filter (period_start >= date '2020-01-01') as worst_period, arg_min(period_start, row(goodness, period_start)) filter (period_start >= date '2020-01-01') as worst_period_start,
           arg_min(value, row(goodness, period_start)) filter (period_start >= date '2020-01-01') as worst
    from line
    group by all
),
measured as (
    select * replace (case when against_2019 then '2019' else baseline_period end as baseline_period), case when against_2019 then 0 else baseline_value end as baseline
    from marks
)
select m.indicator, m.sector, m.gender, m.size, m.edition, m.source, m.periods, m.complete, m.period, m.value, m.ci_low, m.ci_high, m.status,
       m.baseline_period, m.baseline, m.baseline_ci_low, m.baseline_ci_high, m.worst_period, m.worst,
       min_by(l.period, l.period_start) as regained_period, min_by(l.value, l.period_start) as regained
from measured m
left join line l on (l.indicator, l.sector, l.gender, l.size, l.edition) = (m.indicator, m.sector, m.gender, m.size, m.edition)
    and l.period_start > m.worst_period_start and case m.desired_direction when 'lower' then l.value <= m.baseline else l.value >= m.baseline end
group by all
order by m.indicator, m.sector, m.gender, m.size, m.edition
