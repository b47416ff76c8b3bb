-- The newest observation of one area and its recovery: 2019 (last year before the closures), the worst period
-- since 2020 and the first period after it back at the level of 2019. One row, or none without observations.
-- desired_direction says which direction is good. One edition only: editions cannot be compared over time.
with series as (
    select *, regexp_replace(period, '[0-9]', '0', 'g') as period_format
    from observations
    where indicator = $indicator and geo = $geo and sector = $sector and gender = $gender and size = $size
        and edition = $edition and not contains(flags, 'v')
    qualify
        period_format = first_value(period_format) over (
            order by period = $period desc, period_start desc, period desc
        )  -- years are compared with years, quarters with quarters
),

newest as (
    select *
    from series
    where $period = 'latest' or period = $period
    order by period_start desc, period desc
    limit 1
),

baseline as (
    select *
    from series
    where year(period_start) = 2019
    order by period_start desc
    limit 1
),

worst as (
    select *
    from series
    where period_start >= date '2020-01-01'
    order by case when $desired_direction = 'lower' then -value else value end, period_start
    limit 1
),

regained as (
    select l.period, l.value
    from series l
    cross join worst w
    cross join baseline b
    where l.period_start > w.period_start
        and case when $desired_direction = 'lower' then l.value <= b.value else l.value >= b.value end
    order by l.period_start
    limit 1
)

select
    n.indicator, n.geo, n.period, n.period_start, n.edition, n.value, n.ci_low, n.ci_high, n.n,
    n.sample_size_note, n.status, n.flags, n.no_ci_reason, n.population, n.source,
    b.period as baseline_period, b.value as baseline, n.value - b.value as change,
    w.period as worst_period, w.value as worst, r.period as regained_period, r.value as regained,
    (select count(*) from series) as periods
from newest n
left join baseline b on true
left join worst w on true
left join regained r on true
