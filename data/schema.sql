-- The published database: one long table of observations and the lists around it.
-- Missing is null; a total is 'all'; 'unknown' is a category of its own, never a total.
-- A comment is written in Italian and, after |, in English: the table dictionary holds both.

create table build (
    version varchar not null,
    data_date date not null,
    rows_read integer not null,
    observations integer not null,
    excluded_observations integer not null
);
comment on table build is 'Una riga: di che cosa è fatto questo file. | One row: what this file was made from.';
comment on column build.version is 'Impronta di ciò che entra (catalogo, elenchi di codici, cifre lette, schema); le stesse cose danno la stessa versione | Hash of the inputs (catalogue, code lists, raw figures, schema); the same inputs give the same version';
comment on column build.data_date is 'La data di raccolta più recente fra quelle in sources.toml | Newest collection date stated in sources.toml';
comment on column build.rows_read is 'Righe lette da data/raw e data/imports | Rows read from data/raw and data/imports';
comment on column build.observations is 'Righe della tabella observations | Rows of the observations table';
comment on column build.excluded_observations is 'Righe della tabella excluded_observations | Rows of the excluded_observations table';

create table sources (
    id varchar primary key,
    name_it varchar not null,
    name_en varchar not null,
    publisher varchar not null,
    kind varchar not null check (kind in ('survey', 'self_selected', 'register', 'accounts', 'index', 'press')),
    licence_it varchar not null,
    licence_en varchar not null,
    url varchar not null,
    note_it varchar not null,
    note_en varchar not null
);
comment on table sources is 'Chi pubblica le cifre e con quali condizioni. | Who publishes the figures and under which terms.';
comment on column sources.id is 'Famiglia di fonti; è anche l''inizio del nome del file in data/raw | Source family; also the start of the raw file name';
comment on column sources.name_it is 'Nome, in italiano | Name, in Italian';
comment on column sources.name_en is 'Nome, in inglese | Name, in English';
comment on column sources.publisher is 'Editore, nominato per primo nelle citazioni | Publisher named first in citations';
comment on column sources.kind is 'survey (indagine), self_selected (titolari di una pagina che hanno scelto di rispondere), register (conteggio completo), accounts (conti), index (indice) o press (stampa) | survey, self_selected (owners of a page who chose to answer), register (complete count), accounts, index or press';
comment on column sources.licence_it is 'Condizioni di riuso come le dice l''editore, in italiano | Terms of reuse as the publisher states them, in Italian';
comment on column sources.licence_en is 'Condizioni di riuso come le dice l''editore, in inglese | Terms of reuse as the publisher states them, in English';
comment on column sources.url is 'Dove l''editore tiene l''originale | Where the publisher keeps the original';
comment on column sources.note_it is 'Che cosa sapere prima di usarla, in italiano | What to know before using it, in Italian';
comment on column sources.note_en is 'Che cosa sapere prima di usarla, in inglese | What to know before using it, in English';

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
comment on table indicators is 'Il catalogo: un paragrafo di data/catalogue/indicators.toml per indicatore. | The catalogue: one paragraph of data/catalogue/indicators.toml an indicator.';
comment on column indicators.id is 'Codice dell''indicatore in indirizzi, file e domande | Indicator id used in addresses, files and queries';
comment on column indicators.topic is 'Pagina a cui appartiene | Page it belongs to';
comment on column indicators.position is 'Ordine nel catalogo | Order in the catalogue';
comment on column indicators.label_it is 'Nome per esteso, in italiano | Full label, in Italian';
comment on column indicators.label_en is 'Nome per esteso, in inglese | Full label, in English';
comment on column indicators.short_it is 'Nome breve, in italiano | Short label, in Italian';
comment on column indicators.short_en is 'Nome breve, in inglese | Short label, in English';
comment on column indicators.description_it is 'Definizione a parole, in italiano | Definition in words, in Italian';
comment on column indicators.description_en is 'Definizione a parole, in inglese | Definition in words, in English';
comment on column indicators.universe_it is 'La popolazione che la cifra descrive, in italiano | The population the figure describes, in Italian';
comment on column indicators.universe_en is 'La popolazione che la cifra descrive, in inglese | The population the figure describes, in English';
comment on column indicators.unit is 'percent, points, percent_change, count, meur, keur, index o rank | percent, points, percent_change, count, meur, keur, index or rank';
comment on column indicators.decimals is 'Decimali mostrati | Decimals shown';
comment on column indicators.desired_direction is 'Quale verso è meglio per le imprese: higher (più alto), lower (più basso) o neither (nessuno dei due) | Which direction is better for firms: higher, lower or neither';
comment on column indicators.chart is 'map (copertura completa), dots (poche aree citate: nominate, mai in classifica) o series (poche aree nel tempo) | map (complete coverage), dots (a few quoted areas: named, never ranked) or series (few areas over time)';
comment on column indicators.source is 'Fonte principale | Main source';
comment on column indicators.breaks is 'Periodi in cui la serie si interrompe, separati da spazi | Periods at which the series is cut, separated by spaces';
comment on column indicators.note_it is 'Avvertenza che vale sempre, in italiano | Standing caveat, in Italian';
comment on column indicators.note_en is 'Avvertenza che vale sempre, in inglese | Standing caveat, in English';

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
comment on table geographies is 'Aree, Paesi e gruppi con livello e contenitore. | Areas, countries and groups with their level and parent.';
comment on column geographies.code is 'NUTS 2021, ISO 3166-1 alpha-3, codici uniti come ITH1+ITH2, o il nome di un gruppo | NUTS 2021, ISO 3166-1 alpha-3, joined codes such as ITH1+ITH2, or the name of a group';
comment on column geographies.level is 'area (le 21 NUTS-2 italiane), joined (unite), macro (le 4 ripartizioni italiane), country (Paese), nuts1 o nuts2 (estere), group (gruppo) | area (21 Italian NUTS-2), joined, macro (4 Italian), country, nuts1 or nuts2 (foreign), group';
comment on column geographies.parent is 'Codice di ciò che la contiene, vuoto in cima | Code of the containing geography, empty at the top';
comment on column geographies.members is 'Codici dei membri di un codice unito o di un gruppo, separati da spazi | Member codes of a joined code or group, separated by spaces';
comment on column geographies.iso2 is 'ISO 3166-1 alpha-2 | ISO 3166-1 alpha-2';
comment on column geographies.eu_code is 'Codice usato da Eurostat (EL, UK) | Code used by Eurostat (EL, UK)';
comment on column geographies.continent is 'AF, AS, EU, NA, SA, OC o AN | AF, AS, EU, NA, SA, OC or AN';
comment on column geographies.europe is 'Disegnata sulla carta d''Europa | Drawn on the map of Europe';
comment on column geographies.position is 'Ordine di lettura | Reading order';
comment on column geographies.name_it is 'Nome, in italiano | Name, in Italian';
comment on column geographies.name_en is 'Nome, in inglese | Name, in English';
comment on column geographies.note_it is 'Nota, in italiano | Note, in Italian';
comment on column geographies.note_en is 'Nota, in inglese | Note, in English';

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
comment on table sectors is 'Sezioni, divisioni e gruppi NACE Rev. 2 come pubblicati, e i settori propri delle indagini. | NACE Rev. 2 sections, divisions and groups as published, and the surveys'' own sectors.';
comment on column sectors.code is 'Codice o gruppo NACE; all = tutto l''universo della fonte | NACE code or group; all = the whole universe of the source';
comment on column sectors.kind is 'total, section, aggregate, division, technology_group, survey_group o unknown | total, section, aggregate, division, technology_group, survey_group or unknown';
comment on column sectors.parent is 'Settore che lo contiene, vuoto in cima | Containing sector, empty at the top';
comment on column sectors.position is 'Ordine di lettura | Reading order';
comment on column sectors.name_it is 'Nome, in italiano | Name, in Italian';
comment on column sectors.name_en is 'Nome, in inglese | Name, in English';
comment on column sectors.short_it is 'Nome per gli assi, in italiano | Name for axes, in Italian';
comment on column sectors.short_en is 'Nome per gli assi, in inglese | Name for axes, in English';

create table sizes (code varchar primary key, position integer not null, name_it varchar not null, name_en varchar not null);
comment on table sizes is 'Classi di addetti. | Size classes by persons employed.';
comment on column sizes.code is 'Classe di addetti; all = tutto l''universo della fonte | Class of persons employed; all = the whole universe of the source';
comment on column sizes.position is 'Ordine di lettura | Reading order';
comment on column sizes.name_it is 'Nome, in italiano | Name, in Italian';
comment on column sizes.name_en is 'Nome, in inglese | Name, in English';

create table genders (code varchar primary key, position integer not null, name_it varchar not null, name_en varchar not null);
comment on table genders is 'Genere di chi guida l''impresa. | Gender of those who lead the firm.';
comment on column genders.code is 'all, female, male o female-male (divario in punti) | all, female, male, or female-male (gap in points)';
comment on column genders.position is 'Ordine di lettura | Reading order';
comment on column genders.name_it is 'Nome, in italiano | Name, in Italian';
comment on column genders.name_en is 'Nome, in inglese | Name, in English';

create table editions (
    code varchar primary key, position integer not null, name_it varchar not null, name_en varchar not null, note_it varchar not null, note_en varchar not null
);
comment on table editions is 'Ciò che rende inconfrontabili due cifre con la stessa chiave: edizioni diverse non stanno mai sulla stessa linea. | What makes two figures with the same key incomparable: different editions never share a line.';
comment on column editions.code is 'Codice dell''edizione | Edition code';
comment on column editions.position is 'Ordine di lettura | Reading order';
comment on column editions.name_it is 'Nome, in italiano | Name, in Italian';
comment on column editions.name_en is 'Nome, in inglese | Name, in English';
comment on column editions.note_it is 'Perché non si può unire alle altre, in italiano | Why it cannot be joined with its siblings, in Italian';
comment on column editions.note_en is 'Perché non si può unire alle altre, in inglese | Why it cannot be joined with its siblings, in English';

create table citations (
    id integer primary key,
    publisher varchar not null,
    title varchar not null,
    published varchar not null,
    url varchar not null,
    confidence varchar not null
);
comment on table citations is 'Dove è stata letta ogni cifra. | Where each figure was read.';
comment on column citations.id is 'Numero, valido per questa versione | Number within this build';
comment on column citations.publisher is 'Chi l''ha pubblicata | Who published it';
comment on column citations.title is 'Titolo della tabella, del rapporto o dell''articolo | Title of the table, report or article';
comment on column citations.published is 'Data di pubblicazione, di scarico o di copia, come dichiarata | Date of publication, download or snapshot, as stated';
comment on column citations.url is 'Indirizzo | Address';
comment on column citations.confidence is 'Come è stata letta la cifra | How the figure was read';

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
comment on table observations is 'Una cifra pubblicata per riga; le prime sette colonne sono la sua chiave. | One published figure a row; the first seven columns are its key.';
comment on column observations.indicator is 'Indicatore | Indicator';
comment on column observations.geo is 'Area | Geography';
comment on column observations.sector is 'Settore; all = totale | Sector; all = total';
comment on column observations.gender is 'Genere di chi guida l''impresa; all = totale | Gender of those who lead the firm; all = total';
comment on column observations.size is 'Classe di addetti; all = totale | Size class; all = total';
comment on column observations.period is 'Anno, mese, trimestre, data o intervallo; un''ondata d''indagine è il mese delle interviste | Year, month, quarter, date or interval; a survey wave is its fieldwork month';
comment on column observations.edition is 'Edizione: cifre di edizioni diverse non si confrontano nel tempo | Edition: figures of different editions cannot be compared over time';
comment on column observations.period_start is 'Primo giorno del periodo | First day of the period';
comment on column observations.value is 'Valore nell''unità dell''indicatore | Value in the unit of the indicator';
comment on column observations.ci_low is 'Estremo basso dell''intervallo al 95%, null dove non c''è | Lower end of the 95% interval, null where there is none';
comment on column observations.ci_high is 'Estremo alto dell''intervallo al 95%, null dove non c''è | Upper end of the 95% interval, null where there is none';
comment on column observations.n is 'Numerosità del campione, o denominatore di una quota da registro, dove pubblicata come numero | Sample size, or denominator of a register share, where published as a number';
comment on column observations.sample_size_note is 'Numerosità con le parole dell''editore | Sample size in the publisher''s words';
comment on column observations.status is 'ok, provisional (provvisorio) o derived (calcolato dai livelli della stessa fonte) | ok, provisional or derived (computed from levels of the same source)';
comment on column observations.flags is 'b serie interrotta, c riservato, d definizione diversa, e stimato, n non significativo, p provvisorio, u poco affidabile, z non applicabile; o indagine prima del 2019, s base sotto 30, v vecchia edizione: nessuna direzione nel tempo | b break, c confidential, d definition differs, e estimated, n not significant, p provisional, u low reliability, z not applicable; o survey before 2019, s base under 30, v old vintage: no direction over time';
comment on column observations.no_ci_reason is 'Perché manca l''intervallo: register (conteggio completo), no_error_published (errore non pubblicato) o derived (calcolato); vuoto dove c''è | Why there is no interval: register, no_error_published or derived; empty where there is one';
comment on column observations.population is 'La popolazione di cui è la quota, con le parole dell''editore | The population the share is of, in the publisher''s words';
comment on column observations.source is 'Famiglia di fonti | Source family';
comment on column observations.decimals is 'Decimali della cifra pubblicata | Decimals of the published figure';

-- Joined once, at the build: a question that joins seven lists of names takes twice as long.
create table observations_labelled (
    indicator varchar not null, geo varchar not null, sector varchar not null, gender varchar not null, size varchar not null,
    period varchar not null, edition varchar not null, period_start date not null, value double not null, ci_low double, ci_high double,
    n bigint, sample_size_note varchar not null, status varchar not null, flags varchar not null, no_ci_reason varchar not null,
    population varchar not null, source varchar not null, decimals integer not null, published_geo varchar not null,
    geo_name_it varchar not null, geo_name_en varchar not null, level varchar not null, parent varchar not null,
    continent varchar not null, europe boolean not null,
    sector_name_it varchar not null, sector_name_en varchar not null, sector_short_it varchar not null, sector_short_en varchar not null,
    sector_kind varchar not null, sector_parent varchar not null,
    gender_name_it varchar not null, gender_name_en varchar not null, size_name_it varchar not null, size_name_en varchar not null,
    edition_name_it varchar not null, edition_name_en varchar not null, source_name_it varchar not null, source_name_en varchar not null,
    indicator_position integer not null, geo_position integer not null, sector_position integer not null,
    gender_position integer not null, size_position integer not null, edition_position integer not null
);
comment on table observations_labelled is 'Le osservazioni con i nomi, come le leggono le pagine; dove una fonte unisce più aree, ognuna ha la cifra unita se non ne ha una propria (published_geo). observations_in(''it'') dà le stesse righe con i nomi in una lingua: geo_name, sector_name, sector_short, gender_name, size_name, edition_name, source_name. | The observations with their names, as the pages read them; where a source joins areas, each has the joined figure unless it has its own (published_geo). observations_in(''en'') gives the same rows with the names in one language: geo_name, sector_name, sector_short, gender_name, size_name, edition_name, source_name.';
comment on column observations_labelled.indicator is 'Indicatore | Indicator';
comment on column observations_labelled.geo is 'Area | Geography';
comment on column observations_labelled.sector is 'Settore; all = totale | Sector; all = total';
comment on column observations_labelled.gender is 'Genere di chi guida l''impresa; all = totale | Gender of those who lead the firm; all = total';
comment on column observations_labelled.size is 'Classe di addetti; all = totale | Size class; all = total';
comment on column observations_labelled.period is 'Anno, mese, trimestre, data o intervallo; un''ondata d''indagine è il mese delle interviste | Year, month, quarter, date or interval; a survey wave is its fieldwork month';
comment on column observations_labelled.edition is 'Edizione: cifre di edizioni diverse non si confrontano nel tempo | Edition: figures of different editions cannot be compared over time';
comment on column observations_labelled.period_start is 'Primo giorno del periodo | First day of the period';
comment on column observations_labelled.value is 'Valore nell''unità dell''indicatore | Value in the unit of the indicator';
comment on column observations_labelled.ci_low is 'Estremo basso dell''intervallo al 95%, null dove non c''è | Lower end of the 95% interval, null where there is none';
comment on column observations_labelled.ci_high is 'Estremo alto dell''intervallo al 95%, null dove non c''è | Upper end of the 95% interval, null where there is none';
comment on column observations_labelled.n is 'Numerosità del campione, o denominatore di una quota da registro, dove pubblicata come numero | Sample size, or denominator of a register share, where published as a number';
comment on column observations_labelled.sample_size_note is 'Numerosità con le parole dell''editore | Sample size in the publisher''s words';
comment on column observations_labelled.status is 'ok, provisional (provvisorio) o derived (calcolato dai livelli della stessa fonte) | ok, provisional or derived (computed from levels of the same source)';
comment on column observations_labelled.flags is 'b serie interrotta, c riservato, d definizione diversa, e stimato, n non significativo, p provvisorio, u poco affidabile, z non applicabile; o indagine prima del 2019, s base sotto 30, v vecchia edizione: nessuna direzione nel tempo | b break, c confidential, d definition differs, e estimated, n not significant, p provisional, u low reliability, z not applicable; o survey before 2019, s base under 30, v old vintage: no direction over time';
comment on column observations_labelled.no_ci_reason is 'Perché manca l''intervallo: register (conteggio completo), no_error_published (errore non pubblicato) o derived (calcolato); vuoto dove c''è | Why there is no interval: register, no_error_published or derived; empty where there is one';
comment on column observations_labelled.population is 'La popolazione di cui è la quota, con le parole dell''editore | The population the share is of, in the publisher''s words';
comment on column observations_labelled.source is 'Famiglia di fonti | Source family';
comment on column observations_labelled.decimals is 'Decimali della cifra pubblicata | Decimals of the published figure';
comment on column observations_labelled.published_geo is 'Codice unito da cui viene la cifra, vuoto se è dell''area stessa | Joined code the figure comes from, empty where it is the area''s own';
comment on column observations_labelled.geo_name_it is 'Nome dell''area, in italiano | Name of the area, in Italian';
comment on column observations_labelled.geo_name_en is 'Nome dell''area, in inglese | Name of the area, in English';
comment on column observations_labelled.level is 'Livello dell''area, come in geographies | Level of the area, as in geographies';
comment on column observations_labelled.parent is 'Codice di ciò che contiene l''area, vuoto in cima | Code of what contains the area, empty at the top';
comment on column observations_labelled.continent is 'Continente dell''area, come in geographies | Continent of the area, as in geographies';
comment on column observations_labelled.europe is 'L''area è disegnata sulla carta d''Europa | The area is drawn on the map of Europe';
comment on column observations_labelled.sector_name_it is 'Nome del settore, in italiano | Name of the sector, in Italian';
comment on column observations_labelled.sector_name_en is 'Nome del settore, in inglese | Name of the sector, in English';
comment on column observations_labelled.sector_short_it is 'Nome del settore per gli assi, in italiano | Name of the sector for axes, in Italian';
comment on column observations_labelled.sector_short_en is 'Nome del settore per gli assi, in inglese | Name of the sector for axes, in English';
comment on column observations_labelled.sector_kind is 'Tipo di settore, come in sectors | Kind of sector, as in sectors';
comment on column observations_labelled.sector_parent is 'Settore che lo contiene, vuoto in cima | Containing sector, empty at the top';
comment on column observations_labelled.gender_name_it is 'Nome del genere, in italiano | Name of the gender, in Italian';
comment on column observations_labelled.gender_name_en is 'Nome del genere, in inglese | Name of the gender, in English';
comment on column observations_labelled.size_name_it is 'Nome della classe di addetti, in italiano | Name of the size class, in Italian';
comment on column observations_labelled.size_name_en is 'Nome della classe di addetti, in inglese | Name of the size class, in English';
comment on column observations_labelled.edition_name_it is 'Nome dell''edizione, in italiano | Name of the edition, in Italian';
comment on column observations_labelled.edition_name_en is 'Nome dell''edizione, in inglese | Name of the edition, in English';
comment on column observations_labelled.source_name_it is 'Nome della famiglia di fonti, in italiano | Name of the source family, in Italian';
comment on column observations_labelled.source_name_en is 'Nome della famiglia di fonti, in inglese | Name of the source family, in English';
comment on column observations_labelled.indicator_position is 'Ordine di lettura degli indicatori | Reading order of the indicators';
comment on column observations_labelled.geo_position is 'Ordine di lettura delle aree | Reading order of the areas';
comment on column observations_labelled.sector_position is 'Ordine di lettura dei settori | Reading order of the sectors';
comment on column observations_labelled.gender_position is 'Ordine di lettura dei generi | Reading order of the genders';
comment on column observations_labelled.size_position is 'Ordine di lettura delle classi di addetti | Reading order of the size classes';
comment on column observations_labelled.edition_position is 'Ordine di lettura delle edizioni | Reading order of the editions';

create table observation_citations (
    indicator varchar not null, geo varchar not null, sector varchar not null, gender varchar not null,
    size varchar not null, period varchar not null, edition varchar not null,
    citation integer not null references citations (id),
    stated_value double not null,
    source_location varchar not null
);
comment on table observation_citations is 'Ogni citazione di ogni osservazione: più d''una è una conferma, non una media. | Every citation of every observation: several are corroboration, not a mean.';
comment on column observation_citations.indicator is 'Chiave dell''osservazione | Key of the observation';
comment on column observation_citations.geo is 'Chiave dell''osservazione | Key of the observation';
comment on column observation_citations.sector is 'Chiave dell''osservazione | Key of the observation';
comment on column observation_citations.gender is 'Chiave dell''osservazione | Key of the observation';
comment on column observation_citations.size is 'Chiave dell''osservazione | Key of the observation';
comment on column observation_citations.period is 'Chiave dell''osservazione | Key of the observation';
comment on column observation_citations.edition is 'Chiave dell''osservazione | Key of the observation';
comment on column observation_citations.citation is 'Citazione | Citation';
comment on column observation_citations.stated_value is 'Valore come lo stampa questa fonte | Value as this source prints it';
comment on column observation_citations.source_location is 'File e riga da cui è stata letta | File and line it was read from';

create table excluded_observations (
    indicator varchar not null, geo varchar not null, geo_label varchar not null, sector varchar not null, gender varchar not null,
    size varchar not null, period varchar not null, edition varchar not null, value double not null, unit varchar not null,
    sample_size_note varchar not null, population varchar not null, status varchar not null,
    exclusion_reason varchar not null check (exclusion_reason in ('disputed', 'no_paragraph', 'vintage', 'subgroup', 'no_period')),
    source varchar not null, citation integer not null references citations (id), source_location varchar not null
);
comment on table excluded_observations is 'Cifre che nessun grafico mostra: contestate, superate, di un sottogruppo, senza data o di un indicatore senza paragrafo. | Figures that no chart reaches: disputed, superseded, of a subgroup, undated, or of an indicator without a paragraph.';
comment on column excluded_observations.indicator is 'Indicatore, che sia o no nel catalogo | Indicator, in the catalogue or not';
comment on column excluded_observations.geo is 'Area | Geography';
comment on column excluded_observations.geo_label is 'L''area con le parole della fonte | The source''s own words for the area';
comment on column excluded_observations.sector is 'Settore | Sector';
comment on column excluded_observations.gender is 'Genere | Gender';
comment on column excluded_observations.size is 'Classe di addetti | Size class';
comment on column excluded_observations.period is 'Periodo, vuoto dove la fonte non lo dà | Period, empty where the source gives none';
comment on column excluded_observations.edition is 'Edizione | Edition';
comment on column excluded_observations.value is 'Valore | Value';
comment on column excluded_observations.unit is 'Codice dell''unità | Unit code';
comment on column excluded_observations.sample_size_note is 'Numerosità a parole | Sample size in words';
comment on column excluded_observations.population is 'La popolazione di cui è la cifra | The population the figure is of';
comment on column excluded_observations.status is 'ok, provisional (provvisorio), derived (calcolato) o disputed (contestato) | ok, provisional, derived or disputed';
comment on column excluded_observations.exclusion_reason is 'Perché non è un''osservazione | Why it is not an observation';
comment on column excluded_observations.source is 'Famiglia di fonti | Source family';
comment on column excluded_observations.citation is 'Citazione | Citation';
comment on column excluded_observations.source_location is 'File e riga da cui è stata letta | File and line it was read from';

create table claims (
    id varchar primary key, position integer not null, claim_it varchar not null, claim_en varchar not null, stated_by_it varchar not null, stated_by_en varchar not null,
    stated_on varchar not null, verdict varchar not null check (verdict in ('confirmed', 'misworded', 'contradicted', 'not_confirmed', 'open')),
    finding_it varchar not null, finding_en varchar not null, suggested_wording_it varchar not null, suggested_wording_en varchar not null,
    evidence_indicator varchar not null, evidence_geo varchar not null, evidence_period varchar not null, evidence_value double
);
comment on table claims is 'Le frasi da cui è partito questo progetto, messe a confronto con le prove. | The sentences that started this project, checked against the evidence.';
comment on column claims.id is 'Affermazione | Claim';
comment on column claims.position is 'Ordine | Order';
comment on column claims.claim_it is 'La frase, in italiano | The sentence, in Italian';
comment on column claims.claim_en is 'La frase, in inglese | The sentence, in English';
comment on column claims.stated_by_it is 'Chi l''ha detta, in italiano | Who said it, in Italian';
comment on column claims.stated_by_en is 'Chi l''ha detta, in inglese | Who said it, in English';
comment on column claims.stated_on is 'Quando | When';
comment on column claims.verdict is 'confirmed (confermata), misworded (detta male), contradicted (smentita), not_confirmed (non confermata) o open (aperta) | confirmed, misworded, contradicted, not_confirmed or open';
comment on column claims.finding_it is 'Che cosa dicono le prove, in italiano | What the evidence says, in Italian';
comment on column claims.finding_en is 'Che cosa dicono le prove, in inglese | What the evidence says, in English';
comment on column claims.suggested_wording_it is 'Un modo di dirlo che regge, in italiano | A form of words that holds, in Italian';
comment on column claims.suggested_wording_en is 'Un modo di dirlo che regge, in inglese | A form of words that holds, in English';
comment on column claims.evidence_indicator is 'Indicatore della prova | Indicator of the evidence';
comment on column claims.evidence_geo is 'Area della prova | Geography of the evidence';
comment on column claims.evidence_period is 'Periodo della prova | Period of the evidence';
comment on column claims.evidence_value is 'Valore della prova | Value of the evidence';

create table resources (
    id varchar primary key, kind varchar not null, goals varchar not null, topics varchar not null, language varchar not null, region varchar not null references geographies (code),
    cost varchar not null, state varchar not null check (state in ('active', 'ended', 'unknown')), evidence_date varchar not null, provider varchar not null,
    title_it varchar not null, title_en varchar not null, description_it varchar not null, description_en varchar not null, address varchar not null
);
comment on table resources is 'Dove una piccola impresa può imparare o trovare aiuto: esistenza e indirizzo documentati, nessun indirizzo aperto dal vivo. | Where a small firm can learn or find help: existence and address documented, no address opened live.';
comment on column resources.id is 'Risorsa | Resource';
comment on column resources.kind is 'video_tutorial, webinar, short_course, guide, checklist, case_study, helpdesk, programme o grant | video_tutorial, webinar, short_course, guide, checklist, case_study, helpdesk, programme or grant';
comment on column resources.goals is 'known, found, convert, retain, separati da spazi; all vuol dire tutti e quattro | known, found, convert, retain, separated by spaces; all means the four';
comment on column resources.topics is 'Argomenti, separati da spazi | Subjects, separated by spaces';
comment on column resources.language is 'Lingua della risorsa stessa | Language of the resource itself';
comment on column resources.region is 'A chi serve | Whom it serves';
comment on column resources.cost is 'free, paid o grant; vuoto: le prove non lo dicono | free, paid or grant; empty: the evidence does not say';
comment on column resources.state is 'active: prove datate che è offerta; ended: una fine dichiarata è passata; unknown: tutto il resto, mai un giudizio | active: dated evidence that it is offered; ended: a stated end has passed; unknown: anything else, never a verdict';
comment on column resources.evidence_date is 'La data più recente su cui poggia lo stato, vuota per una pagina senza data | Newest date the state rests on, empty for an undated page';
comment on column resources.provider is 'Chi la offre | Who offers it';
comment on column resources.title_it is 'Titolo, in italiano | Title, in Italian';
comment on column resources.title_en is 'Titolo, in inglese | Title, in English';
comment on column resources.description_it is 'Descrizione con parole nostre, in italiano | Description in our words, in Italian';
comment on column resources.description_en is 'Descrizione con parole nostre, in inglese | Description in our words, in English';
comment on column resources.address is 'La sua pagina ufficiale, o l''articolo che la documenta | Its official page, else the article that documents it';

-- What exists: the filters offer only this. A level is a reader's choice: italy, macro, europe, world, or other (groups, foreign regions).
create table coverage (
    indicator varchar not null, level varchar not null, sector varchar not null, gender varchar not null, size varchar not null,
    period varchar not null, edition varchar not null, period_start date not null, areas integer not null
);
comment on table coverage is 'Quante aree di ogni livello hanno una cifra, per ogni scelta dei filtri. | How many areas of each level have a figure, for each choice of the filters.';
comment on column coverage.indicator is 'Indicatore | Indicator';
comment on column coverage.level is 'italy (21 aree), macro (4), europe, world (Paesi) o other (altro) | italy (21 areas), macro (4), europe, world (countries) or other';
comment on column coverage.sector is 'Settore | Sector';
comment on column coverage.gender is 'Genere | Gender';
comment on column coverage.size is 'Classe di addetti | Size class';
comment on column coverage.period is 'Periodo | Period';
comment on column coverage.edition is 'Edizione | Edition';
comment on column coverage.period_start is 'Primo giorno del periodo | First day of the period';
comment on column coverage.areas is 'Aree con una cifra; un codice unito conta una volta | Areas with a figure; a joined code counts once';

create view conflicts as
select o.indicator, o.geo, o.sector, o.gender, o.size, o.period, o.edition, o.value as charted_value, o.source as charted_source,
       e.value as excluded_value, e.source as excluded_source, e.exclusion_reason, c.publisher, c.title, c.url
from observations o
join excluded_observations e using (indicator, geo, sector, gender, size, period)
join citations c on c.id = e.citation
where e.value <> o.value
order by all;
comment on view conflicts is 'Osservazioni accanto alle cifre che non concordano. | Observations beside the figures that disagree with them.';
comment on column conflicts.indicator is 'Indicatore | Indicator';
comment on column conflicts.geo is 'Area | Geography';
comment on column conflicts.sector is 'Settore | Sector';
comment on column conflicts.gender is 'Genere | Gender';
comment on column conflicts.size is 'Classe di addetti | Size class';
comment on column conflicts.period is 'Periodo | Period';
comment on column conflicts.edition is 'Edizione della cifra disegnata | Edition of the charted figure';
comment on column conflicts.charted_value is 'Valore disegnato | Value that is charted';
comment on column conflicts.charted_source is 'Famiglia di fonti del valore disegnato | Source family of the charted value';
comment on column conflicts.excluded_value is 'Valore non disegnato | Value that is not';
comment on column conflicts.excluded_source is 'Famiglia di fonti dell''altro valore | Source family of the other value';
comment on column conflicts.exclusion_reason is 'Perché l''altro non è disegnato | Why the other is not charted';
comment on column conflicts.publisher is 'Chi ha pubblicato l''altro | Who published the other';
comment on column conflicts.title is 'Titolo della tabella, del rapporto o dell''articolo dell''altro | Title of the table, report or article of the other';
comment on column conflicts.url is 'Indirizzo dell''altro | Address of the other';

create table dictionary (
    table_name varchar not null, position integer not null, column_name varchar not null, data_type varchar not null,
    description_it varchar not null, description_en varchar not null, table_description_it varchar not null, table_description_en varchar not null,
    primary key (table_name, column_name)
);
comment on table dictionary is 'Il dizionario: che cosa contiene ogni tabella e ogni colonna. | The dictionary: what each table and each column holds.';
comment on column dictionary.table_name is 'Tabella o vista | Table or view';
comment on column dictionary.position is 'Posto della colonna nella tabella | Place of the column in the table';
comment on column dictionary.column_name is 'Colonna | Column';
comment on column dictionary.data_type is 'Tipo DuckDB | DuckDB type';
comment on column dictionary.description_it is 'Che cosa contiene, in italiano | What it holds, in Italian';
comment on column dictionary.description_en is 'Che cosa contiene, in inglese | What it holds, in English';
comment on column dictionary.table_description_it is 'Che cosa contiene la tabella, in italiano | What the table holds, in Italian';
comment on column dictionary.table_description_en is 'Che cosa contiene la tabella, in inglese | What the table holds, in English';

-- What observations_labelled is filled from: the observations with names, and a joined code's figure for each member that has none of its own.
create macro build_observations_labelled() as table
with placed as (
    select *, '' as published_geo from observations
    union all by name
    select * from (
        select o.* replace (unnest(string_split(g.members, ' ')) as geo), o.geo as published_geo
        from observations o
        join geographies g on g.code = o.geo and g.level = 'joined'
    )
    anti join observations using (indicator, geo, sector, gender, size, period, edition)
)
select o.*, g.name_it as geo_name_it, g.name_en as geo_name_en, g.level, g.parent, g.continent, g.europe,
       s.name_it as sector_name_it, s.name_en as sector_name_en, s.short_it as sector_short_it, s.short_en as sector_short_en, s.kind as sector_kind, s.parent as sector_parent,
       d.name_it as gender_name_it, d.name_en as gender_name_en, z.name_it as size_name_it, z.name_en as size_name_en,
       e.name_it as edition_name_it, e.name_en as edition_name_en, r.name_it as source_name_it, r.name_en as source_name_en,
       i.position as indicator_position, g.position as geo_position, s.position as sector_position, d.position as gender_position, z.position as size_position, e.position as edition_position
from placed o
join indicators i on i.id = o.indicator
join geographies g on g.code = o.geo
join sectors s on s.code = o.sector
join genders d on d.code = o.gender
join sizes z on z.code = o.size
join editions e on e.code = o.edition
join sources r on r.id = o.source;

-- Every observation in the words of a language: from observations_in('it').
create macro observations_in(lang) as table
select * exclude (geo_name_it, geo_name_en, sector_name_it, sector_name_en, sector_short_it, sector_short_en, gender_name_it, gender_name_en,
                  size_name_it, size_name_en, edition_name_it, edition_name_en, source_name_it, source_name_en),
       case lang when 'it' then geo_name_it else geo_name_en end as geo_name,
       case lang when 'it' then sector_name_it else sector_name_en end as sector_name, case lang when 'it' then sector_short_it else sector_short_en end as sector_short,
       case lang when 'it' then gender_name_it else gender_name_en end as gender_name, case lang when 'it' then size_name_it else size_name_en end as size_name,
       case lang when 'it' then edition_name_it else edition_name_en end as edition_name, case lang when 'it' then source_name_it else source_name_en end as source_name
from observations_labelled;
