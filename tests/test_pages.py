"""What a reader meets on every page, in both languages: a heading, figures with words, the same rows as a
table and a file.
"""

import base64
import gzip
import io
import re
from concurrent.futures import wait
from html import unescape
from urllib.parse import parse_qs

import pandas as pd
import pytest
import streamlit as st

from ripresa import catalogue, i18n
from ripresa.charts import sparkline, theme
from ripresa.database.query import get_data_version, run_query
from ripresa.embed import embed_page
from ripresa.exports import verify
from ripresa.filter_options import build_options
from ripresa.filters import Filters, View, get_available_indicators, resolve_view
from ripresa.i18n import format_value, t
from ripresa.profiles.area_profile import load_area_profile
from ripresa.views import shell
from ripresa.views.components import card, data_table
from ripresa.views.pages import data_page
from ripresa.views.pages import overview_page as overview
from ripresa.views.pages.topic_figures import build_sector_figure, build_time_figures
from tests.helpers.app import (
    get_checked_html,
    get_cold_html,
    get_figure_actions,
    get_figures,
    get_html,
    get_visit_session,
    open_page,
    press_actions,
    strip_tags,
)

TOPICS = ("closures", "profits", "digital_sales", "women")
LEVELS = [
    (topic, level)
    for topic in TOPICS
    for level, ids in catalogue.load_topics()[topic].indicators_by_level.items()
    if ids
]
OFFERED = [
    (topic, level, id)
    for topic, level in LEVELS
    for id in get_available_indicators(catalogue.load_topics()[topic], level)
]
REGIONS = list(run_query("areas", level="italy", lang="it")["code"])


# --- every page, language and level ---


@pytest.mark.parametrize("lang", i18n.LANGS)
@pytest.mark.parametrize("page", shell.PAGE_NAMES)
def test_every_page_has_one_heading_and_sections_in_its_language(page, lang):
    found = get_cold_html(page, lang)
    assert "<h2" in found or page not in ("overview", *TOPICS, "checks", "about")
    other = next(one for one in i18n.LANGS if one != lang)
    assert t("foot", other, version="", date="")[:40] not in found


@pytest.mark.parametrize("lang", i18n.LANGS)
@pytest.mark.parametrize(("topic", "level"), LEVELS)
def test_every_topic_and_level_opens_on_a_figure_with_its_words(topic, level, lang):
    visit = open_page(topic, lang=lang, level=level)
    found = get_checked_html(visit, lang)
    view = resolve_view(Filters(lang=lang, level=level), topic)
    assert catalogue.load_topics()[topic].question[lang] in strip_tags(found)
    assert get_figures(visit), "no figure"
    assert found.index("<h2>")
    assert view.indicator.short[lang] in strip_tags(re.findall(r"<h2>(.*?)</h2>", found)[0])
    assert all(
        len(chart.alt) > 80 and chart.alt.endswith(f". {i18n.t('alt_table', lang)}")
        for chart in get_figures(visit)
    )
    rows = (
        run_query("trend", **view.breakdown, geos=view.geo, lang=lang)
        if view.chart == "series"
        else run_query("map", **view.query_parameters)
    )
    assert catalogue.get_universe(view.indicator, rows["source"], lang) in strip_tags(found)


@pytest.mark.parametrize(("topic", "level", "id"), OFFERED)
def test_every_indicator_offered_opens_with_rows(topic, level, id):
    visit = open_page(topic, lang="en", level=level, indicator=id)
    get_checked_html(visit, "en")
    assert get_visit_session(visit).filters.indicator == id
    assert get_figures(visit), "no figure"


@pytest.mark.parametrize("code", REGIONS)
def test_every_region_has_its_figures_on_the_overview_and_is_found_on_the_topics(code):
    name = dict(run_query("areas", level="italy", lang="it")[["code", "name"]].itertuples(index=False))[code]
    page = strip_tags(get_checked_html(open_page(geo=[code], lang="it"), "it"))
    assert t("region_has", "it", name=name) in page
    assert t("region_lacks", "it", name=name) in page
    assert name.split()[-1] in strip_tags(
        re.findall(r"<h2>(.*?)</h2>", get_checked_html(open_page("closures", geo=[code], lang="it"), "it"))[0]
    )


# --- the overview ---


def test_the_overview_says_its_headlines_in_words_without_waiting_for_a_chart():
    page = strip_tags(get_html(open_page(lang="it")))
    for value in ("6,4%", "76%", "19,1%", "16%", "37%", "31%"):
        assert value in page
    assert "Era 7,9% nel 2019" in page
    assert "di nuovo ai livelli del 2019 dal 2022" in page


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_a_region_of_the_overview_leads_to_its_profile_and_its_comparison(lang):
    ways = {
        link.proto.page: (link.proto.label, link.proto.query_string)
        for link in open_page(lang=lang, geo=["ITF6"]).get("page_link")
    }
    assert ways["profile"] == (t("compare_profile", lang, name="Calabria"), f"lang={lang}&geo=ITF6")
    assert ways["compare"] == (t("profile_compare", lang), f"lang={lang}&geo=ITF6")


@pytest.mark.parametrize("geo", [[], ["ITF6"]])
def test_the_overview_shows_value_added_in_the_year_of_the_profile(geo):
    shown = next(
        entry.row
        for entry in load_area_profile("ITF6", "en").all_entries
        if entry.indicator.id == "gva_change_vs_2019"
    )
    page = strip_tags(get_html(open_page(lang="en", geo=geo)))
    row = page[
        page.index("Calabria: what is published" if geo else "Value added vs 2019 at current prices, 2024") :
    ]
    assert shown["period"] == "2024"
    assert format_value(shown["value"], "percent_change", 1, "en") in row
    assert "−6.3%" not in row


def _home(geo: str = "") -> dict[str, list[str]]:
    """The first table of the overview, opened on an area: the cells of each line by its name."""
    page = get_html(open_page(lang="it", geo=[geo] if geo else []))
    lines = (
        re.split("</t[hd]>", line)
        for line in re.findall("<tr>(.*?)</tr>", page[page.index("<table") : page.index("</table")])
    )
    return {strip_tags(cells[0]): [strip_tags(cell) for cell in cells[1:-1]] for cells in lines}


@pytest.mark.parametrize("geo", ["ITH2", "ITC4", "ITI1", "ITC2"])
def test_the_overview_has_a_region_s_figures_of_its_profile_with_their_edition(geo):
    lines, entries = (
        _home(geo),
        {entry.indicator.id: entry for entry in load_area_profile(geo, "it").all_entries},
    )
    for id in overview.REGIONAL_INDICATORS:
        label = catalogue.get_indicator(id).label["it"]
        assert (label in lines) == (id in entries)
        if id in entries:
            row, italy = (
                entries[id].row,
                next((one["value"] for one in entries[id].benchmarks if one["geo"] == "ITA"), None),
            )
            assert lines[label][:2] == [
                format_value(value, entries[id].indicator.unit, entries[id].indicator.decimals, "it")
                for value in (row["value"], italy)
            ]
            assert entries[id].edition_name in lines[label][3]


def test_the_overview_says_of_a_region_s_figure_what_its_profile_says():
    assert 'class="table stacked' in get_html(
        open_page(lang="it", geo=["ITC4"])
    )  # on a phone each line is a card: five columns would be cut
    assert _home("ITC4")["Imprese femminili, quota"] == [
        "19,9%",
        "22,7%",
        "19,4%",
        "31 dicembre 2024; Imprese attive",
    ]
    assert (
        _home("ITC2")["Startup innovative a prevalenza femminile, quota"][3]
        == "maggio 2025; 2 / 15, base sotto 30"
    )
    assert _home("ITH2")["Imprese che vendono in rete (web, app o EDI)"] == [
        "25,9%",
        "–",
        "–",
        "2022; cifra del Trentino-Alto Adige intero",
    ]


def test_the_overview_s_table_of_all_regions_begins_with_italy_and_marks_what_is_weak():
    lines = _home()
    assert list(lines)[:2] == ["Area", "Italia"]
    assert lines["Italia"][:2] == ["6,4%", "+22,6%"]
    assert lines["Area"][:2] == [
        "Tasso di mortalità, 2024, provvisorio",
        "Valore aggiunto sul 2019 a prezzi correnti, 2024",
    ]
    assert [
        lines[name][2]
        for name in ("Valle d'Aosta", "Provincia autonoma di Bolzano", "Provincia autonoma di Trento")
    ] == ["13,3%\xa0†", "10,5%\xa0*", "10,5%\xa0*"]
    page = strip_tags(get_html(open_page(lang="it")))
    assert (
        "* cifra del Trentino-Alto Adige intero. † base sotto 30. Valore aggiunto a prezzi correnti: "
        "comprende l'inflazione" in page
    )


def test_a_card_names_every_publisher_of_its_line_and_its_line_ends_hollow_where_provisional():
    digital = next(
        part for part in get_html(open_page(lang="en")).split('<div class="card">') if "19.1%" in part
    )
    assert "Source: ISTAT, Eurostat." in strip_tags(digital)
    line = run_query(
        "trend", indicator="death_rate", sector="all", gender="all", size="all", geos=("ITA",), lang="en"
    )
    full, page = theme.PALETTES["light"].qualitative[0], theme.PALETTES["light"].background
    for shown, end in ((line, page), (line[line["status"] != "provisional"], full)):
        drawn = sparkline.render_card_sparkline(shown, catalogue.get_indicator("death_rate"), "en", "light")
        assert re.findall(
            r'<circle [^>]*fill="([^"]+)"',
            base64.b64decode(drawn.partition("base64,")[2].partition('"')[0]).decode(),
        ) == [full, end]


@pytest.mark.parametrize("id", ["women_led_firms_share", "women_led_firms"])
def test_an_area_s_newest_figure_is_the_same_on_its_topic_and_in_its_profile(id):
    view = resolve_view(Filters(lang="it", level="italy", indicator=id), "women")
    shown = {
        geo: next(
            (entry.row for entry in load_area_profile(geo, "it").all_entries if entry.indicator.id == id),
            None,
        )
        for geo in REGIONS
    }
    found = {row["geo"]: row for row in run_query("map", **view.query_parameters).to_dict("records")}
    assert {geo: (row["value"], row["period"], row["edition"]) for geo, row in found.items()} == {
        geo: (row["value"], row["period"], row["edition"]) for geo, row in shown.items() if row
    }
    assert {row["edition"] for row in found.values()} == {"registered", "active"}


def test_all_areas_with_women_led_firms_are_counted_and_italy_is_not_sent_to_europe_where_it_is_not():
    page = get_checked_html(
        open_page("women", lang="it", level="italy", indicator="women_led_firms_share", geo=["ITF3"]), "it"
    )
    assert "i 19 territori con un dato pubblicato" in page
    assert t("chosen_without", "it", areas="Campania") in unescape(page)
    assert t("chosen_without_italy", "it", areas="Campania") not in unescape(page)


def test_the_register_s_count_of_firms_says_that_the_rates_are_of_fewer():
    """255,667 deaths of 4,751,988 would be 5.4%, and the death rate is 6.4%."""
    deaths, firms, rate = (
        next(
            entry.row["value"]
            for entry in load_area_profile("ITA", "en").all_entries
            if entry.indicator.id == id
        )
        for id in ("enterprise_deaths", "active_enterprises", "death_rate")
    )
    assert round(100 * deaths / firms, 1) < rate
    assert "not the denominator of the rates" in strip_tags(
        get_html(open_page("profile", lang="en", geo=["ITA"]))
    )
    assert not {
        id
        for id in ("death_rate", "enterprise_deaths")
        if catalogue.get_indicator(id).universe == catalogue.get_indicator("active_enterprises").universe
    }


RECOVERING = {
    "value": 9.0,
    "baseline": 8.0,
    "worst": 12.0,
    "worst_period": "2021",
    "regained_period": None,
    "period": "2024",
}


@pytest.mark.parametrize(
    ("changes", "better", "expected"),
    [
        ({}, "lower", "not yet back"),
        ({"regained_period": "2023", "value": 7.5}, "lower", "back at the 2019 level in 2023"),
        ({"regained_period": "2023"}, "lower", "not yet back"),  # regained and lost again
        ({"worst": 7.0}, "lower", "stayed below"),
        ({"worst": 9.0}, "higher", "stayed above"),
        ({"baseline": None}, "lower", "no figure for 2019: the first is 11.0% (Q4 2021)"),
        ({}, "neither", "8.0% in 2019, 9.0%"),
    ],
)
def test_recovery_is_told_against_2019(changes, better, expected):
    indicator = next(
        one
        for one in catalogue.load_indicators().values()
        if one.unit == "percent" and one.decimals == 1 and one.desired_direction == better
    )
    line = pd.DataFrame({"value": [11.0], "period": ["2021-Q4"]})
    assert expected in card.describe_recovery(RECOVERING | changes, line, indicator, "en")


def test_a_sum_is_told_in_percent_of_2019():
    figure = {
        "value": 110.0,
        "baseline": 100.0,
        "worst": 90.0,
        "worst_period": "2020",
        "regained_period": "2021",
        "period": "2024",
    }
    assert "−10.0% on 2019 at the worst point (2020)" in card.describe_recovery(
        figure, pd.DataFrame(), catalogue.get_indicator("gva_real"), "en"
    )


def _shades(chart) -> tuple[list[str], dict[str, int]]:
    """The limits of a map's classes, and the class of each area."""
    shaded = next(trace for trace in chart["data"] if trace["type"] == "choropleth" and trace["showscale"])
    return list(shaded["colorbar"]["ticktext"]), {
        strip_tags(text.split("<br>")[0]): int(shade)
        for text, shade in zip(shaded["text"], shaded["z"], strict=True)
    }


@pytest.mark.parametrize("period", ["2020", "2024"])
def test_the_overview_the_topic_and_the_embed_draw_one_map_in_the_same_classes(period):
    overview, topic = (
        _shades(get_figures(open_page(page, lang="it", level="italy", period=period))[0].spec)
        for page in ("overview", "closures")
    )
    embedded = embed_page.render_page(
        resolve_view(Filters(lang="it", level="italy", period=period), "closures")
    ).html
    limits = re.findall(r"<text[^>]*>([^<]*)", re.search(r'<div class="key"><svg.*?</svg>', embedded)[0])
    shades = {
        unescape(name): int(shade)
        for shade, name in re.findall(r'class="c(\d)[^>]*><title>([^:]*):', embedded)
    }
    assert overview == topic == (limits, shades)
    assert len(shades) == 21
    assert limits == ["5%", "6%", "7%", "8%", "9%", "10%"]


@pytest.mark.parametrize(
    ("id", "level", "geo"),
    [
        ("ent_with_esales", "europe", ()),
        ("ent_with_esales", "europe", ("POL", "DEU")),
        ("gva_change_vs_2019", "italy", ()),
        ("lower_sales_yoy", "world", ()),
        ("death_rate", "europe", ("DEU", "FRA", "ESP", "PRT", "GRC", "POL", "NLD", "BEL")),
    ],
)
def test_the_embed_of_lines_has_the_areas_colours_and_dashes_of_the_page(id, level, geo):
    view = resolve_view(
        Filters(lang="it", level=level, indicator=id, geo=geo), catalogue.get_indicator(id).topic
    )
    shown = next(
        one for one in build_time_figures(view, "light") if one.view.indicator.id == view.indicator.id
    )
    colours = {colour: f"l{i}" for i, colour in enumerate(theme.get_palette("light").qualitative)} | {
        theme.get_palette("light").muted: "mute"
    }
    lines = [trace for trace in shown.figure.data if trace["mode"] == "lines+markers"]
    page = {
        (trace["name"], colours[trace["line"]["color"]], f"d{theme.LINE_DASHES.index(trace['line']['dash'])}")
        for trace in lines
    }
    body = embed_page.render_page(view, figure="trend").html
    drawn = {
        (unescape(name), look, dash)
        for look, dash, name in re.findall(
            r'<path class="l (\w+) (d\d)" d="[^"]*"/><path class="p [^>]*><title>([^<]*?), \d', body
        )
    }
    assert drawn == page
    assert len(page) > 1
    keys = {trace["name"] for trace in shown.figure.data if trace["showlegend"]}
    assert keys == {
        unescape(word) for word in re.findall(r'<path class="[lp] quiet.*?</svg> ([^<]*)</li>', body)
    }
    assert len(gzip.compress(body.encode())) < 8_000


@pytest.mark.parametrize(("name", "level"), LEVELS)
def test_an_area_has_one_colour_in_the_lines_of_a_page(name, level):
    for id in get_available_indicators(catalogue.load_topics()[name], level):
        drawn = build_time_figures(resolve_view(Filters(lang="it", level=level, indicator=id), name), "light")
        looks = {
            (trace["name"], trace["line"]["color"], trace["marker"]["symbol"])
            for one in drawn
            for trace in one.figure.data
            if trace["mode"] == "lines+markers"
        }
        assert len({area for area, *_ in looks}) == len(looks), (id, looks)


# --- filters ---


def test_choices_without_data_are_named_as_such_and_never_an_empty_chart():
    visit = open_page("closures", lang="en", level="italy")
    sectors = visit.selectbox(key="sector_en")
    assert any(label == t("unavailable", "en", label=label.split(" – ")[0]) for label in sectors.options)
    get_checked_html(open_page("closures", lang="en", level="italy", sector="I"), "en")


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_a_choice_that_has_no_data_is_replaced_said_and_can_be_undone(lang):
    visit = open_page("closures", lang=lang, level="italy", sector="I")
    assert 'class="notice"' in get_checked_html(visit, lang)
    assert get_figures(visit)
    visit.button(key=f"reset_{lang}").click().run()
    assert get_visit_session(visit).filters == Filters(lang=lang)


def test_a_region_asked_of_a_european_figure_becomes_italy_and_the_page_says_why():
    page = strip_tags(get_checked_html(open_page("digital_sales", lang="it", geo=["ITC4"]), "it"))
    assert t("note_region_in_country", "it", wanted="Lombardia") in page


def test_a_region_without_a_figure_is_said():
    page = strip_tags(
        get_checked_html(open_page("digital_sales", lang="it", level="italy", geo=["ITC4"]), "it")
    )
    assert t("chosen_without_italy", "it", areas="Lombardia") in page


@pytest.mark.parametrize("name", ["indicator", "sector", "period", "size", "gender"])
def test_a_filter_changes_the_view(name):
    topic, level = {
        "size": ("digital_sales", "europe"),
        "gender": ("closures", "world"),
        "sector": ("closures", "europe"),
    }.get(name, ("closures", "italy"))
    view = resolve_view(Filters(lang="en", level=level), topic)
    offered = getattr(
        build_options(view), {"indicator": "indicators", "period": "periods"}.get(name, f"{name}s")
    )
    shown = {"indicator": view.indicator.id}.get(name) or getattr(view, name)
    wanted = next(option.code for option in offered if option.available and option.code != shown)
    visit = open_page(topic, lang="en", level=level)
    visit.selectbox(key=f"{name}_en").set_value(wanted).run()
    assert getattr(get_visit_session(visit).filters, name) == wanted
    get_checked_html(visit, "en")


def test_the_level_is_changed_with_a_fresh_view_of_it():
    visit = open_page("closures", lang="it", geo=["ITC4"], period="2020")
    visit.radio(key="level_it").set_value("europe").run()
    assert get_visit_session(visit).filters == Filters(lang="it", level="europe")
    get_checked_html(visit, "it")


def test_areas_are_chosen_in_the_list_too():
    visit = open_page("closures", lang="it")
    visit.multiselect(key="geo_it").set_value(["ITC4", "ITF3"]).run()
    assert get_visit_session(visit).filters.geo == ("ITC4", "ITF3")


@pytest.mark.parametrize(("level", "drawn"), [("italy", "tiles"), ("world", "AF")])
def test_the_map_can_be_drawn_otherwise(level, drawn):
    visit = open_page("women", lang="en", level=level)
    before = get_figures(visit)[0].spec
    visit.radio(key=f"map_kind_{level}_en").set_value(drawn).run()
    get_checked_html(visit, "en")
    assert get_figures(visit)[0].spec != before


# --- tables and files ---


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_the_rows_of_a_figure_are_one_click_away(lang):
    visit = open_page("closures", lang=lang)
    assert "<table" not in get_html(visit)
    row = get_figure_actions(visit)["map"]
    assert row["labels"] == {
        "table": t("show_table", lang),
        "csv": t("csv", lang),
        "export": t("save_kit", lang),
    }
    assert (row["open"], row["file"]) == ([], None)
    press_actions(visit, "map", "table")
    assert get_html(visit).count('<th scope="row">') == 21 + 1
    assert get_figure_actions(visit)["map"]["open"] == ["table"]
    taken = get_figure_actions(press_actions(visit, "map", "csv"))["map"]
    assert taken["file"]["name"].endswith(f"_{get_data_version()}.csv")
    assert verify.verify_file(taken["file"]["text"].encode()).state == "current"
    assert taken["open"] == ["table"], "given once"
    assert get_figure_actions(visit.run())["map"]["file"] is None, "given once"


@pytest.mark.parametrize(
    ("page", "address", "names"),
    [
        ("data", {"indicator": "death_rate"}, ["death_rate_{}.csv", "death_rate_citations_{}.csv"]),
        ("sql", {"sql": "select 1 as one, 2 as two"}, ["sql_{}.csv"]),
        ("compare", {"geo": ["ITC4", "ITF2"]}, ["ITC4_ITF2_{}.csv"]),
        ("profile", {"geo": ["ITF2"]}, ["ITF2_{}.csv"]),
    ],
)
def test_tables_without_a_seal_say_their_version_in_their_names(page, address, names, monkeypatch):
    given = []
    monkeypatch.setattr(st, "download_button", lambda label, **button: given.append(button["file_name"]))
    visit = open_page(page, lang="en", **address)
    if get_visit_session(visit).sql.future:
        wait([get_visit_session(visit).sql.future], 30)
        visit.run()
    assert {name.format(get_data_version()) for name in names} <= set(given)
    assert all(name.endswith(f"_{get_data_version()}.csv") for name in given if name.endswith(".csv"))


def test_the_table_opens_above_what_can_be_taken():
    visit = open_page("closures", lang="en")
    press_actions(visit, "map", "export", "table")
    found = get_html(visit)
    assert -1 < found.find('<th scope="row">') < found.find(t("save_image_hint", "en")[:30])


VIEW = View(
    "it",
    "closures",
    "italy",
    catalogue.get_indicator("death_rate"),
    (),
    "all",
    "all",
    "all",
    "2024",
    ("istat-bd",),
    "map",
)


def test_a_table_writes_figures_as_the_language_does_and_a_dash_for_what_is_missing():
    rows = run_query("map", **VIEW.query_parameters).head(2).copy()
    rows.loc[0, "value"] = None
    page = data_table.render_observations(rows, VIEW.indicator, "it", "prova <b>")
    assert "–" in page
    assert "provvisorio" in page
    assert "&lt;b&gt;" in page
    assert t("column_interval", "it") not in page, "no interval, no column"


def test_a_csv_has_its_header_first_and_missing_cells_empty():
    rows = pd.DataFrame({"geo": ["ITC4", "NA"], "value": [17.4, None], "note": ["=1+1", "plain"]})
    assert data_table.build_csv(rows).decode().splitlines() == [
        "geo,value,note",
        "ITC4,17.4,'=1+1",
        "NA,,plain",
    ]


def test_the_csv_of_a_view_has_its_rows():
    rows = run_query("map", **VIEW.query_parameters)
    back = pd.read_csv(io.BytesIO(data_table.build_csv(rows)), keep_default_na=False)
    assert len(back) == 21
    assert list(back.columns) == list(rows.columns)


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_the_sectors_of_another_area_name_every_chosen_one_that_has_none(lang):
    drawn = build_sector_figure(resolve_view(Filters(lang=lang, geo=("ITC4", "ITF3")), "closures"), "light")
    assert drawn.view.geo == ("ITA",)
    assert "Lombard" in drawn.area_name
    assert "Campania" in drawn.area_name
    assert (
        build_sector_figure(resolve_view(Filters(lang=lang, geo=("ITA",)), "closures"), "light").area_name
        == {"it": "Italia", "en": "Italy"}[lang]
    )


# --- checks, data, methods ---


@pytest.mark.parametrize("lang", i18n.LANGS)
@pytest.mark.parametrize(("level", "home"), [("italy", True), ("world", False)])
def test_a_document_whose_address_is_a_home_page_says_how_to_find_the_table(level, home, lang):
    found = strip_tags(get_html(open_page("closures", lang=lang, level=level)))
    assert (t("publisher_home", lang) in found) == home


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_a_check_never_says_closed_of_firms_that_were_not_operating(lang):
    ours = " ".join(
        f"{claim.finding} {claim.suggested_wording}" for claim in run_query("claims", lang=lang).itertuples()
    )
    assert not re.search(r"chiuse|hanno chiuso|closed", ours)
    assert {"it": "più spesso non operative", "en": "more often not operating"}[lang] in ours
    assert ("«" in get_cold_html("checks", lang)) == (lang == "it")


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_every_claim_is_there_with_its_verdict_and_what_to_write(lang):
    page = strip_tags(get_checked_html(open_page("checks", lang=lang), lang))
    for claim in run_query("claims", lang=lang).itertuples():
        assert claim.claim in page
        assert claim.suggested_wording in page
        assert t(f"verdict_{claim.verdict}", lang) in page


@pytest.mark.parametrize("lang", i18n.LANGS)
@pytest.mark.parametrize("part", ["figures", "catalogue", "coverage", "dictionary"])
def test_every_part_of_the_data_page_is_a_table(part, lang):
    visit = open_page("data", lang=lang)
    visit.radio(key=f"part_{lang}").set_value(part).run()
    assert "<table" in get_checked_html(visit, lang)


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_the_data_page_filters_by_area_says_so_and_offers_no_period(lang):
    visit = open_page("data", lang=lang, level="europe", indicator="death_rate", period="2020")
    whole, areas = get_html(visit), visit.multiselect(key=f"geo_{lang}")
    assert areas.label == t("filter_listed", lang)
    assert areas.value == []
    assert f"period_{lang}" not in {box.key for box in visit.selectbox}
    listed = get_html(areas.set_value(["FRA"]).run())
    view = resolve_view(Filters(lang=lang, level="europe", indicator="death_rate"), "closures")
    rows = run_query("table", **view.breakdown, level="europe", geos=("FRA",), lang=lang)
    assert rows["period"].nunique() > 1
    assert listed.count('<th scope="row">') == len(rows) < whole.count('<th scope="row">')
    assert all(f">{period}<" in listed for period in rows["period"])


def test_the_data_page_opens_whole_where_a_topic_opens_on_one_area():
    address = {"lang": "en", "level": "europe", "indicator": "esales_share_of_turnover"}
    visit = open_page("data", **address)
    view = resolve_view(Filters(**address), "digital_sales")
    assert view.geo
    assert visit.multiselect(key="geo_en").value == []
    assert get_html(visit).count('<th scope="row">') == min(
        len(run_query("table", **view.breakdown, level="europe", geos=(), lang="en")),
        data_page.MAX_TABLE_ROWS,
    )


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_each_count_of_the_coverage_opens_the_view_it_counts(lang):
    visit = open_page("data", lang=lang)
    visit.radio(key=f"part_{lang}").set_value("coverage").run()
    doors = re.findall(r'<a href="([a-z_]+)\?([^"]+)" target="_self">', get_html(visit))
    assert len(doors) > 100
    for topic, asked in {(topic, unescape(asked)) for topic, asked in doors}:
        wanted = {name: values[0] for name, values in parse_qs(asked).items()}
        if "indicator" in wanted:
            view = resolve_view(Filters.from_url_parameters(wanted, wanted["lang"]), topic)
            assert (view.lang, view.level, view.indicator.id, view.notices) == (
                lang,
                wanted["level"],
                wanted["indicator"],
                (),
            ), asked


def test_every_figure_leads_to_the_documents_it_was_read_in():
    visit = open_page("data", lang="it", level="world", indicator="closure_rate")
    page = get_html(visit)
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    listed = set(re.findall(r'<li id="(document-\d+)">', page))
    assert body.count("<tr>") > 20
    assert all('href="#document-' in row for row in body.split("<tr>")[1:])
    assert set(re.findall(r'href="#(document-\d+)"', body)) == listed
    assert "https://www.punto-informatico.it/facebook-piccolegrandimprese-pmi/" in page


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("https://example.org/a", 'target="_blank" rel="noopener"'),
        ("closures?lang=it", 'target="_self"'),
        ("#document-1", 'target="_self"'),
    ],
)
def test_only_addresses_of_the_web_and_of_the_dashboard_are_links(address, link):
    cell = (
        data_table.render_table([{"a": "x", "b": (">", address)}], {"a": "a", "b": "b"}, "caption")
        .partition("<td>")[2]
        .partition("</td>")[0]
    )
    assert cell == (f'<a href="{address}" {link}>&gt;</a>' if link else "&gt;")


def test_a_search_asks_for_no_accents():
    visit = open_page("data", lang="it")
    visit.radio(key="part_it").set_value("catalogue").run()
    found = [
        get_html(visit.text_input(key="search_it").set_value(asked).run()).count('<th scope="row">')
        for asked in ("attività", "ATTIVITA")
    ]
    assert found[0] == found[1] > 0


def test_the_catalogue_can_be_searched_and_says_when_nothing_is_found():
    visit = open_page("data", lang="en")
    visit.radio(key="part_en").set_value("catalogue").run()
    visit.text_input(key="search_en").set_value("startups women").run()
    found = get_html(visit).count('<th scope="row">')
    assert 0 < found < 10
    visit.text_input(key="search_en").set_value("zzz").run()
    assert t("data_not_found", "en") in strip_tags(get_html(visit))


def test_another_topic_of_the_data_page_opens_its_first_indicator():
    visit = open_page("data", lang="en")
    visit.selectbox(key="topic_en").set_value("women").run()
    assert catalogue.get_indicator(get_visit_session(visit).filters.indicator).topic == "women"
    get_checked_html(visit, "en")


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_every_source_is_named_with_its_terms(lang):
    page = strip_tags(get_checked_html(open_page("about", lang=lang), lang))
    assert all(
        source.name[lang] in page and source.licence[lang] in page
        for source in catalogue.load_sources().values()
    )


def limits(visit) -> tuple:
    """The ends and class limits of a page's map."""
    return next(
        (trace["zmin"], trace["zmax"], str(trace.get("colorbar", {}).get("ticktext")))
        for chart in get_figures(visit)
        for trace in chart.spec["data"]
        if trace["type"] == "choropleth"
    )


def test_the_classes_of_a_map_stay_when_the_year_changes():
    assert limits(open_page("closures", lang="en", period="2020")) == limits(
        open_page("closures", lang="en", period="2023")
    )


def test_a_change_that_piles_up_keeps_classes_of_its_own_year():
    """2020 in the classes of 2024 would be one shade all over Italy."""
    assert limits(open_page("profits", lang="en", period="2020")) != limits(
        open_page("profits", lang="en", period="2024")
    )


@pytest.mark.parametrize(
    ("geo", "expected"),
    [("ITC4", ["Italy (of “Lombardy” the sectors are not published, or too few)"]), ("ITA", ["Italy"])],
)
def test_a_figure_by_sector_says_when_it_is_not_of_the_area_chosen(geo, expected):
    found = get_checked_html(open_page("closures", lang="en", geo=[geo], level="italy"), "en")
    assert re.findall(r'class="subtitle">(Italy[^·]*) · ', found) == expected


EUROSTAT, ISTAT = (
    "Active enterprises in the national statistical registers (Eurostat business demography)",
    "Active enterprises in the business demography of ISTAT, fewer than all those in the ASIA register",
)


@pytest.mark.parametrize(
    ("address", "populations", "publishers"),
    [
        ({"level": "italy"}, ISTAT, ["ISTAT"]),
        ({"level": "europe"}, f"{EUROSTAT}; {ISTAT}", ["Eurostat", "ISTAT"]),
        ({"level": "europe", "sector": "I"}, EUROSTAT, ["Eurostat"]),
    ],
)
def test_a_view_names_the_population_and_the_source_of_the_figures_it_shows(address, populations, publishers):
    found = get_checked_html(open_page("closures", lang="en", indicator="death_rate", **address), "en")
    assert f" · {populations} · " in re.findall(r'class="subtitle">(.*?)</p>', found)[0]
    folded = re.findall(r'<details class="about">.*?</details>', found, re.DOTALL)[0]
    assert f"{populations}." in folded
    assert re.findall(r"<strong>(ISTAT|Eurostat), ", folded) == publishers
