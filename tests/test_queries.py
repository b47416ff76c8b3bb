"""Every question has an answer worked out by hand; how questions are asked is one set of facts for all."""

import os
import shutil
import threading

import duckdb
import pytest

from ripresa.database import query
from ripresa.database.build import ensure_database
from ripresa.database.build_errors import BuildError
from ripresa.database.query import run_query

ANSWERS = {}  # question: the check of its answer
TOTALS = {"sector": "all", "gender": "all", "size": "all"}
ROW = (
    "geo geo_name level parent sector sector_name gender gender_name size size_name period "
    "period_start edition edition_name "
    "value ci_low ci_high n sample_size_note status flags no_ci_reason population source source_name "
    "published_geo"
).split()


def answer(name: str):
    """Declares the check of a question's answer."""

    def declared(check):
        ANSWERS[name] = check
        return check

    return declared


def table(frame, *columns: str) -> list[tuple]:
    return list(frame[list(columns)].itertuples(index=False, name=None))


@pytest.mark.parametrize("name", query.list_queries())
def test_the_answer_is_the_one_worked_out_by_hand(name):
    assert name in ANSWERS, f"queries/{name}.sql: write its answer in tests/test_queries.py"
    ANSWERS[name]()


def test_no_answer_outlives_its_question():
    assert set(ANSWERS) == set(query.list_queries())


# --- the answers ---


@answer("area_sector")
def _():
    cross = run_query(
        "area_sector",
        indicator="gva_change_vs_2019",
        gender="all",
        size="all",
        period="2020",
        editions=("na-nominal",),
        level="italy",
        lang="en",
    )
    assert len(cross) == 22 * 4
    assert set(cross.sector) == {"all", "B-E", "C", "F"}
    assert table(cross[cross.geo == "ITF2"], "sector", "value") == [
        ("all", -6.84),
        ("B-E", -22.64),
        ("C", -27.28),
        ("F", -6.18),
    ]
    assert table(cross[cross.geo == "ITA"], "sector", "value") == [
        ("all", -6.72),
        ("B-E", -8.26),
        ("C", -9.47),
        ("F", -4.66),
    ]


@answer("areas")
def _():
    assert (
        run_query("areas", level="italy", lang="it").code.tolist()
        == "ITC1 ITC2 ITC3 ITC4 ITH1 ITH2 ITH3 ITH4 ITH5 ITI1 ITI2 ITI3 ITI4 ITF1 ITF2 ITF3 ITF4 ITF5 "
        "ITF6 ITG1 ITG2".split()
    )
    assert table(run_query("areas", level="macro", lang="en"), "code", "name")[-1] == (
        "ITF+ITG",
        "Mezzogiorno (South and Islands)",
    )
    europe, world = (
        run_query("areas", level="europe", lang="it"),
        run_query("areas", level="world", lang="it"),
    )
    assert {"ITA", "DEU", "NOR", "TUR"} <= set(europe.code) < set(world.code)
    assert "KEN" not in set(europe.code)
    assert world[world.code == "DEU"].name.tolist() == ["Germania"]
    assert world.name.tolist()[0] == "Afghanistan"


@answer("build")
def _():
    assert table(run_query("build"), "version") == [(query.get_data_version(),)]
    assert run_query("build").rows_read[0] >= 12664
    assert run_query("build").derived[0] == 1400


@answer("by_gender")
def _():
    pairs = run_query("by_gender", indicator="closure_rate", sector="all", size="all", lang="en")
    poland = pairs[pairs.geo == "POL"]
    assert table(poland, "period", "gender", "value") == [("2020-05", "female", 15), ("2020-05", "male", 12)]
    world = pairs[(pairs.geo == "WORLD") & (pairs.period == "2020-05")]
    assert table(world, "gender_name", "value") == [("Women-led", 27), ("Men-led", 20)]
    assert (pairs.groupby(["geo", "period", "edition"]).gender.count() == 2).all()


@answer("by_sector")
def _():
    world = run_query(
        "by_sector",
        indicator="closure_rate",
        geo="WORLD",
        gender="all",
        size="all",
        period="2020-05",
        editions=("fob-2020",),
        lang="en",
    )
    assert table(world, "sector", "value") == [
        ("all", 26),
        ("education_and_child_care", 45),
        ("hospitality_and_event_services", 47),
        ("hotels_cafes_and_restaurants", 32),
        ("performing_arts_and_entertainment", 36),
        ("tourism_and_travel_agencies", 54),
    ]
    italy = run_query(
        "by_sector",
        indicator="death_rate",
        geo="ITA",
        gender="all",
        size="all",
        period="2020",
        editions=("istat-bd", "eurostat-bd-2004-2020"),
        lang="it",
    )
    assert table(italy[italy.sector.isin(["all", "B-E", "F", "G", "I"])], "sector", "value", "flags") == [
        ("all", 7.1, ""),
        ("B-E", 5.2, ""),
        ("F", 7.3, ""),
        ("G", 7.6, ""),
        ("I", 8.03, "v"),
    ]


@answer("by_size")
def _():
    italy = run_query(
        "by_size",
        indicator="ent_with_esales",
        geo="ITA",
        sector="all",
        gender="all",
        period="2023",
        editions=("survey-year",),
        lang="en",
    )
    assert table(italy, "size", "value") == [
        ("10-49", 17.7),
        ("10-249", 18.5),
        ("GE10", 19.09),
        ("50-249", 25.8),
        ("GE250", 47.7),
    ]
    newest = run_query(
        "by_size",
        indicator="dii_at_least_basic",
        geo="ITA",
        sector="all",
        gender="all",
        period="latest",
        editions=("dii-3",),
        lang="en",
    )
    assert set(newest.period) == {"2025"}
    assert newest[newest["size"] == "10-249"].value.tolist() == [79.49]


@answer("citations")
def _():
    view = {"sector": "all", "gender": "all", "size": "all", "period": "2020-05", "editions": ("fob-2020",)}
    assert table(
        run_query("citations", indicator="closure_rate", geos=("ITA",), **view), "publisher", "observations"
    ) == [("Digitalic", 1), ("Punto Informatico", 1)]
    every = run_query("citations", indicator="closure_rate", geos=(), **view)
    assert every[every.publisher == "HRM Asia"].observations.tolist() == [
        8
    ]  # Bangladesh, India, Japan, Singapore, South Korea, Taiwan, East Asia, South Asia


@answer("claim_evidence")
def _():
    sides = run_query("claim_evidence", indicator="lower_sales_yoy", geo="ITA", period="2020-05")
    assert table(sides, "side", "value", "publisher", "exclusion_reason") == [
        ("observation", 76, "Digitalic", ""),
        ("observation", 76, "TSF", ""),
        ("excluded_observation", 76, "Punto Informatico", "worded"),
        ("excluded_observation", 75, "DMQ Accountants", "disputed"),
    ]
    gap = run_query(
        "claim_evidence", indicator="closure_gender_gap_female_minus_male", geo="WORLD", period="2020-05"
    )
    assert table(gap, "side", "value") == [("observation", 7), ("excluded_observation", 5.9)]
    assert run_query("claim_evidence", indicator="", geo="", period="").empty


@answer("claims")
def _():
    assert table(run_query("claims", lang="en"), "id", "verdict", "evidence_value")[:3] == [
        ("closed_16", "misworded", 16),
        ("profits_76", "misworded", 76),
        ("digital_37", "confirmed", 37),
    ]
    assert (
        run_query("claims", lang="it").claim[0]
        == "Il 16% delle piccole imprese italiane ha chiuso per la crisi sanitaria"
    )


@answer("coverage")
def _():
    coverage = run_query("coverage")
    deaths = coverage[(coverage.indicator == "death_rate") & (coverage.level == "italy")]
    assert table(deaths, "sector", "gender", "size", "period", "edition", "areas") == [
        ("all", "all", "all", year, "istat-bd", 21)
        for year in ("2019", "2020", "2021", "2022", "2023", "2024")
    ]
    may = coverage[
        (coverage.indicator == "closure_rate")
        & (coverage.period == "2020-05")
        & (coverage.level == "world")
        & (coverage.gender == "all")
    ]
    assert table(may, "edition", "areas") == [("fob-2020", 14)]
    startups = coverage[
        (coverage.indicator == "innovative_startups")
        & (coverage.level == "italy")
        & (coverage.period == "2025-05")
    ]
    assert startups.areas.tolist() == [20]  # Trentino-Alto Adige counts once


@answer("coverage_matrix")
def _():
    matrix = run_query("coverage_matrix", lang="en").set_index("indicator")
    columns = ["italian_areas", "european_countries", "countries", "first_year", "last_year"]
    assert matrix.loc["firms_woman_top_manager", columns].tolist() == [0, 41, 155, 2006, 2024]
    assert matrix.loc["dii_at_least_basic", columns].tolist() == [0, 33, 33, 2021, 2025]
    assert matrix.loc[
        "innovative_startups_female_majority_share", ["italian_areas", "observations", "with_interval"]
    ].tolist() == [20, 36, 28]
    assert matrix.index[0] == "death_rate"
    assert len(matrix) == len(run_query("indicators", lang="en"))


@answer("dictionary")
def _():
    dictionary = run_query("dictionary", lang="en")
    sizes = dictionary[dictionary.table_name == "sizes"]
    assert table(sizes, "column_name", "data_type", "comment")[1:] == [
        ("position", "INTEGER", "Reading order"),
        ("name_it", "VARCHAR", "Name, in Italian"),
        ("name_en", "VARCHAR", "Name, in English"),
    ]
    assert {"observations", "excluded_observations", "citations", "coverage", "claims"} <= set(
        dictionary.table_name
    )


@answer("observation_citations")
def _():
    documents = run_query("observation_citations", indicator="closure_rate", **TOTALS)
    italy = documents[(documents.geo == "ITA") & (documents.period == "2020-05")]
    assert italy.edition.tolist() == ["fob-2020"]
    digitalic, punto = italy.citations.tolist()[0].split(" | ")
    assert digitalic.startswith("Digitalic: Crisi economica in Italia")
    assert digitalic.endswith("piccolegrandimprese")
    assert (
        punto == "Punto Informatico: Facebook #piccolegrandimprese a sostegno delle PMI italiane (2020-07) "
        "https://www.punto-informatico.it/facebook-piccolegrandimprese-pmi/"
    )


@answer("observation_documents")
def _():
    documents = run_query("observation_documents", indicator="closure_rate", **TOTALS)
    italy = documents[(documents.geo == "ITA") & (documents.period == "2020-05")]
    assert table(italy, "publisher", "edition") == [
        ("Digitalic", "fob-2020"),
        ("Punto Informatico", "fob-2020"),
    ]
    assert italy.stated_value.nunique() == 1
    assert documents.observations.is_monotonic_decreasing
    assert len(documents[["geo", "period", "edition"]].drop_duplicates()) == len(
        run_query("observation_citations", indicator="closure_rate", **TOTALS)
    )


@answer("headline")
def _():
    def card(indicator: str, geo: str, edition: str, period: str, better: str) -> list[tuple]:
        found = run_query(
            "headline",
            indicator=indicator,
            geo=geo,
            edition=edition,
            period=period,
            desired_direction=better,
            **TOTALS,
        )
        return table(
            found.astype(object).where(found.notna(), None),
            "period",
            "value",
            "baseline",
            "worst_period",
            "worst",
            "regained_period",
            "regained",
        )

    assert card("gva_real", "ITA", "na-real", "latest", "higher") == [
        ("2024", 1652783.6, 1553556.2, "2020", 1424636.7, "2022", 1629040.0)
    ]
    assert card("death_rate", "ITA", "istat-bd", "2020", "lower") == [
        ("2020", 7.1, 7.9, "2020", 7.1, "2021", 6.5)
    ]
    assert card("closure_rate", "ITA", "fob-2020", "latest", "lower") == [
        ("2020-05", 16, None, "2020-05", 16, None, None)
    ]
    assert card("death_rate", "ITA", "eurostat-bd-2004-2020", "latest", "lower") == []


@answer("indicators")
def _():
    catalogue = run_query("indicators", lang="it").set_index("id")
    assert catalogue.loc[
        "lower_sales_yoy", ["topic", "label", "unit", "desired_direction", "breaks"]
    ].tolist() == [
        "profits",
        "Imprese con vendite più basse di un anno prima",
        "percent",
        "lower",
        "2021-02",
    ]


@answer("labels")
def _():
    labels = run_query("labels", lang="en")
    assert table(labels[labels.kind == "gender"], "code", "name") == [
        ("all", "All firms"),
        ("female", "Women-led"),
        ("male", "Men-led"),
        ("female-male", "Women-led minus men-led"),
    ]
    assert labels[labels.kind == "sector"].code.tolist()[:3] == ["all", "A", "B-F"]
    assert (
        labels[(labels.kind == "edition") & (labels.code == "dii-3")]
        .note.tolist()[0]
        .startswith("Versions 3 and 4 are different indices")
    )


@answer("map")
def _():
    may = run_query(
        "map",
        indicator="closure_rate",
        period="2020-05",
        editions=("fob-2020",),
        level="world",
        lang="en",
        **TOTALS,
    )
    assert dict(table(may, "geo", "value")) == {
        "BGD": 50,
        "GBR": 43,
        "IND": 47,
        "IRL": 58,
        "ITA": 16,
        "JPN": 10,
        "KOR": 10,
        "NLD": 10,
        "POL": 13,
        "PRT": 23,
        "SGP": 31,
        "ESP": 30,
        "TWN": 4,
        "USA": 23,
    }
    trade = run_query(
        "map",
        indicator="death_rate",
        sector="G",
        gender="all",
        size="all",
        period="2020",
        editions=("eurostat-bd-2004-2020", "istat-bd"),
        level="europe",
        lang="en",
    )
    assert dict(table(trade, "geo", "value"))["FRA"] == 4.06
    assert len(trade) == 20
    assert table(trade[trade.geo == "ITA"], "value", "edition") == [(7.6, "istat-bd")]
    women = run_query(
        "map",
        indicator="firms_woman_top_manager",
        period="latest",
        editions=("wbes",),
        level="world",
        lang="en",
        **TOTALS,
    )
    assert len(women) == 155
    assert set(women.level) == {"country"}
    assert table(women[women.geo.isin(["ITA", "KEN", "NGA"])], "geo", "period", "value", "flags") == [
        ("ITA", "2019", 15.3, ""),
        ("KEN", "2018", 18.1, "o"),
        ("NGA", "2014", 13.9, "o"),
    ]


@answer("profile")
def _():
    bolzano = run_query(
        "profile", geos=("ITH1", "ITH", "ITA"), focus_geos=("ITH1",), sectors=("all",), lang="en"
    )
    deaths = bolzano[(bolzano.indicator == "death_rate") & (bolzano.period == "2024")]
    assert table(deaths, "geo", "geo_name", "value") == [
        ("ITH1", "Bolzano (South Tyrol)", 4.16),
        ("ITH", "North-East", 5.35),
        ("ITA", "Italy", 6.4),
    ]
    startups = bolzano[(bolzano.indicator == "innovative_startups") & (bolzano.period == "2025-05")]
    assert table(startups, "geo", "value", "published_geo") == [
        ("ITH1", 238, "ITH1+ITH2"),
        ("ITA", 12292, ""),
    ]
    assert "closure_rate" not in set(bolzano.indicator)  # Italy has it, Bolzano does not
    world = run_query("profile", geos=("KEN", "WORLD"), focus_geos=("KEN",), sectors=(), lang="en")
    assert "firms_woman_top_manager" not in set(
        world[world.geo == "WORLD"].indicator
    )  # unweighted means are no benchmark


@answer("profile_areas")
def _():
    areas = run_query("profile_areas", lang="it")
    assert areas.code.tolist()[:6] == ["ITA", "ITC", "ITH", "ITI", "ITF+ITG", "ITC1"]
    assert areas.code.tolist()[25] == "ITG2"
    assert table(
        areas[areas.code.isin(["ITC4", "DEU", "KEN"])], "code", "name", "level", "parent", "europe"
    ) == [
        ("ITC4", "Lombardia", "area", "ITC", False),
        ("DEU", "Germania", "country", "WORLD", True),
        ("KEN", "Kenya", "country", "WORLD", False),
    ]
    assert areas.code.is_unique
    assert areas.observations.min() > 0


@answer("profile_recovery")
def _():
    molise = run_query("profile_recovery", geo="ITF2")
    molise = molise[molise.sector == "all"].set_index(["indicator", "edition"])
    way = ["period", "value", "baseline", "worst_period", "worst", "regained_period", "regained", "complete"]
    assert molise.loc[("birth_rate", "istat-bd"), way].tolist() == [
        "2024",
        7.07,
        7.6,
        "2020",
        6.9,
        "2021",
        7.9,
        True,
    ]
    assert molise.loc[("gva_change_vs_2019", "na-nominal"), way].tolist() == [
        "2024",
        18.84,
        0,
        "2020",
        -6.84,
        "2021",
        1.72,
        True,
    ]
    lombardy = run_query("profile_recovery", geo="ITC4").set_index(["indicator", "sector", "edition"])
    assert not lombardy.loc[("growth_rate", "all", "registered"), "complete"]  # 2020 and 2023 only
    assert (
        run_query("profile_recovery", geo="ITH1").set_index("indicator").loc["growth_rate", "value"].tolist()
        is not None
    )  # the joined area's
    assert run_query("profile_recovery", geo="XXX").empty


@answer("profile_sector")
def _():
    building = run_query("profile_sector", sector="F", lang="en")
    deaths = building[(building.indicator == "death_rate") & (building.period == "2020")]
    assert table(deaths[deaths.geo.isin(["DEU", "ITA"])], "geo", "value", "total_value", "edition") == [
        ("DEU", 7.84, 9.47, "eurostat-bd-2004-2020"),
        ("ITA", 7.3, 7.1, "istat-bd"),
    ]
    assert deaths[deaths.geo == "POL"].total_value.isna().all()
    assert len(deaths) == 20
    hotels = run_query("profile_sector", sector="I", lang="en")
    italy = hotels[(hotels.indicator == "death_rate") & (hotels.geo == "ITA") & (hotels.period == "2020")]
    assert table(italy, "value", "flags") == [(8.03, "v")]
    assert italy.total_value.isna().all()


@answer("reference_areas")
def _():
    deaths = run_query(
        "reference_areas",
        indicator="death_rate",
        period="2020",
        editions=("istat-bd",),
        level="italy",
        lang="en",
        **TOTALS,
    )
    assert table(deaths, "geo", "value") == [
        ("ITC", 6.5),
        ("ITH", 5.8),
        ("ITI", 7.7),
        ("ITF+ITG", 8.1),
        ("ITA", 7.1),
    ]
    digital = run_query(
        "reference_areas",
        indicator="dii_at_least_basic",
        sector="all",
        gender="all",
        size="10-249",
        period="2025",
        editions=("dii-3",),
        level="europe",
        lang="en",
    )
    assert table(digital, "geo", "value") == [("EU27_2020", 71.39)]
    survey = run_query(
        "reference_areas",
        indicator="closure_rate",
        period="2020-05",
        editions=("fob-2020",),
        level="world",
        lang="en",
        **TOTALS,
    )
    assert table(survey, "geo", "value") == [("WORLD", 26)]


@answer("resources")
def _():
    resources = run_query("resources", lang="en").set_index("id")
    assert resources.loc[
        "business-open-days-2020", ["kind", "state", "region", "region_name", "region_level", "title"]
    ].tolist() == [
        "webinar",
        "ended",
        "ITA",
        "Italy",
        "country",
        "Facebook Business Open Days",
    ]
    assert list(dict.fromkeys(resources.state)) == ["active", "unknown", "ended"]
    assert run_query("resources", lang="it").set_index("id").loc[
        "diagnosi-digitale-pmi", ["title", "region_name"]
    ].tolist() == ["Diagnosi Digitale PMI", "Italia"]


@answer("sources")
def _():
    sources = run_query("sources", lang="en").set_index("id")
    assert sources.loc["istat_business_demography", ["kind", "licence", "observations"]].tolist() == [
        "register",
        "CC BY 4.0",
        618,
    ]
    assert sources.loc["future_of_business", "kind"] == "self_selected"
    assert sources.loc["bank_of_italy_survey", "observations"] == 0


@answer("table")
def _():
    lombardy = run_query("table", indicator="death_rate", level="italy", geos=("ITC4",), lang="en", **TOTALS)
    assert table(lombardy, "period", "value", "status") == [
        ("2019", 7.1, "ok"),
        ("2020", 6.4, "ok"),
        ("2021", 6.0, "ok"),
        ("2022", 6.06, "ok"),
        ("2023", 5.93, "ok"),
        ("2024", 5.75, "provisional"),
    ]
    assert (
        len(run_query("table", indicator="death_rate", level="italy", geos=(), lang="en", **TOTALS))
        == (21 + 4 + 1) * 6
    )


@answer("trend")
def _():
    france = run_query("trend", indicator="death_rate", geos=("FRA",), lang="en", **TOTALS)
    assert table(france, "edition", "period", "value") == [
        ("eurostat-bd-2004-2020", "2019", 4.6),
        ("eurostat-bd-2004-2020", "2020", 3.85),
        ("eurostat-bd-2021", "2021", 10.82),
        ("eurostat-bd-2021", "2022", 10.22),
        ("eurostat-bd-2021", "2023", 10.93),
    ]
    world = run_query("trend", indicator="closure_rate", geos=("WORLD",), lang="en", **TOTALS)
    assert table(world[world.period == "2020-05"], "edition", "value") == [
        ("fob-2020", 26),
        ("fob-2021-22", 29),
    ]
    growth = run_query("trend", indicator="growth_rate", geos=("ITH1", "ITH2"), lang="en", **TOTALS)
    assert table(growth[growth.period == "2023"], "geo", "value", "published_geo") == [
        ("ITH1", 1.02, "ITH1+ITH2"),
        ("ITH2", 1.02, "ITH1+ITH2"),
    ]
    assert run_query("trend", indicator="death_rate", geos=(), lang="en", **TOTALS).empty


# --- what must not be mixed ---


@pytest.mark.parametrize(
    "indicator",
    ["firms_woman_top_manager", "firms_women_participation_ownership", "firms_majority_women_ownership"],
)
def test_world_bank_group_means_are_never_a_reference(indicator):
    assert run_query(
        "reference_areas",
        indicator=indicator,
        period="latest",
        editions=("wbes",),
        level="world",
        lang="en",
        **TOTALS,
    ).empty


@pytest.mark.parametrize("name", [name for name in query.list_queries() if name != "claim_evidence"])
def test_no_chart_s_question_reads_the_evidence(name):
    code = [line for line in query.load_sql(name).splitlines() if not line.startswith("--")]
    assert not [
        line
        for line in code
        if any(
            words in line
            for words in ("from excluded_observations", "join excluded_observations", "from conflicts")
        )
    ]


@pytest.mark.parametrize(
    ("edition", "period", "baseline", "worst"),
    [("registered", "latest", "2019", "2020"), ("registered-quarter", "2020-Q2", "2019-Q2", "2020-Q2")],
)
def test_a_headline_sets_years_beside_years_and_quarters_beside_quarters(edition, period, baseline, worst):
    card = run_query(
        "headline",
        indicator="registrations",
        geo="ITA",
        edition=edition,
        period=period,
        desired_direction="higher",
        **TOTALS,
    )
    assert table(card, "baseline_period", "worst_period") == [(baseline, worst)]


def test_a_headline_does_not_follow_the_old_vintage():
    assert run_query(
        "headline",
        indicator="death_rate",
        geo="ITA",
        sector="I",
        gender="all",
        size="all",
        edition="eurostat-bd-2004-2020",
        period="latest",
        desired_direction="lower",
    ).empty


def test_a_map_takes_the_first_edition_an_area_has_and_one_row_an_area():
    both = run_query(
        "map",
        indicator="women_led_firms_share",
        period="2024-12-31",
        editions=("registered", "active"),
        level="italy",
        lang="en",
        **TOTALS,
    )
    assert both.geo.is_unique
    assert table(both[both.geo.isin(["ITF2", "ITC4"])], "geo", "value", "edition") == [
        ("ITC4", 19.9, "active"),
        ("ITF2", 27.2, "registered"),
    ]


# --- how questions are asked ---


VIEW = {
    "indicator": "death_rate",
    "sector": "all",
    "gender": "all",
    "size": "all",
    "period": "2020",
    "editions": ("istat-bd",),
    "level": "italy",
    "lang": "it",
}
LINE = {"indicator": "death_rate", "geos": ("ITA",), "lang": "it", **TOTALS}


@pytest.mark.parametrize("name", query.list_queries())
def test_a_question_says_what_it_gives(name):
    assert len(query.get_description(name)) > 20
    assert query.get_description(name).rstrip().endswith(".")


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        ("map", {}),
        ("reference_areas", {}),
        ("area_sector", {}),
        ("table", {"geos": ()}),
        ("trend", {"geos": ("ITA",)}),
        ("by_gender", {}),
        ("by_sector", {"geo": "ITA"}),
        ("by_size", {"geo": "ITA"}),
    ],
)
def test_rows_of_figures_have_the_same_columns(name, extra):
    assert set(ROW) <= set(run_query(name, **(VIEW | extra)).columns)


@pytest.mark.parametrize(("lang", "name"), [("it", "Lombardia"), ("en", "Lombardy")])
def test_names_come_in_the_language_asked(lang, name):
    rows = run_query("map", **(VIEW | {"lang": lang}))
    assert rows[rows.geo == "ITC4"].geo_name.tolist() == [name]


@pytest.mark.parametrize("name", [name for name in query.list_queries() if query.list_parameters(name)])
def test_a_missing_value_is_named(name):
    first = query.list_parameters(name)[0]
    with pytest.raises(KeyError, match=rf"queries/{name}\.sql needs .*{first}"):
        run_query(name)


def test_every_missing_value_is_named_at_once():
    with pytest.raises(KeyError, match=r"queries/map\.sql needs lang, level\."):
        run_query("map", **{name: value for name, value in VIEW.items() if name not in ("lang", "level")})


@pytest.mark.parametrize("name", ["no_such_question", "../data/derive", "map.sql", "", "map; drop table x"])
def test_an_unknown_question_is_named_with_those_there_are(name):
    with pytest.raises(KeyError, match="is not there; the queries are: area_sector, "):
        run_query(name)


def test_the_second_time_the_answer_is_the_same_object():
    assert run_query("map", **VIEW) is run_query("map", **dict(reversed(VIEW.items())))
    assert run_query("map", **VIEW) is run_query(
        "map", **(VIEW | {"editions": ["istat-bd"]})
    )  # a list counts as a tuple


@pytest.mark.parametrize("column", ["indicator", "sector", "gender", "size", "period", "level", "lang"])
def test_a_value_is_never_code(column):
    before = run_query("build").observations[0]
    rows = run_query("map", **(VIEW | {column: "x'; drop table observations; --"}))
    assert rows.empty or column in (
        "level",
        "lang",
    )  # an unknown level draws countries, an unknown language is English
    assert run_query("trend", **(LINE | {"geos": ("x'; drop table observations; --",)})).empty
    assert run_query("table", **LINE, level="italy").shape[0] == 6
    assert run_query("build").observations[0] == before


def test_many_readers_at_once_get_their_own_answers():
    years, found = ["2019", "2020", "2021", "2022", "2023", "2024"] * 2, {}
    italy = {"2019": 7.9, "2020": 7.1, "2021": 6.5, "2022": 6.44, "2023": 6.37, "2024": 6.4}

    def read(place: int, year: str) -> None:
        rows = run_query(
            "by_sector",
            indicator="death_rate",
            geo="ITA",
            gender="all",
            size="all",
            period=year,
            editions=("istat-bd",),
            lang=f"thread {place}",
        )
        found[place] = rows[rows.sector == "all"].value.tolist()

    readers = [threading.Thread(target=read, args=reader) for reader in enumerate(years)]
    [reader.start() for reader in readers]
    [reader.join() for reader in readers]
    assert found == {place: [italy[year]] for place, year in enumerate(years)}


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A copy of the database in a place of its own, which questions now read."""
    path = tmp_path / "published.duckdb"
    shutil.copyfile(ensure_database(), path)
    monkeypatch.setenv("RIPRESA_DATABASE", str(path))
    yield path
    monkeypatch.undo()
    query.get_data_version()  # back to the project's own


def test_a_swapped_file_is_seen_at_the_next_question(published, tmp_path):
    assert run_query("map", **VIEW).value.min() > 1
    draft = tmp_path / "draft.duckdb"
    shutil.copyfile(published, draft)
    with duckdb.connect(str(draft)) as connection:
        connection.execute("update build set version = 'swapped'")
        connection.execute(
            "delete from observations_labelled where indicator = 'death_rate' and geo = 'ITC4'"
        )
    os.replace(draft, published)
    assert query.get_data_version() == "swapped"
    assert len(run_query("map", **VIEW)) == 20


def test_a_file_that_is_no_database_is_one_sentence_and_a_good_one_put_back_is_read(published):
    whole = published.read_bytes()
    published.write_bytes(b"not a database" * 1000)
    with pytest.raises(
        BuildError,
        match=r"published\.duckdb cannot be read .*: delete it and start again, it will be rebuilt\.$",
    ):
        query.get_data_version()
    published.write_bytes(whole)
    assert len(run_query("map", **VIEW)) == 21
