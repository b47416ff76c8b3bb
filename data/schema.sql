-- The published database: one long table of observations and the lists around it.
-- Missing is null; a total is 'all'; 'unknown' is a category of its own, never a total.

create table build (
    version varchar not null,
    data_date date not null,
    rows_read integer not null,
    observations integer not null,
    evidence integer not null
);
comment on table build is 'One row: what this file was made from.';
comment on column build.version is 'Hash of the inputs (catalogue, code lists, raw figures, schema); the same inputs give the same version';
comment on column build.data_date is 'Newest collection date stated in sources.toml';
comment on column build.rows_read is 'Rows read from data/raw and data/imports';
comment on column build.observations is 'Rows of the observations table';
comment on column build.evidence is 'Rows of the evidence table';

create table sources (
    id varchar primary key,
    name_it varchar not null,
    name_en varchar not null,
    publisher varchar not null,
    kind varchar not null check (kind in ('survey', 'self_selected', 'register', 'accounts', 'index', 'press')),
    licence varchar not null,
    url varchar not null,
    note_it varchar not null,
    note_en varchar not null
);
comment on table sources is 'Who publishes the figures and under which terms.';
comment on column sources.id is 'Source family; also the start of the raw file name';
comment on column sources.name_it is 'Name, Italian';
comment on column sources.name_en is 'Name, English';
comment on column sources.publisher is 'Publisher named first in citations';
comment on column sources.kind is 'survey, self_selected (owners of a page who chose to answer), register (complete count), accounts, index or press';
comment on column sources.licence is 'Terms of reuse as the publisher states them';
comment on column sources.url is 'Where the publisher keeps the original';
comment on column sources.note_it is 'What to know before using it, Italian';
comment on column sources.note_en is 'What to know before using it, English';

create table indicators (
    id varchar primary key,
    topic varchar not null,
    position integer not null,
    label_it varchar not null,
    label_en varchar not null,
    short_it varchar not null,
    short_en varchar not null,
    about_it varchar not null,
    about_en varchar not null,
    universe_it varchar not null,
    universe_en varchar not null,
    unit varchar not null,
    decimals integer not null,
    better varchar not null check (better in ('higher', 'lower', 'neither')),
    chart varchar not null check (chart in ('map', 'dots', 'series')),
    source varchar not null references sources (id),
    breaks varchar not null,
    note_it varchar not null,
    note_en varchar not null
);
comment on table indicators is 'The catalogue: one paragraph of data/indicators.toml an indicator.';
comment on column indicators.id is 'Indicator id used in addresses, files and queries';
comment on column indicators.topic is 'Page it belongs to';
comment on column indicators.position is 'Order in the catalogue';
comment on column indicators.label_it is 'Full label, Italian';
comment on column indicators.label_en is 'Full label, English';
comment on column indicators.short_it is 'Short label, Italian';
comment on column indicators.short_en is 'Short label, English';
comment on column indicators.about_it is 'Definition in words, Italian';
comment on column indicators.about_en is 'Definition in words, English';
comment on column indicators.universe_it is 'The population the figure describes, Italian';
comment on column indicators.universe_en is 'The population the figure describes, English';
comment on column indicators.unit is 'percent, points, percent_change, count, meur, keur, index or rank';
comment on column indicators.decimals is 'Decimals shown';
comment on column indicators.better is 'Which direction is better for firms: higher, lower or neither';
comment on column indicators.chart is 'map (complete coverage), dots (a few quoted areas: named, never ranked) or series (few areas over time)';
comment on column indicators.source is 'Main source';
comment on column indicators.breaks is 'Periods at which the series is cut, separated by spaces';
comment on column indicators.note_it is 'Standing caveat, Italian';
comment on column indicators.note_en is 'Standing caveat, English';

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
comment on table geographies is 'Areas, countries and groups with their level and parent.';
comment on column geographies.code is 'NUTS 2021, ISO 3166-1 alpha-3, joined codes such as ITH1+ITH2, or the name of a group';
comment on column geographies.level is 'area (21 Italian NUTS-2), joined, macro (4 Italian), country, nuts1 or nuts2 (foreign), group';
comment on column geographies.parent is 'Code of the containing geography, empty at the top';
comment on column geographies.members is 'Member codes of a joined code or group, separated by spaces';
comment on column geographies.iso2 is 'ISO 3166-1 alpha-2';
comment on column geographies.eu_code is 'Code used by Eurostat (EL, UK)';
comment on column geographies.continent is 'AF, AS, EU, NA, SA, OC or AN';
comment on column geographies.europe is 'Drawn on the map of Europe';
comment on column geographies.position is 'Reading order';
comment on column geographies.name_it is 'Name, Italian';
comment on column geographies.name_en is 'Name, English';
comment on column geographies.note_it is 'Note, Italian';
comment on column geographies.note_en is 'Note, English';

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
comment on table sectors is 'NACE Rev. 2 sections, divisions and groups as published, and the surveys'' own sectors.';
comment on column sectors.code is 'NACE code or group; all = the whole universe of the source';
comment on column sectors.kind is 'total, section, aggregate, division, technology_group, survey_group or unknown';
comment on column sectors.parent is 'Containing sector, empty at the top';
comment on column sectors.position is 'Reading order';
comment on column sectors.name_it is 'Name, Italian';
comment on column sectors.name_en is 'Name, English';
comment on column sectors.short_it is 'Name for axes, Italian';
comment on column sectors.short_en is 'Name for axes, English';

create table sizes (code varchar primary key, position integer not null, name_it varchar not null, name_en varchar not null);
comment on table sizes is 'Size classes by persons employed.';
comment on column sizes.code is 'Class of persons employed; all = the whole universe of the source';
comment on column sizes.position is 'Reading order';
comment on column sizes.name_it is 'Name, Italian';
comment on column sizes.name_en is 'Name, English';

create table genders (code varchar primary key, position integer not null, name_it varchar not null, name_en varchar not null);
comment on table genders is 'Gender of those who lead the firm.';
comment on column genders.code is 'all, female, male, or female-male (gap in points)';
comment on column genders.position is 'Reading order';
comment on column genders.name_it is 'Name, Italian';
comment on column genders.name_en is 'Name, English';

create table editions (
    code varchar primary key, position integer not null, name_it varchar not null, name_en varchar not null, note_it varchar not null, note_en varchar not null
);
comment on table editions is 'What makes two figures with the same key incomparable: different editions never share a line.';
comment on column editions.code is 'Edition code';
comment on column editions.position is 'Reading order';
comment on column editions.name_it is 'Name, Italian';
comment on column editions.name_en is 'Name, English';
comment on column editions.note_it is 'Why it cannot be joined with its siblings, Italian';
comment on column editions.note_en is 'Why it cannot be joined with its siblings, English';

create table citations (
    id integer primary key,
    publisher varchar not null,
    title varchar not null,
    published varchar not null,
    url varchar not null,
    confidence varchar not null
);
comment on table citations is 'Where each figure was read.';
comment on column citations.id is 'Number within this build';
comment on column citations.publisher is 'Who published it';
comment on column citations.title is 'Title of the table, report or article';
comment on column citations.published is 'Date of publication, download or snapshot, as stated';
comment on column citations.url is 'Address';
comment on column citations.confidence is 'How the figure was read';

create table observations (
    indicator varchar not null references indicators (id),
    geo varchar not null references geographies (code),
    sector varchar not null references sectors (code),
    gender varchar not null references genders (code),
    size varchar not null references sizes (code),
    period varchar not null check (period <> ''),
    edition varchar not null references editions (code),
    starts date not null,
    value double not null,
    low double,
    high double,
    n bigint,
    n_note varchar not null,
    status varchar not null check (status in ('ok', 'provisional', 'derived')),
    flags varchar not null,
    interval_reason varchar not null check (interval_reason in ('', 'register', 'no_error_published', 'derived')),
    base varchar not null,
    source varchar not null references sources (id),
    decimals integer not null,
    primary key (indicator, geo, sector, gender, size, period, edition),
    check (low is null = (high is null)),
    check (low is null or (low <= value and value <= high)),
    check ((low is null) = (interval_reason <> ''))
);
comment on table observations is 'One published figure a row; the first seven columns are its key.';
comment on column observations.indicator is 'Indicator';
comment on column observations.geo is 'Geography';
comment on column observations.sector is 'Sector; all = total';
comment on column observations.gender is 'Gender of those who lead the firm; all = total';
comment on column observations.size is 'Size class; all = total';
comment on column observations.period is 'Year, month, quarter, date or interval; a survey wave is its fieldwork month';
comment on column observations.edition is 'Edition: figures of different editions cannot be compared over time';
comment on column observations.starts is 'First day of the period';
comment on column observations.value is 'Value in the unit of the indicator';
comment on column observations.low is 'Lower end of the 95% interval, null where there is none';
comment on column observations.high is 'Upper end of the 95% interval, null where there is none';
comment on column observations.n is 'Sample size, or denominator of a register share, where published as a number';
comment on column observations.n_note is 'Sample size in the publisher''s words';
comment on column observations.status is 'ok, provisional or derived (computed from levels of the same source)';
comment on column observations.flags is 'b break, c confidential, d definition differs, e estimated, n not significant, p provisional, u low reliability, z not applicable; o survey before 2019, s base under 30, v old vintage: no direction over time';
comment on column observations.interval_reason is 'Why there is no interval: register, no_error_published or derived; empty where there is one';
comment on column observations.base is 'The population the share is of, in the publisher''s words';
comment on column observations.source is 'Source family';
comment on column observations.decimals is 'Decimals of the published figure';

create table observation_citations (
    indicator varchar not null, geo varchar not null, sector varchar not null, gender varchar not null,
    size varchar not null, period varchar not null, edition varchar not null,
    citation integer not null references citations (id),
    stated_value double not null,
    place varchar not null
);
comment on table observation_citations is 'Every citation of every observation: several are corroboration, not a mean.';
comment on column observation_citations.indicator is 'Key of the observation';
comment on column observation_citations.geo is 'Key of the observation';
comment on column observation_citations.sector is 'Key of the observation';
comment on column observation_citations.gender is 'Key of the observation';
comment on column observation_citations.size is 'Key of the observation';
comment on column observation_citations.period is 'Key of the observation';
comment on column observation_citations.edition is 'Key of the observation';
comment on column observation_citations.citation is 'Citation';
comment on column observation_citations.stated_value is 'Value as this source prints it';
comment on column observation_citations.place is 'File and line it was read from';

create table evidence (
    indicator varchar not null, geo varchar not null, geo_label varchar not null, sector varchar not null, gender varchar not null,
    size varchar not null, period varchar not null, edition varchar not null, value double not null, unit varchar not null,
    n_note varchar not null, base varchar not null, status varchar not null,
    why varchar not null check (why in ('disputed', 'no_paragraph', 'vintage', 'subgroup', 'no_period')),
    source varchar not null, citation integer not null references citations (id), place varchar not null
);
comment on table evidence is 'Figures that no chart reaches: disputed, superseded, of a subgroup, undated, or of an indicator without a paragraph.';
comment on column evidence.indicator is 'Indicator, in the catalogue or not';
comment on column evidence.geo is 'Geography';
comment on column evidence.geo_label is 'The source''s own words for the area';
comment on column evidence.sector is 'Sector';
comment on column evidence.gender is 'Gender';
comment on column evidence.size is 'Size class';
comment on column evidence.period is 'Period, empty where the source gives none';
comment on column evidence.edition is 'Edition';
comment on column evidence.value is 'Value';
comment on column evidence.unit is 'Unit code';
comment on column evidence.n_note is 'Sample size in words';
comment on column evidence.base is 'The population the figure is of';
comment on column evidence.status is 'ok, provisional, derived or disputed';
comment on column evidence.why is 'Why it is not an observation';
comment on column evidence.source is 'Source family';
comment on column evidence.citation is 'Citation';
comment on column evidence.place is 'File and line it was read from';

create table claims (
    id varchar primary key, position integer not null, claim_it varchar not null, claim_en varchar not null, stated_by_it varchar not null, stated_by_en varchar not null,
    stated_on varchar not null, verdict varchar not null check (verdict in ('confirmed', 'misworded', 'contradicted', 'not_confirmed', 'open')),
    finding_it varchar not null, finding_en varchar not null, write_it varchar not null, write_en varchar not null,
    evidence_indicator varchar not null, evidence_geo varchar not null, evidence_period varchar not null, evidence_value double
);
comment on table claims is 'The sentences that started this project, checked against the evidence.';
comment on column claims.id is 'Claim';
comment on column claims.position is 'Order';
comment on column claims.claim_it is 'The sentence, Italian';
comment on column claims.claim_en is 'The sentence, English';
comment on column claims.stated_by_it is 'Who said it, Italian';
comment on column claims.stated_by_en is 'Who said it, English';
comment on column claims.stated_on is 'When';
comment on column claims.verdict is 'confirmed, misworded, contradicted, not_confirmed or open';
comment on column claims.finding_it is 'What the evidence says, Italian';
comment on column claims.finding_en is 'What the evidence says, English';
comment on column claims.write_it is 'A form of words that holds, Italian';
comment on column claims.write_en is 'A form of words that holds, English';
comment on column claims.evidence_indicator is 'Indicator of the evidence';
comment on column claims.evidence_geo is 'Geography of the evidence';
comment on column claims.evidence_period is 'Period of the evidence';
comment on column claims.evidence_value is 'Value of the evidence';

create table resources (
    id varchar primary key, kind varchar not null, goals varchar not null, topics varchar not null, language varchar not null, region varchar not null references geographies (code),
    cost varchar not null, state varchar not null check (state in ('active', 'ended', 'unknown')), evidence_date varchar not null, provider varchar not null,
    title_it varchar not null, title_en varchar not null, description_it varchar not null, description_en varchar not null, address varchar not null
);
comment on table resources is 'Where a small firm can learn or find help: existence and address documented, no address opened live.';
comment on column resources.id is 'Resource';
comment on column resources.kind is 'video_tutorial, webinar, short_course, guide, checklist, case_study, helpdesk, programme or grant';
comment on column resources.goals is 'know, found, convert, retain, separated by spaces; all means the four';
comment on column resources.topics is 'Subjects, separated by spaces';
comment on column resources.language is 'Language of the resource itself';
comment on column resources.region is 'Whom it serves';
comment on column resources.cost is 'free, paid or grant; empty: the evidence does not say';
comment on column resources.state is 'active: dated evidence that it is offered; ended: a stated end has passed; unknown: anything else, never a verdict';
comment on column resources.evidence_date is 'Newest date the state rests on, empty for an undated page';
comment on column resources.provider is 'Who offers it';
comment on column resources.title_it is 'Title, Italian';
comment on column resources.title_en is 'Title, English';
comment on column resources.description_it is 'Description in our words, Italian';
comment on column resources.description_en is 'Description in our words, English';
comment on column resources.address is 'Its official page, else the article that documents it';

-- What exists: the filters offer only this. A level is a reader's choice: italy, macro, europe, world, or other (groups, foreign regions).
create table coverage (
    indicator varchar not null, level varchar not null, sector varchar not null, gender varchar not null, size varchar not null,
    period varchar not null, edition varchar not null, starts date not null, areas integer not null
);
comment on table coverage is 'How many areas of each level have a figure, for each choice of the filters.';
comment on column coverage.indicator is 'Indicator';
comment on column coverage.level is 'italy (21 areas), macro (4), europe, world (countries) or other';
comment on column coverage.sector is 'Sector';
comment on column coverage.gender is 'Gender';
comment on column coverage.size is 'Size class';
comment on column coverage.period is 'Period';
comment on column coverage.edition is 'Edition';
comment on column coverage.starts is 'First day of the period';
comment on column coverage.areas is 'Areas with a figure; a joined code counts once';

create view conflicts as
select o.indicator, o.geo, o.sector, o.gender, o.size, o.period, o.edition, o.value as charted, o.source as charted_source,
       e.value as other, e.source as other_source, e.why, c.publisher, c.title, c.url
from observations o
join evidence e using (indicator, geo, sector, gender, size, period)
join citations c on c.id = e.citation
where e.value <> o.value
order by all;
comment on view conflicts is 'Observations beside the figures that disagree with them.';
comment on column conflicts.indicator is 'Indicator';
comment on column conflicts.geo is 'Geography';
comment on column conflicts.sector is 'Sector';
comment on column conflicts.gender is 'Gender';
comment on column conflicts.size is 'Size class';
comment on column conflicts.period is 'Period';
comment on column conflicts.edition is 'Edition of the charted figure';
comment on column conflicts.charted is 'Value that is charted';
comment on column conflicts.charted_source is 'Source family of the charted value';
comment on column conflicts.other is 'Value that is not';
comment on column conflicts.other_source is 'Source family of the other value';
comment on column conflicts.why is 'Why the other is not charted';
comment on column conflicts.publisher is 'Who published the other';
comment on column conflicts.title is 'Title of the table, report or article of the other';
comment on column conflicts.url is 'Address of the other';
