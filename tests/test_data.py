"""What the database holds, and what it cannot mix: each trap of the sources as a fact that stays true."""

import csv
import math
import re
import shutil
from pathlib import Path

import duckdb
import pytest

from ripresa import catalogue, settings
from ripresa.database import query
from ripresa.database.build import build_database, ensure_database
from ripresa.database.build_errors import BuildError
from ripresa.database.code_lists import CodeList
from ripresa.database.input_files import compute_data_version

ROOT = settings.DATA
RAW = sorted((ROOT / "raw").glob("*__*.csv"))
EU27 = (
    "AUT BEL BGR CYP CZE DEU DNK ESP EST FIN FRA GRC HRV HUN IRL ITA LTU LUX LVA MLT NLD POL PRT ROU SVK "
    "SVN SWE"
).split()
AREAS = (
    "ITC1 ITC2 ITC3 ITC4 ITF1 ITF2 ITF3 ITF4 ITF5 ITF6 ITG1 ITG2 ITH1 ITH2 ITH3 ITH4 ITH5 ITI1 ITI2 ITI3 ITI4"
).split()
KEY = "indicator, geo, sector, gender, size, period, edition"
YEARS = ["2019", "2020", "2021", "2022", "2023", "2024"]


@pytest.fixture(scope="module")
def db():
    """The database, read only."""
    with duckdb.connect() as connection:
        connection.execute("attach $path as published (read_only)", {"path": str(ensure_database())})
        yield connection.execute("use published")


@pytest.fixture
def copy(tmp_path) -> Path:
    """A copy of everything the build reads, to change."""
    root = tmp_path / "data"
    root.mkdir()
    for path in ROOT.glob("*.csv"):
        shutil.copyfile(path, root / path.name)
    for name in ("catalogue", "codes", "raw"):
        shutil.copytree(ROOT / name, root / name)
    return root


def rows(db, sql: str, **values) -> list[tuple]:
    return db.execute(sql, values).fetchall()


def column(db, sql: str, **values) -> list:
    return [row[0] for row in rows(db, sql, **values)]


def figure(
    db, indicator: str, geo: str, period: str, sector="all", gender="all", size="all", edition="%"
) -> float:
    """The one charted value of a key; fails where there is none, or one in each of two editions."""
    found = column(
        db,
        "select value from observations where indicator = $indicator and geo = $geo "
        "and period = $period and sector = $sector and gender = $gender and size = $size "
        "and edition like $edition",
        indicator=indicator,
        geo=geo,
        period=period,
        sector=sector,
        gender=gender,
        size=size,
        edition=edition,
    )
    assert len(found) == 1, found
    return found[0]


def line(db, indicator: str, geo: str, sector="all", size="all") -> dict[tuple[str, str], float]:
    """{(edition, period): value} of one area."""
    sql = (
        "select edition, period, value from observations where indicator = $indicator and geo = $geo "
        "and sector = $sector and size = $size and gender = 'all' order by 1, 2"
    )
    return {
        (edition, period): value
        for edition, period, value in rows(db, sql, indicator=indicator, geo=geo, sector=sector, size=size)
    }


def raw() -> list[dict]:
    return [row for path in RAW for row in csv.DictReader(path.open(encoding="utf-8", newline=""))]


# --- closures: three things of one name ---


def test_a_survey_closure_a_register_death_and_a_chamber_filing_have_ids_and_sources_of_their_own(db):
    named = dict(
        rows(
            db,
            "select indicator, list(distinct source order by source) from observations "
            "where indicator in ('closure_rate', 'death_rate', 'cancellations') group by all",
        )
    )
    assert named == {
        "closure_rate": ["future_of_business"],
        "death_rate": ["eurostat_business_demography", "istat_business_demography"],
        "cancellations": ["chambers_press", "movimprese"],
    }


def test_italian_deaths_fell_in_2020_and_births_fell_more(db):
    assert (figure(db, "death_rate", "ITA", "2019"), figure(db, "death_rate", "ITA", "2020")) == (7.9, 7.1)
    assert (figure(db, "birth_rate", "ITA", "2019"), figure(db, "birth_rate", "ITA", "2020")) == (7.4, 6.5)


@pytest.mark.parametrize("area", AREAS)
def test_deaths_fell_in_2020_in_every_italian_area(area, db):
    assert figure(db, "death_rate", area, "2020") < figure(db, "death_rate", area, "2019")


@pytest.mark.parametrize("sector", ["B-E", "F", "G", "services"])
def test_deaths_fell_in_2020_in_every_italian_sector_of_the_revised_register(sector, db):
    assert figure(db, "death_rate", "ITA", "2020", sector=sector, edition="istat-bd") < figure(
        db, "death_rate", "ITA", "2019", sector=sector, edition="istat-bd"
    )


def test_the_old_vintage_that_had_italian_deaths_rise_is_evidence_only(db):
    charted = (
        "select count(*) from observations where geo = 'ITA' and source = 'eurostat_business_demography' "
        "and sector in ('all', 'B-E', 'F', 'G')"
    )
    assert column(db, charted) == [0]
    old = rows(
        db,
        """select distinct sector, period, value from excluded_observations
           where indicator = 'death_rate' and geo = 'ITA' and edition = 'eurostat-bd-2004-2020'
             and source = 'eurostat_business_demography' and exclusion_reason = 'vintage' order by all""",
    )
    assert old == [
        ("B-E", "2019", 6.09),
        ("B-E", "2020", 5.99),
        ("F", "2019", 8.16),
        ("F", "2020", 7.76),
        ("G", "2019", 8.14),
        ("G", "2020", 8.07),
        ("all", "2019", 7.91),
        ("all", "2020", 8.02),
    ]


def test_italian_sections_that_only_the_old_vintage_has_are_marked_and_no_one_else_is(db):
    marked = "select distinct geo, source, edition from observations where contains(flags, 'v')"
    assert rows(db, marked) == [("ITA", "eurostat_business_demography", "eurostat-bd-2004-2020")]
    assert column(
        db,
        "select count(*) from observations where geo = 'ITA' "
        "and source = 'eurostat_business_demography' and not contains(flags, 'v')",
    ) == [0]
    sections = column(
        db,
        "select distinct sector from observations where indicator = 'death_rate' "
        "and contains(flags, 'v') and length(sector) = 1 order by 1",
    )
    assert "".join(sections) == "BCDEHIJLMN"
    assert (
        figure(db, "death_rate", "ITA", "2019", sector="I"),
        figure(db, "death_rate", "ITA", "2020", sector="I"),
    ) == (7.09, 8.03)


def test_the_register_scope_of_2021_is_another_edition(db):
    france = line(db, "death_rate", "FRA")
    assert france["eurostat-bd-2004-2020", "2020"] == 3.85
    assert france["eurostat-bd-2021", "2021"] == 10.82
    spans = rows(
        db,
        "select edition, min(period), max(period) from observations "
        "where source = 'eurostat_business_demography' group by all order by 1",
    )
    assert spans == [("eurostat-bd-2004-2020", "2019", "2020"), ("eurostat-bd-2021", "2021", "2023")]


# --- surveys ---


def test_italy_in_may_2020_reads_16_76_37_31(db):
    italy = dict(
        rows(db, "select indicator, value from observations where geo = 'ITA' and period = '2020-05'")
    )
    assert italy == {
        "closure_rate": 16,
        "lower_sales_yoy": 76,
        "digital_sales_25plus": 37,
        "reduced_employees": 31,
        "operational_rate": 84,
        "cash_flow_challenge_next_months": 43,
    }


def test_one_wave_restated_by_a_later_report_stays_apart(db):
    world = line(db, "closure_rate", "WORLD")
    assert world["fob-2020", "2020-05"] == 26
    assert world["fob-2021-22", "2020-05"] == 29
    assert world["fob-2020", "2020-10"] == 15
    assert world["fob-2021-22", "2020-10"] == 16


def test_waves_from_2021_are_only_in_the_later_reports(db):
    assert column(
        db,
        "select distinct edition from observations where source = 'future_of_business' and period >= '2021'",
    ) == ["fob-2021-22"]


def test_countries_the_press_quoted_are_dots_never_a_map(db):
    assert column(
        db,
        "select distinct chart from indicators where source in ('future_of_business', 'movimprese', "
        "'chambers_press', 'women_led_firms')",
    ) == ["dots"]


def test_a_self_selected_survey_has_no_interval_even_where_its_sample_size_is_known(db):
    survey = rows(
        db,
        "select distinct ci_low is null, no_ci_reason from observations where source = 'future_of_business'",
    )
    assert survey == [(True, "no_error_published")]
    assert figure(db, "closure_rate", "IRL", "2020-05") == 58
    assert column(
        db,
        "select n from observations where indicator = 'closure_rate' and geo = 'IRL' and period = '2020-05'",
    ) == [179]


def test_sample_sizes_in_words_stay_words(db):
    sql = (
        "select n, sample_size_note from observations where indicator = 'closure_rate' and geo = 'WORLD' "
        "and (sector, gender, size, period, edition) = ('all', 'all', 'all', '2020-05', 'fob-2020')"
    )
    assert rows(db, sql) == [(None, "30000+")]


def test_figures_about_minority_led_firms_are_a_subgroup_of_the_evidence(db):
    assert rows(
        db,
        "select indicator, geo, period, value from excluded_observations "
        "where exclusion_reason = 'subgroup' order by 1",
    ) == [("closure_rate", "WORLD", "2022-01", 26), ("lower_sales_yoy", "USA", "2021-02", 55)]
    assert figure(db, "closure_rate", "WORLD", "2022-01") == 20
    assert figure(db, "lower_sales_yoy", "USA", "2021-02") == 51


def test_figures_without_a_date_are_evidence(db):
    assert rows(
        db,
        "select distinct exclusion_reason, period from excluded_observations "
        "where exclusion_reason = 'no_period' or period = ''",
    ) == [("no_period", "")]


# --- digital ---


def test_versions_of_the_digital_intensity_index_stay_apart(db):
    versions = rows(
        db,
        "select edition, list(distinct period order by period) from observations "
        "where indicator = 'dii_at_least_basic' group by all order by 1",
    )
    assert versions == [("dii-3", ["2021", "2023", "2025"]), ("dii-4", ["2022", "2024"])]


def test_the_line_of_version_3_is_cut_where_its_components_changed(db):
    assert column(db, "select distinct breaks from indicators where starts_with(id, 'dii_')") == ["2023 2025"]
    italy = line(db, "dii_at_least_basic", "ITA", size="10-249")
    assert italy["dii-3", "2023"] == 60.69
    assert italy["dii-3", "2025"] == 79.49


def test_survey_years_and_sales_years_are_two_editions(db):
    union = line(db, "ent_with_esales", "EU27_2020", size="GE10")
    assert union["survey-year", "2022"] == 22.8
    assert union["sales-year", "2022"] == 22.9


def test_the_union_and_its_countries_share_no_year_of_online_sales_by_size(db):
    sql = (
        "select distinct period, edition from observations where indicator = 'ent_with_esales' "
        "and size in ('10-49', '50-249', 'GE250') and geo {} order by all"
    )
    union, countries = (
        rows(db, sql.format("= 'EU27_2020'")),
        rows(db, sql.format("in (select code from geographies where level = 'country' and code <> 'ITA')")),
    )
    assert union == [("2023", "sales-year"), ("2024", "sales-year")]
    assert countries == [(year, "survey-year") for year in ("2019", "2020", "2021", "2022", "2023")]


@pytest.mark.parametrize("period", ["2019", "2020", "2021", "2022", "2023"])
@pytest.mark.parametrize("size", ["10-49", "50-249", "GE250"])
def test_online_sales_by_size_have_all_27_countries(size, period, db):
    sql = (
        "select geo from observations where indicator = 'ent_with_esales' and edition = 'survey-year' "
        "and sector = 'all' and size = $size and period = $period"
    )
    assert set(EU27) <= set(column(db, sql, size=size, period=period))


@pytest.mark.parametrize("period", ["2021", "2023", "2025"])
@pytest.mark.parametrize("size", ["10-249", "10-49", "50-249", "GE10", "GE250"])
def test_digital_intensity_has_the_union_and_its_27_countries_but_for_medium_firms_in_portugal(
    size, period, db
):
    sql = (
        "select geo from observations where indicator = 'dii_at_least_basic' and edition = 'dii-3' "
        "and sector = 'all' and size = $size and period = $period"
    )
    missing = {"EU27_2020", *EU27} - set(column(db, sql, size=size, period=period))
    assert missing == ({"PRT"} if size == "50-249" and period != "2025" else set())


# --- value added ---


def test_italy_grew_22_6_percent_by_2024_in_current_prices_and_6_4_in_volume(db):
    assert figure(db, "gva_change_vs_2019", "ITA", "2024") == 22.57
    assert figure(db, "gva_real_change_vs_2019", "ITA", "2024") == 6.39
    assert figure(db, "gva_real_change_vs_2019", "ITA", "2020", sector="I") == -42.17


def test_italy_is_the_sum_of_its_21_areas(db):
    areas = column(
        db,
        "select value from observations join geographies g on g.code = geo and g.level = 'area' "
        "where indicator = 'gva_current_prices' and sector = 'all' and period = '2020'",
    )
    assert len(areas) == 21
    assert round(sum(areas), 1) == figure(db, "gva_current_prices", "ITA", "2020") == 1495469.5


LEVELS = {
    "ITC4": (359915.1, 340182.1, 1.24),
    "ITF2": (6006.9, 5595.8, -0.12),
}  # million euro in 2019 and 2020, points against Italy


@pytest.mark.parametrize("area", LEVELS)
def test_points_against_italy_come_from_levels(area, db):
    before, after, points = LEVELS[area]
    assert [figure(db, "gva_current_prices", area, year) for year in ("2019", "2020")] == [before, after]
    assert round(100 * (after / before - 1) - 100 * (1495469.5 / 1603221.0 - 1), 2) == points
    assert figure(db, "gva_points_vs_italy", area, "2020") == points


def test_current_prices_and_volumes_are_two_editions(db):
    assert rows(
        db,
        "select edition, list(distinct indicator order by indicator) from observations "
        "where source = 'eurostat_value_added' group by all order by 1",
    ) == [
        ("na-nominal", ["gva_change_vs_2019", "gva_current_prices", "gva_points_vs_italy"]),
        ("na-real", ["gva_real", "gva_real_change_vs_2019", "gva_real_growth"]),
    ]


# --- women ---


def wilson(part: int, whole: int) -> tuple[float, float]:
    """Both ends of the 95% interval of a share, in percent, as Wilson wrote it in 1927."""
    z, p = 1.959964, part / whole
    centre = (p + z**2 / (2 * whole)) / (1 + z**2 / whole)
    half = z / (1 + z**2 / whole) * math.sqrt(p * (1 - p) / whole + z**2 / (4 * whole**2))
    return round(100 * (centre - half), 2), round(100 * (centre + half), 2)


def test_molise_is_21_of_70_with_the_interval_of_its_own_counts(db):
    sql = (
        "select value, ci_low, ci_high, n, sample_size_note, flags from observations "
        "where indicator = 'innovative_startups_female_majority_share' and geo = 'ITF2' "
        "and period = '2025-05'"
    )
    assert wilson(21, 70) == (20.54, 41.54)
    assert rows(db, sql) == [(30.0, 20.54, 41.54, 70, "21 / 70", "")]


def test_aosta_valley_is_2_of_15_and_marked_as_small(db):
    sql = (
        "select value, ci_low, ci_high, n, sample_size_note, flags from observations "
        "where indicator = 'innovative_startups_female_majority_share' and geo = 'ITC2' "
        "and period = '2025-05'"
    )
    assert rows(db, sql) == [(13.33, *wilson(2, 15), 15, "2 / 15", "s")]


def test_only_shares_with_counts_of_their_own_have_an_interval(db):
    with_interval = rows(db, "select distinct indicator, source from observations where ci_low is not null")
    assert with_interval == [("innovative_startups_female_majority_share", "innovative_startups")]
    for value, low, high, note in rows(
        db, "select value, ci_low, ci_high, sample_size_note from observations where ci_low is not null"
    ):
        part, whole = map(int, note.split(" / "))
        assert (low, high) == wilson(part, whole)
        assert abs(value - 100 * part / whole) < 0.06


def test_shares_of_fewer_than_30_are_marked(db):
    assert column(db, "select distinct n < 30 from observations where contains(flags, 's')") == [True]
    assert column(
        db,
        "select count(*) from observations where ci_low is not null and n < 30 and not contains(flags, 's')",
    ) == [0]


def test_every_observation_without_an_interval_says_why(db):
    assert column(db, "select count(*) from observations where (ci_low is null) = (no_ci_reason = '')") == [0]


def test_trentino_alto_adige_is_one_figure_drawn_on_bolzano_and_trento():
    view = {
        "sector": "all",
        "gender": "all",
        "size": "all",
        "period": "2025-05",
        "editions": ("register-snapshot",),
        "level": "italy",
        "lang": "it",
    }
    drawn = query.run_query("map", indicator="innovative_startups_female_majority_share", **view)
    assert len(drawn) == 21
    assert drawn[drawn.published_geo != ""][
        ["geo", "value", "sample_size_note", "published_geo"]
    ].values.tolist() == [
        ["ITH1", 10.5, "25 / 238", "ITH1+ITH2"],
        ["ITH2", 10.5, "25 / 238", "ITH1+ITH2"],
    ]


def test_registered_and_active_women_led_firms_are_two_bases(db):
    molise = line(db, "women_led_firms_share", "ITF2")
    assert molise["registered", "2024-12-31"] == 27.2
    assert molise["active", "2024-12-31"] == 27.8


def test_the_world_bank_surveys_cover_159_countries_48_of_them_african(db):
    sql = (
        "select count(distinct geo), count(distinct geo) filter (continent = 'AF') from observations "
        "join geographies on code = geo and level = 'country' where indicator like 'firms_%'"
    )
    assert rows(db, sql) == [(159, 48)]
    managers = (
        "select count(distinct geo), count(distinct geo) filter (period_start >= date '2019-01-01') "
        "from observations join geographies on code = geo and level = 'country' where indicator = {}"
    )
    assert rows(db, managers.format("'firms_woman_top_manager'")) == [(155, 93)]


def test_surveys_before_2019_are_marked_as_another_decade(db):
    assert column(
        db, "select distinct period_start < date '2019-01-01' from observations where contains(flags, 'o')"
    ) == [True]
    assert column(
        db,
        "select count(*) from observations where source = 'worldbank_enterprise_surveys' "
        "and period_start < date '2019-01-01' and not contains(flags, 'o')",
    ) == [0]


def test_the_survey_total_of_firms_with_5_or_more_is_all(db):
    published = sum(
        row["size"] == "5+" and not row["sector"] and row["period"] != "2006/2024" for row in raw()
    )
    sql = (
        "select count(*) from observations join geographies on code = geo and level = 'country' "
        "where indicator like 'firms_%' and sector = 'all' and size = 'all' and gender = 'all'"
    )
    assert column(db, sql) == [published] == [905]


# --- totals ---


TOTALS = {
    "sectors": ["", "all", "TOTAL", "B-N_X_K642", "B-S_X_O_S94", "C10-S951_X_K"],
    "genders": ["", "all", "women"],
    "sizes": ["", "all", "TOTAL", "3+", "5+"],
}


@pytest.mark.parametrize("name", TOTALS)
def test_every_source_s_own_total_is_all(name):
    codes = CodeList(ROOT / "codes" / f"{name}.csv")
    assert {codes.find_code(word) for word in TOTALS[name]} == {"all"}


def test_unknown_is_a_category_and_never_a_total(db):
    assert CodeList(ROOT / "codes" / "sectors.csv").find_code("unknown") == "unknown"
    assert (
        column(db, "select count(*) from observations where sector = 'unknown'")
        == [sum(row["sector"] == "unknown" for row in raw())]
        == [3]
    )
    assert (
        figure(db, "innovative_startups", "ITA", "2025-05", sector="unknown")
        == 179
        < figure(db, "innovative_startups", "ITA", "2025-05")
    )


@pytest.mark.parametrize("key", KEY.split(", "))
def test_no_part_of_a_key_is_empty(key, db):
    assert column(db, f"select count(*) from observations where {key} = '' or {key} is null") == [0]


# --- coverage ---


def test_there_are_at_least_11000_observations_from_at_least_15_sources(db):
    assert rows(db, "select count(*) >= 11000, count(distinct source) >= 15 from observations") == [
        (True, True)
    ]


@pytest.mark.parametrize("indicator", ["death_rate", "birth_rate", "net_turnover_rate"])
def test_register_rates_have_21_areas_in_each_year_2019_to_2024(indicator, db):
    sql = (
        "select period, geo from observations join geographies on code = geo and level = 'area' "
        "where indicator = $indicator and sector = 'all' and edition = 'istat-bd'"
    )
    assert sorted(rows(db, sql, indicator=indicator)) == [(year, area) for year in YEARS for area in AREAS]


def test_register_rates_of_2024_are_provisional(db):
    assert rows(
        db, "select distinct period, status from observations where edition = 'istat-bd' and status <> 'ok'"
    ) == [("2024", "provisional")]


def test_net_turnover_is_births_minus_deaths(db):
    sql = """select max(abs(net.value - (births.value - deaths.value))) from observations net
             join observations births using (geo, sector, gender, size, period, edition)
             join observations deaths using (geo, sector, gender, size, period, edition)
             where net.indicator = 'net_turnover_rate' and births.indicator = 'birth_rate'
               and deaths.indicator = 'death_rate'"""
    assert column(db, sql)[0] < 0.15  # three figures rounded to one decimal


def test_deaths_over_all_active_enterprises_are_less_than_the_death_rate_and_the_catalogue_says_so(db):
    deaths, active, rate = (
        rows(
            db,
            f"select value from observations where indicator = '{name}' and geo = 'ITA' "
            "and period = '2024' and sector = 'all' and size = 'all'",
        )[0][0]
        for name in ("enterprise_deaths", "active_enterprises", "death_rate")
    )
    assert 100 * deaths / active < rate - 1
    said = catalogue.get_indicator("active_enterprises")
    assert "non il denominatore" in said.label["it"]
    assert "not the denominator" in said.label["en"]
    assert not set(said.universe.values()) & set(catalogue.get_indicator("death_rate").universe.values())


def test_active_enterprises_weigh_every_area_in_every_year(db):
    found = rows(
        db,
        "select period, geo from observations join geographies on code = geo and level = 'area' "
        "where indicator = 'active_enterprises' and sector = 'all' and size = 'all'",
    )
    assert sorted(found) == [(year, area) for year in YEARS for area in AREAS]


# --- citations and evidence ---


def test_every_published_row_is_an_observation_or_evidence_once(db):
    places = column(
        db,
        "select source_location from observation_citations where starts_with(source_location, "
        "'data/raw/') union all select source_location from excluded_observations",
    )
    assert len(places) == len(set(places)) == len(raw()) >= 12664
    assert rows(db, "select rows_read, observations, excluded_observations from build") == [
        (
            len(raw()),
            *column(db, "select count(*) from observations"),
            *column(db, "select count(*) from excluded_observations"),
        )
    ]


def test_no_disputed_figure_is_charted(db):
    assert column(
        db, "select count(*) from observations where status not in ('ok', 'provisional', 'derived')"
    ) == [0]
    disputed = sum(row["status"] == "disputed" for row in raw())
    assert (
        column(
            db,
            "select count(*) from excluded_observations where status = 'disputed' "
            "and exclusion_reason = 'disputed'",
        )
        == [disputed]
        == [13]
    )


def test_every_observation_has_a_citation(db):
    assert column(
        db,
        f"select count(*) from observations left join observation_citations k using ({KEY}) "
        "where k.citation is null",
    ) == [0]
    assert column(
        db,
        f"select count(*) from observation_citations left join observations o using ({KEY}) "
        "where o.value is null",
    ) == [0]


def test_a_figure_several_sources_print_has_several_citations(db):
    sql = (
        "select c.publisher from observation_citations join citations c on c.id = citation "
        "where indicator = $indicator and geo = 'ITA' and period = '2020-05' order by 1"
    )
    assert column(db, sql, indicator="closure_rate") == ["Digitalic", "Punto Informatico"]
    assert column(db, sql, indicator="digital_sales_25plus") == [
        "CEtoday",
        "Digitalic",
        "Il Sole 24 Ore",
        "Punto Informatico",
    ]


def test_corroborating_figures_agree_within_rounding_and_the_finer_is_kept(db):
    sql = (
        "select indicator, geo, period, value, stated_value from observations "
        f"join observation_citations using ({KEY}) where value <> stated_value order by 1"
    )
    assert rows(db, sql) == [
        ("birth_rate", "FRA", "2021", 16.17, 16.2),
        ("death_rate", "FRA", "2020", 3.85, 3.9),
        ("dii_at_least_basic", "ITA", "2021", 60.31, 60.3),
    ]


def test_derived_figures_cite_the_levels_they_come_from(db):
    sql = (
        "select distinct c.publisher, k.source_location from observation_citations k "
        "join citations c on c.id = k.citation where k.indicator = 'gva_points_vs_italy'"
    )
    assert rows(db, sql) == [("Eurostat", "data/derive.sql")]
    assert (
        column(
            db,
            f"select count(*) from observation_citations group by {KEY}, citation, source_location "
            "having count(*) > 1",
        )
        == []
    )


# --- the file ---


FAULTS = {  # file, words replaced, words in their place, what the sentence names
    "a code twice": (
        "codes/sizes.csv",
        "GE250,,16",
        "50-249,,16",
        "data/codes/sizes.csv, row 17: '50-249' already stands for '50-249'; a word means one code.",
    ),
    "a word of two codes": (
        "codes/sizes.csv",
        "|3+|5+",
        "|3+|5+|10+",
        "data/codes/sizes.csv, row 11: '10+' already stands for 'all'; a word means one code.",
    ),
    "a lost column of a code list": (
        "codes/geographies.csv",
        "level",
        "lvl",
        "data/codes/geographies.csv: column level missing from row 1",
    ),
    "an unknown level of a geography": (
        "codes/geographies.csv",
        "OECD,group",
        "OECD,club",
        "data/codes/geographies.csv: ",
    ),
    "an unknown verdict": ("claims.csv", ",confirmed,", ",certain,", "data/claims.csv: "),
    "a claim's value in words": ("claims.csv", ",2020-05,16", ",2020-05,sixteen", "data/claims.csv: "),
    "a lost column of the resources": (
        "resources.csv",
        "goals",
        "gaols",
        "data/resources.csv: column goals missing from row 1",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_lists_is_a_sentence_that_names_the_file(fault, copy):
    name, old, new, expected = FAULTS[fault]
    text = (copy / name).read_text(encoding="utf-8")
    assert old in text
    (copy / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BuildError) as said:
        build_database(copy)
    assert str(said.value).startswith(expected)
    assert str(said.value).endswith(".")


def test_every_table_and_column_is_described_in_both_languages(db):
    sql = """select table_name, '', comment from duckdb_tables() where database_name = 'published'
             union all
             select view_name, '', comment from duckdb_views()
             where database_name = 'published' and not internal
             union all
             select table_name, column_name, comment from duckdb_columns()
             where database_name = 'published'"""
    told = rows(db, sql)
    assert len(told) > 150
    assert [
        line for line in told if [bool(words.strip()) for words in str(line[2]).split(" | ")] != [True, True]
    ] == []


def test_the_figures_with_names_are_the_observations_and_the_joined_ones_of_each_member(db):
    shared = ", ".join(
        column(
            db,
            "select column_name from duckdb_columns() where database_name = 'published' "
            "and table_name = 'observations' order by column_index",
        )
    )
    assert (
        rows(
            db,
            f"(select {shared} from observations_labelled where published_geo = '' except all "
            f"from observations) union all (from observations except all select {shared} "
            "from observations_labelled where published_geo = '')",
        )
        == []
    )
    assert rows(
        db,
        "select geo, published_geo, count(*) from observations_labelled where published_geo <> '' "
        "group by all order by all",
    ) == [("ITH1", "ITH1+ITH2", 8), ("ITH2", "ITH1+ITH2", 8)]
    twice = (
        "select 1 from observations_labelled group by indicator, geo, sector, gender, size, period, "
        "edition having count(*) > 1"
    )
    assert rows(db, twice) == []
    assert rows(
        db,
        "select geo_name, sector_short, size_name from observations_in('it') "
        "where indicator = 'innovative_startups' and geo = 'ITH1' and period = '2025-05'",
    ) == [("Provincia autonoma di Bolzano", "Tutti i settori", "Tutte le dimensioni coperte dalla fonte")]


def test_the_dictionary_holds_every_column_in_both_languages(db):
    columns = rows(
        db,
        "select table_name, column_name from duckdb_columns() where database_name = 'published' order by all",
    )
    assert rows(db, "select table_name, column_name from dictionary order by all") == columns
    assert rows(
        db,
        "select description_it, description_en, table_description_it from dictionary "
        "where table_name = 'sources' and column_name = 'licence_it'",
    ) == [
        (
            "Condizioni di riuso come le dice l'editore, in italiano",
            "Terms of reuse as the publisher states them, in Italian",
            "Chi pubblica le cifre e con quali condizioni.",
        ),
    ]


SQL = [*settings.QUERIES.glob("*.sql"), settings.DERIVATIONS]


@pytest.mark.parametrize("path", SQL, ids=lambda path: path.stem)
def test_no_published_rate_is_averaged(path):
    assert not re.search(r"\b(avg|mean|median|favg)\s*\(", path.read_text(encoding="utf-8"))


def test_the_same_inputs_give_the_same_version(copy):
    assert compute_data_version(copy) == compute_data_version()


@pytest.mark.parametrize(
    "name",
    [
        "raw/desi__country_year.csv",
        "codes/sectors.csv",
        "claims.csv",
        "resources.csv",
        "catalogue/indicators.toml",
        "catalogue/topics.toml",
        "catalogue/sources.toml",
    ],
)
def test_a_changed_input_changes_the_version(name, copy):
    with (copy / name).open("a", encoding="utf-8") as text:
        text.write("\n")
    assert compute_data_version(copy) != compute_data_version()


def test_code_and_words_are_no_inputs_of_the_version(copy):
    for name in ("build.py", "schema.py", "interface.toml"):
        (copy / name).write_text("changed", encoding="utf-8")
    assert compute_data_version(copy) == compute_data_version()


def test_two_builds_of_the_same_inputs_hold_the_same_figures(db, tmp_path):
    version = build_database(ROOT, tmp_path / "again.duckdb")
    assert column(db, "select version from build") == [version]
    with duckdb.connect() as connection:
        for name, path in (("one", settings.get_database_path()), ("two", tmp_path / "again.duckdb")):
            connection.execute(f"attach '{path}' as {name} (read_only)")
        for table in (
            "observations",
            "observations_labelled",
            "observation_citations",
            "citations",
            "excluded_observations",
            "coverage",
        ):
            assert connection.execute(
                f"select count(*) from (from one.{table} except all from two.{table})"
            ).fetchone() == (0,), table
            assert connection.execute(
                f"select (select count(*) from one.{table}) = (select count(*) from two.{table})"
            ).fetchone() == (True,), table


@pytest.mark.parametrize(
    ("indicator", "geo", "period", "expected"),
    [
        ("death_rate", "ITA", "2020", (7.1, 8.02, "vintage")),
        ("lower_sales_yoy", "NGA", "%", (59, 37, "disputed")),
    ],
)
def test_the_view_of_conflicts_has_both_values_and_the_reason(db, indicator, geo, period, expected):
    sql = """select distinct charted_value, excluded_value, exclusion_reason from conflicts
             where indicator = $indicator and geo = $geo and period like $period and sector = 'all'"""
    assert rows(db, sql, indicator=indicator, geo=geo, period=period) == [expected]
