-- The published database: one long table of observations and the lists around it.
-- Missing is null; a total is 'all'; 'unknown' is a category of its own, never a total.
-- What each table and column holds is written in data/columns.toml.

create table build (
    version varchar not null,
    data_date date not null,
    rows_read integer not null,
    observations integer not null,
    excluded_observations integer not null
);

create table sources (
    id varchar primary key,
    name_it varchar not null,
    name_en varchar not null,
    publisher varchar not null,
    kind varchar not null,
    licence_it varchar not null,
    licence_en varchar not null,
    url varchar not null,
    note_it varchar not null,
    note_en varchar not null,
    check (kind in ('survey', 'self_selected', 'register', 'accounts', 'index', 'press'))
);

create table indicators (
    id varchar primary key,
    topic varchar not null,
    position integer not null,
    label_it varchar not null,
    label_en varchar not null,
    short_it varchar not null,
    short_en varchar not null,
    description_it varchar not null,
    description_en varchar not null,
    universe_it varchar not null,
    universe_en varchar not null,
    unit varchar not null,
    decimals integer not null,
    desired_direction varchar not null check (desired_direction in ('higher', 'lower', 'neither')),
    chart varchar not null check (chart in ('map', 'dots', 'series')),
    source varchar not null references sources (id),
    breaks varchar not null,
    note_it varchar not null,
    note_en varchar not null
);

create table geographies (
    code varchar primary key,
    level varchar not null check (level in ('area', 'joined', 'macro', 'country', 'nuts1', 'nuts2', 'group')),
    parent varchar not null,
    members varchar not null,
    iso2 varchar not null,
    eu_code varchar not null,
    continent varchar not null,
    europe boolean not null,
    position integer not null,
    name_it varchar not null,
    name_en varchar not null,
    note_it varchar not null,
    note_en varchar not null
);

create table sectors (
    code varchar primary key,
    kind varchar not null,
    parent varchar not null,
    position integer not null,
    name_it varchar not null,
    name_en varchar not null,
    short_it varchar not null,
    short_en varchar not null
);

create table sizes (
    code varchar primary key,
    position integer not null,
    name_it varchar not null,
    name_en varchar not null
);

create table genders (
    code varchar primary key,
    position integer not null,
    name_it varchar not null,
    name_en varchar not null
);

create table editions (
    code varchar primary key,
    position integer not null,
    name_it varchar not null,
    name_en varchar not null,
    note_it varchar not null,
    note_en varchar not null
);

create table citations (
    id integer primary key,
    publisher varchar not null,
    title varchar not null,
    published varchar not null,
    url varchar not null,
    confidence varchar not null
);

create table observations (
    indicator varchar not null references indicators (id),
    geo varchar not null references geographies (code),
    sector varchar not null references sectors (code),
    gender varchar not null references genders (code),
    size varchar not null references sizes (code),
    period varchar not null check (period <> ''),
    edition varchar not null references editions (code),
    period_start date not null,
    value double not null,
    ci_low double,
    ci_high double,
    n bigint,
    sample_size_note varchar not null,
    status varchar not null check (status in ('ok', 'provisional', 'derived')),
    flags varchar not null,
    no_ci_reason varchar not null check (no_ci_reason in ('', 'register', 'no_error_published', 'derived')),
    population varchar not null,
    source varchar not null references sources (id),
    decimals integer not null,
    primary key (indicator, geo, sector, gender, size, period, edition),
    check (ci_low is null = (ci_high is null)),
    check (ci_low is null or (ci_low <= value and value <= ci_high)),
    check ((ci_low is null) = (no_ci_reason <> ''))
);

-- Joined once, at the build: a question that joins seven lists of names takes twice as long.
create table observations_labelled (
    indicator varchar not null,
    geo varchar not null,
    sector varchar not null,
    gender varchar not null,
    size varchar not null,
    period varchar not null,
    edition varchar not null,
    period_start date not null,
    value double not null,
    ci_low double,
    ci_high double,
    n bigint,
    sample_size_note varchar not null,
    status varchar not null,
    flags varchar not null,
    no_ci_reason varchar not null,
    population varchar not null,
    source varchar not null,
    decimals integer not null,
    published_geo varchar not null,
    geo_name_it varchar not null,
    geo_name_en varchar not null,
    level varchar not null,
    parent varchar not null,
    continent varchar not null,
    europe boolean not null,
    sector_name_it varchar not null,
    sector_name_en varchar not null,
    sector_short_it varchar not null,
    sector_short_en varchar not null,
    sector_kind varchar not null,
    sector_parent varchar not null,
    gender_name_it varchar not null,
    gender_name_en varchar not null,
    size_name_it varchar not null,
    size_name_en varchar not null,
    edition_name_it varchar not null,
    edition_name_en varchar not null,
    source_name_it varchar not null,
    source_name_en varchar not null,
    indicator_position integer not null,
    geo_position integer not null,
    sector_position integer not null,
    gender_position integer not null,
    size_position integer not null,
    edition_position integer not null
);

create table observation_citations (
    indicator varchar not null,
    geo varchar not null,
    sector varchar not null,
    gender varchar not null,
    size varchar not null,
    period varchar not null,
    edition varchar not null,
    citation integer not null references citations (id),
    stated_value double not null,
    source_location varchar not null
);

create table excluded_observations (
    indicator varchar not null,
    geo varchar not null,
    geo_label varchar not null,
    sector varchar not null,
    gender varchar not null,
    size varchar not null,
    period varchar not null,
    edition varchar not null,
    value double not null,
    unit varchar not null,
    sample_size_note varchar not null,
    population varchar not null,
    status varchar not null,
    exclusion_reason varchar not null,
    source varchar not null,
    citation integer not null references citations (id),
    source_location varchar not null,
    check (exclusion_reason in ('disputed', 'no_paragraph', 'vintage', 'subgroup', 'no_period'))
);

create table claims (
    id varchar primary key,
    position integer not null,
    claim_it varchar not null,
    claim_en varchar not null,
    stated_by_it varchar not null,
    stated_by_en varchar not null,
    stated_on varchar not null,
    verdict varchar not null,
    finding_it varchar not null,
    finding_en varchar not null,
    suggested_wording_it varchar not null,
    suggested_wording_en varchar not null,
    evidence_indicator varchar not null,
    evidence_geo varchar not null,
    evidence_period varchar not null,
    evidence_value double,
    check (verdict in ('confirmed', 'misworded', 'contradicted', 'not_confirmed', 'open'))
);

create table resources (
    id varchar primary key,
    kind varchar not null,
    goals varchar not null,
    topics varchar not null,
    language varchar not null,
    region varchar not null references geographies (code),
    cost varchar not null,
    state varchar not null check (state in ('active', 'ended', 'unknown')),
    evidence_date varchar not null,
    provider varchar not null,
    title_it varchar not null,
    title_en varchar not null,
    description_it varchar not null,
    description_en varchar not null,
    address varchar not null
);

-- What exists: the filters offer only this. A level is a reader's choice: italy, macro, europe, world,
-- or other (groups, foreign regions).
create table coverage (
    indicator varchar not null,
    level varchar not null,
    sector varchar not null,
    gender varchar not null,
    size varchar not null,
    period varchar not null,
    edition varchar not null,
    period_start date not null,
    areas integer not null
);

create view conflicts as
select
    o.indicator, o.geo, o.sector, o.gender, o.size, o.period, o.edition,
    o.value as charted_value, o.source as charted_source,
    e.value as excluded_value, e.source as excluded_source, e.exclusion_reason,
    c.publisher, c.title, c.url
from observations o
join excluded_observations e using (indicator, geo, sector, gender, size, period)
join citations c on c.id = e.citation
where e.value <> o.value
order by all;

create table dictionary (
    table_name varchar not null,
    position integer not null,
    column_name varchar not null,
    data_type varchar not null,
    description_it varchar not null,
    description_en varchar not null,
    table_description_it varchar not null,
    table_description_en varchar not null,
    primary key (table_name, column_name)
);

-- What observations_labelled is filled from: the observations with names, and a joined code's figure for each
-- member that has none of its own.
create macro build_observations_labelled() as table
    with member_observations as (
        select o.* replace (unnest(string_split(g.members, ' ')) as geo), o.geo as published_geo
        from observations o
        join geographies g on g.code = o.geo and g.level = 'joined'
    ),

    placed as (
        select *, '' as published_geo
        from observations
        union all by name
        select member_observations.*
        from member_observations
        anti join observations using (indicator, geo, sector, gender, size, period, edition)
    )

    select
        o.*,  -- noqa: AM04
        g.name_it as geo_name_it, g.name_en as geo_name_en, g.level, g.parent, g.continent, g.europe,
        s.name_it as sector_name_it, s.name_en as sector_name_en,
        s.short_it as sector_short_it, s.short_en as sector_short_en,
        s.kind as sector_kind, s.parent as sector_parent,
        d.name_it as gender_name_it, d.name_en as gender_name_en,
        z.name_it as size_name_it, z.name_en as size_name_en,
        e.name_it as edition_name_it, e.name_en as edition_name_en,
        r.name_it as source_name_it, r.name_en as source_name_en,
        i.position as indicator_position, g.position as geo_position, s.position as sector_position,
        d.position as gender_position, z.position as size_position, e.position as edition_position
    from placed o
    join indicators i on i.id = o.indicator
    join geographies g on g.code = o.geo
    join sectors s on s.code = o.sector
    join genders d on d.code = o.gender
    join sizes z on z.code = o.size
    join editions e on e.code = o.edition
    join sources r on r.id = o.source;

-- Every observation with its names in one language: from observations_in('it').
create macro observations_in(lang) as table
    select
        * exclude (  -- noqa: AM04
            geo_name_it, geo_name_en, sector_name_it, sector_name_en, sector_short_it, sector_short_en,
            gender_name_it, gender_name_en, size_name_it, size_name_en,
            edition_name_it, edition_name_en, source_name_it, source_name_en
        ),
        case lang when 'it' then geo_name_it else geo_name_en end as geo_name,
        case lang when 'it' then sector_name_it else sector_name_en end as sector_name,
        case lang when 'it' then sector_short_it else sector_short_en end as sector_short,
        case lang when 'it' then gender_name_it else gender_name_en end as gender_name,
        case lang when 'it' then size_name_it else size_name_en end as size_name,
        case lang when 'it' then edition_name_it else edition_name_en end as edition_name,
        case lang when 'it' then source_name_it else source_name_en end as source_name
    from observations_labelled;
