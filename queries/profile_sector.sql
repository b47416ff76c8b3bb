-- One sector and the whole economy: each observation of the sector with that of all sectors for the same
-- area, period and edition (null where that one is not published).
with totals as (
    select indicator, geo, gender, size, period, edition, value, ci_low, ci_high
    from observations
    where sector = 'all'
)

select
    o.indicator, o.geo, o.geo_name, o.level, o.parent, o.europe, o.sector, o.sector_name, o.sector_short,
    o.gender, o.gender_name, o.size, o.size_name, o.period, o.period_start, o.edition, o.edition_name,
    o.value, o.ci_low, o.ci_high, o.n, o.sample_size_note, o.status, o.flags, o.no_ci_reason, o.population,
    o.source, o.source_name, o.decimals, o.published_geo,
    t.value as total_value, t.ci_low as total_ci_low, t.ci_high as total_ci_high
from observations_in($lang) o
left join totals t using (indicator, geo, gender, size, period, edition)
where o.sector = $sector and o.published_geo = '' and o.level in ('country', 'macro', 'area', 'group')
    and not (o.level = 'group' and o.source = 'worldbank_enterprise_surveys')
order by
    o.indicator_position, o.sector_position, o.gender_position, o.size_position, o.geo_position, o.geo,
    o.edition_position, o.period_start, o.period
