-- Figures computed here from levels of the same source; each keeps the citations of its levels.

-- Italy and the four macro-areas: sums of the areas' value added, only where every area has a level.
insert into observations by name
with summed as (
    select
        case when grouping(g.parent) = 1 then 'ITA' else g.parent end as geo,
        o.sector, o.period, o.period_start, sum(o.value) as value, count(*) as areas
    from observations o
    join geographies g on g.code = o.geo and g.level = 'area'
    where o.indicator = 'gva_current_prices'
    group by grouping sets (
        (g.parent, o.sector, o.period, o.period_start), (o.sector, o.period, o.period_start)
    )
),

expected as (
    select parent as geo, count(*) as areas
    from geographies
    where level = 'area'
    group by parent
    union all
    select 'ITA' as geo, count(*) as areas
    from geographies
    where level = 'area'
)

select
    'gva_current_prices' as indicator, s.geo, s.sector, 'all' as gender, 'all' as size, s.period,
    'na-nominal' as edition, s.period_start, round(s.value, 2) as value, '' as sample_size_note,
    'derived' as status, '' as flags, 'derived' as no_ci_reason,
    'sum of the areas; current prices' as population, 'eurostat_value_added' as source, 2 as decimals
from summed s
join expected using (geo, areas);

-- Change from 2019 for those sums: 2019 is the last year before the closures.
insert into observations by name
select
    'gva_change_vs_2019' as indicator, l.geo, l.sector, 'all' as gender, 'all' as size, l.period,
    'na-nominal' as edition, l.period_start, round(100 * (l.value / b.value - 1), 2) as value,
    '' as sample_size_note, 'derived' as status, '' as flags, 'derived' as no_ci_reason,
    'computed from the sums of the areas; current prices' as population,
    'eurostat_value_added' as source, 2 as decimals
from observations l
join observations b using (indicator, geo, sector)
where l.indicator = 'gva_current_prices' and b.period = '2019' and l.period > '2019' and l.status = 'derived';

-- Points against Italy: from levels, never from rounded changes.
insert into observations by name
with change as (
    select l.geo, l.sector, l.period, l.period_start, 100 * (l.value / b.value - 1) as value
    from observations l
    join observations b using (indicator, geo, sector)
    where l.indicator = 'gva_current_prices' and b.period = '2019' and l.period > '2019'
)

select
    'gva_points_vs_italy' as indicator, a.geo, a.sector, 'all' as gender, 'all' as size, a.period,
    'na-nominal' as edition, a.period_start, round(a.value - i.value, 2) as value,
    '' as sample_size_note, 'derived' as status, '' as flags, 'derived' as no_ci_reason,
    'change from 2019 of the area minus that of Italy, both from levels; current prices' as population,
    'eurostat_value_added' as source, 2 as decimals
from change a
join change i on i.geo = 'ITA' and i.sector = a.sector and i.period = a.period
where a.geo <> 'ITA';

-- Citations of the derived figures: those of the areas' levels.
insert into observation_citations
select distinct
    o.indicator, o.geo, o.sector, o.gender, o.size, o.period, o.edition, c.citation, o.value as stated_value,
    'data/derive.sql' as source_location
from observations o
join observation_citations c
    on c.indicator = 'gva_current_prices' and c.sector = o.sector and c.period = o.period
where
    o.source = 'eurostat_value_added' and o.edition = 'na-nominal'
    and not exists (
        from observation_citations x
        where x.indicator = o.indicator and x.geo = o.geo and x.sector = o.sector and x.period = o.period
    );

-- Wilson 95% interval where a share's own two counts are known (Wilson 1927): for a register it shows how
-- much small numbers vary. The printed share must be that of its own counts.
with counted as (
    select
        m.share, k.geo, k.sector, k.gender, k.size, k.period, k.edition,
        k.value::bigint as part, w.value::bigint as total, k.value / w.value as p
    from share_counts m
    join observations k on k.indicator = m.numerator
    join observations w
        on w.indicator = m.denominator
            and (w.geo, w.sector, w.gender, w.size, w.period, w.edition)
            = (k.geo, k.sector, k.gender, k.size, k.period, k.edition)
    where w.value > 0
),

quantile as (
    select *, 1.959963984540054 ^ 2 as zz
    from counted
),

wilson as (
    select
        *,
        (p + zz / (2 * total)) / (1 + zz / total) as centre,
        sqrt(zz) * sqrt(p * (1 - p) / total + zz / (4 * total * total)) / (1 + zz / total) as half_width
    from quantile
)

update observations s
set
    ci_low = least(s.value, round(100 * (c.centre - c.half_width), 2)),
    ci_high = greatest(s.value, round(100 * (c.centre + c.half_width), 2)),
    n = c.total,
    sample_size_note = c.part || ' / ' || c.total,
    no_ci_reason = '',
    flags = case when c.total < 30 then s.flags || 's' else s.flags end
from wilson c
where
    s.indicator = c.share
    and (s.geo, s.sector, s.gender, s.size, s.period, s.edition)
    = (c.geo, c.sector, c.gender, c.size, c.period, c.edition)
    and abs(s.value - 100 * c.p) <= 0.06;

-- Surveys before 2019 are marked: they describe another decade.
update observations
set flags = flags || 'o'
where source = 'worldbank_enterprise_surveys' and period_start < date '2019-01-01';

insert into coverage
select
    o.indicator, l.level, o.sector, o.gender, o.size, o.period, o.edition, o.period_start, count(*) as areas
from observations o
join geographies g on g.code = o.geo
cross join
    lateral (
        select unnest(case
            when g.level in ('area', 'joined') then ['italy']
            when g.level = 'macro' then ['macro']
            when g.code = 'ITA' then ['italy_total', 'europe', 'world']
            when g.level = 'country' and g.europe then ['europe', 'world']
            when g.level = 'country' then ['world']
            else ['other']
        end) as level
    ) l
group by all
order by all;

insert into observations_labelled by name
select *  -- noqa: AM04
from build_observations_labelled()
order by
    indicator_position, sector_position, gender_position, size_position, geo_position, geo, edition_position,
    period_start, period;

-- The data dictionary, from the comments that data/columns.toml gives: Italian | English.
insert into dictionary by name
with relations as (
    select table_name, comment
    from duckdb_tables()
    where database_name = current_database()
    union all
    select view_name, comment
    from duckdb_views()
    where database_name = current_database() and not internal
)

select
    c.table_name, c.column_index as position, c.column_name, c.data_type,
    split_part(c.comment, ' | ', 1) as description_it, split_part(c.comment, ' | ', 2) as description_en,
    split_part(r.comment, ' | ', 1) as table_description_it,
    split_part(r.comment, ' | ', 2) as table_description_en
from duckdb_columns() c
join relations r using (table_name)
where c.database_name = current_database()
order by c.table_name, c.column_index;
