-- The evidence on a claim: charted and excluded observations of one indicator, area and period, each with its
-- citation. exclusion_reason says why an observation is excluded; 'worded' is one disputed because it was
-- printed as another measure.
select
    'observation' as side, o.value, c.publisher, c.title, c.published, c.url, c.confidence,
    '' as exclusion_reason
from observation_citations k
join observations o using (indicator, geo, sector, gender, size, period, edition)
join citations c on c.id = k.citation
where o.indicator = $indicator and o.geo = $geo and o.period = $period
    and o.sector = 'all' and o.gender in ('all', 'female-male') and o.size = 'all'
union all
select
    'excluded_observation' as side, e.value, c.publisher, c.title, c.published, c.url, c.confidence,
    case
        when e.exclusion_reason = 'disputed' and e.indicator <> $indicator then 'worded'
        else e.exclusion_reason
    end as exclusion_reason
from excluded_observations e
join citations c on c.id = e.citation
where e.geo = $geo and e.period = $period
    and (
        e.indicator = $indicator or starts_with(e.indicator, $indicator)
        or (e.indicator like 'lower_profit%' and $indicator = 'lower_sales_yoy')
    )
order by side desc, value desc, publisher
