-- One sector beside the whole economy: each figure of the sector with the figure of all sectors for the same area, period and edition (null where that one is not published).
select o.* exclude (choice_position, geo_position, edition_position), '' as drawn_from, w.value as whole, w.low as whole_low, w.high as whole_high
from described($lang) o
left join observations w on w.sector = 'all' and (w.indicator, w.geo, w.gender, w.size, w.period, w.edition) = (o.indicator, o.geo, o.gender, o.size, o.period, o.edition)
where o.sector = $sector and o.level in ('country', 'macro', 'area', 'group') and not (o.level = 'group' and o.source = 'worldbank_enterprise_surveys')
order by o.choice_position, o.geo_position, o.geo, o.edition_position, o.starts, o.period
