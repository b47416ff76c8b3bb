-- The recovery of one area since 2019 (last year before the closures): one row per breakdown and edition.
-- Observations of an old vintage and periods of another kind (a quarter among years) are left out. Where the
-- indicator is a change from 2019, the baseline is zero by definition.
-- complete: no year is missing since the first one; only then is the first period back at the baseline known.
with series as (
    select
        o.*, i.desired_direction,
        case i.desired_direction when 'lower' then -o.value else o.value end as goodness,
        ends_with(o.indicator, '_vs_2019') as is_change_from_2019,
        regexp_replace(o.period, '[0-9]', '0', 'g') as period_format
    from observations_labelled o
    join indicators i on i.id = o.indicator
    where o.geo = $geo and not contains(o.flags, 'v') and not contains(o.period, '/')
    qualify
        period_format = first_value(period_format) over (
            partition by o.indicator, o.sector, o.gender, o.size, o.edition
            order by o.period_start desc, o.period desc
        )
),

summaries as (
    select
        indicator, sector, gender, size, edition, any_value(desired_direction) as desired_direction,
        any_value(is_change_from_2019) as is_change_from_2019, max_by(source, period_start) as source,
        count(*) as periods,
        count(distinct year(period_start)) = max(year(period_start)) - min(year(period_start)) + 1
            as complete,
        max_by(period, period_start) as period, max_by(value, period_start) as value,
        arg_max_null(ci_low, period_start) as ci_low, arg_max_null(ci_high, period_start) as ci_high,
        max_by(status, period_start) as status
    from series
    group by all
),

baselines as (
    select
        indicator, sector, gender, size, edition,
        max_by(period, period_start) as period, max_by(value, period_start) as value,
        arg_max_null(ci_low, period_start) as ci_low, arg_max_null(ci_high, period_start) as ci_high
    from series
    where year(period_start) = 2019
    group by all
),

troughs as (
    select
        indicator, sector, gender, size, edition,
        arg_min(period, row(goodness, period_start)) as period,
        arg_min(period_start, row(goodness, period_start)) as period_start,
        arg_min(value, row(goodness, period_start)) as value
    from series
    where period_start >= date '2020-01-01'
    group by all
),

recoveries as (
    select
        s.*, b.ci_low as baseline_ci_low, b.ci_high as baseline_ci_high,
        case when s.is_change_from_2019 then '2019' else b.period end as baseline_period,
        case when s.is_change_from_2019 then 0 else b.value end as baseline,
        t.period as worst_period, t.period_start as worst_period_start, t.value as worst
    from summaries s
    left join baselines b using (indicator, sector, gender, size, edition)
    left join troughs t using (indicator, sector, gender, size, edition)
)

select
    r.indicator, r.sector, r.gender, r.size, r.edition, r.source, r.periods, r.complete, r.period, r.value,
    r.ci_low, r.ci_high, r.status, r.baseline_period, r.baseline, r.baseline_ci_low, r.baseline_ci_high,
    r.worst_period, r.worst, min_by(l.period, l.period_start) as regained_period,
    min_by(l.value, l.period_start) as regained
from recoveries r
left join series l
    on (l.indicator, l.sector, l.gender, l.size, l.edition)
        = (r.indicator, r.sector, r.gender, r.size, r.edition)
        and l.period_start > r.worst_period_start
        and case r.desired_direction when 'lower' then l.value <= r.baseline else l.value >= r.baseline end
group by all
order by r.indicator, r.sector, r.gender, r.size, r.edition
