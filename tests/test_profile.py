"""A profile says of an area what the figures allow and no more: every region, both languages; a sector beside
the whole economy.
"""

import io
import re
from functools import cache
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest

from ripresa import catalogue, i18n
from ripresa.database.query import get_data_version, run_query
from ripresa.filters import Filters, resolve_view
from ripresa.i18n import format_value, round_half_up, t
from ripresa.narrative import benchmark
from ripresa.narrative.benchmark import UNITS_WITHOUT_BENCHMARK
from ripresa.profiles import area_profile, profile_html
from ripresa.views import shell
from ripresa.views.components import data_table as table
from ripresa.views.pages import area_comparison, claim_evidence, profile_page, sector_profile
from tests.helpers.app import (
    get_checked_html,
    get_heading,
    get_html,
    get_visit_session,
    open_page,
    strip_tags,
)

ITALIAN = [
    row.code
    for row in run_query("profile_areas", lang="it").itertuples()
    if row.level != "country" or row.code == "ITA"
]
COUNTRIES = ["DEU", "FRA", "POL", "NOR", "KEN", "USA"]
SECTORS = ["B-E", "F", "G", "I"]


def get_notice(page: str) -> str:
    """The text of the page's first notice, on one line."""
    [notice, *_] = re.findall(r'<div class="notice">(.*?)</div>', page, flags=re.DOTALL)
    return " ".join(strip_tags(notice).split())


@pytest.mark.parametrize("lang", i18n.LANGS)
@pytest.mark.parametrize("geo", ITALIAN + COUNTRIES)
def test_every_area_has_a_profile_in_both_languages(geo, lang):
    visit = open_page("profile", lang=lang, geo=[geo])
    page, one = strip_tags(get_checked_html(visit, lang)), area_profile.load_area_profile(geo, lang)
    assert one.name in strip_tags(get_heading(visit))
    assert get_visit_session(visit).filters.geo == (geo,)
    for entry in one.all_entries:
        assert entry.indicator.label[lang] in page
        assert format_value(entry.row["value"], entry.indicator.unit, entry.indicator.decimals, lang) in page
    assert all(sentence in page for sentence in profile_html.build_summary_sentences(one))
    assert t("profile_missing", lang) in page
    assert t("profile_sources", lang) in page


@pytest.mark.parametrize("lang", i18n.LANGS)
@pytest.mark.parametrize("code", SECTORS)
def test_every_sector_has_a_profile_beside_the_whole_economy(code, lang):
    visit = open_page("profile", lang=lang, sector=code)
    page, one = strip_tags(get_checked_html(visit, lang)), sector_profile.get_sector_profile(code, lang)
    assert one.name in strip_tags(get_heading(visit))
    assert one.comparisons
    assert one.italy.all_entries
    assert t("from_whole", lang) in page or t("the_whole", lang) in page


def test_the_profile_opens_on_italy_and_keeps_the_choice_in_the_address():
    visit = open_page("profile", lang="en")
    assert get_heading(visit).startswith("Italy")
    visit.selectbox(key="profile_area_en").set_value("ITF2").run()
    assert get_visit_session(visit).filters == Filters(lang="en", geo=("ITF2",))
    assert get_heading(visit).startswith("Molise")
    visit.radio(key="profile_kind_en").set_value("sector").run()
    assert get_visit_session(visit).filters == Filters(lang="en", geo=("ITF2",), sector="G")
    assert "trade" in get_heading(visit).casefold()
    assert visit.query_params["of"] == "sector"
    visit.selectbox(key="profile_sector_en").set_value("F").run()
    assert get_visit_session(visit).filters == Filters(lang="en", geo=("ITF2",), sector="F")
    assert "construction" in get_heading(visit).casefold()
    visit.radio(key="profile_kind_en").set_value("area").run()
    assert get_visit_session(visit).filters == Filters(lang="en", geo=("ITF2",))
    assert "of" not in visit.query_params
    assert get_heading(visit).startswith("Molise")


@pytest.mark.parametrize("lang", i18n.LANGS)
@pytest.mark.parametrize(("code", "key"), [("F", "sector_area_some"), ("G", "sector_area_none")])
def test_a_sector_s_profile_says_that_it_is_of_italy_and_what_there_is_of_the_area_chosen(code, key, lang):
    visit = open_page("profile", lang=lang, geo=["ITC4"], sector=code, of="sector")
    place, label = (
        area_profile.get_profile_areas(lang)["ITC4"],
        catalogue.get_indicator("gva_change_vs_2019").label[lang],
    )
    said = get_notice(get_checked_html(visit, lang))
    assert sector_profile.get_sector_profile(code, lang).name in strip_tags(get_heading(visit))
    assert said.startswith(t(key, lang, name=place, indicators=label)[:-1])
    assert [
        link.proto.query_string
        for link in visit.get("page_link")
        if link.proto.label == t("compare_profile", lang, name=place)
    ] == [f"lang={lang}&geo=ITC4&sector={code}"]
    assert 'class="notice"' not in get_html(open_page("profile", lang=lang, sector=code)), (
        "without an area there is nothing to say"
    )


def test_an_area_without_figures_gives_way_to_italy():
    assert get_heading(open_page("profile", lang="en", geo=["ITC+ITH"])).startswith("Italy")


# --- what is said ---


@cache
def every() -> list[tuple]:
    """Each entry of each profile tested here, with its area."""
    return [
        (geo, entry)
        for geo in [*ITALIAN, *COUNTRIES]
        for entry in area_profile.load_area_profile(geo, "en").all_entries
    ]


def test_a_figure_is_compared_with_figures_of_the_same_period_edition_and_choice_only():
    for _, entry in every():
        for other in (*entry.benchmarks, *entry.peers):
            assert all(
                other[name] == entry.row[name] for name in ("period", "edition", "sector", "gender", "size")
            )


def test_amounts_are_compared_with_nothing_and_have_no_place():
    alone = [entry for _, entry in every() if entry.indicator.unit in UNITS_WITHOUT_BENCHMARK]
    assert alone
    assert not any(entry.benchmarks or entry.peers for entry in alone)


def test_a_plain_rank_is_given_only_of_complete_official_sets():
    for geo, entry in every():
        note = profile_html._summarize_comparisons(entry, "en").note
        if "highest first" in note:
            assert geo in ITALIAN
            assert len(entry.peers) == 21
            assert entry.row["source"] in (
                "istat_business_demography",
                "eurostat_value_added",
                "innovative_startups",
            )
            assert ("between places" in note.lower()) <= (
                entry.indicator.id == "innovative_startups_female_majority_share"
            )


def test_named_dots_of_a_survey_never_stand_in_a_row_of_ticks():
    assert not [entry.indicator.id for _, entry in every() if entry.indicator.chart == "dots" and entry.peers]


def test_words_and_numbers_agree_in_every_profile():
    for _, entry in every():
        for other in entry.benchmarks:
            told = benchmark.compare_rows(entry.row, other, entry.indicator, "en")
            if told is None:
                continue
            a, b = (round_half_up(one["value"], entry.indicator.decimals) for one in (entry.row, other))
            assert {
                "above": a > b,
                "higher": a > b,
                "below": a < b,
                "lower": a < b,
                "same": a == b,
                "indistinct": True,
            }[told.outcome]
            assert told.is_untested is (entry.row["ci_low"] is None and other["ci_low"] is None)


def test_molise_is_above_italy_by_its_interval_and_its_place_is_a_range():
    share = next(
        entry
        for entry in area_profile.load_area_profile("ITF2", "en").all_entries
        if entry.indicator.id == "innovative_startups_female_majority_share"
    )
    assert [
        benchmark.compare_rows(share.row, other, share.indicator, "en").outcome for other in share.benchmarks
    ] == ["higher"]
    assert (
        benchmark.format_rank(share.row, list(share.peers), share.indicator, "en")
        == "between places 1 and 3 of 20, highest first: the intervals say no more"
    )


def test_a_province_shown_with_the_figure_of_both_says_so():
    assert t("profile_joined", "it") in strip_tags(
        get_checked_html(open_page("profile", lang="it", geo=["ITH1"]), "it")
    )


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        (
            "it",
            "2024: +25,3%△ 1,4 punti sopra il Nord-Ovest (+23,9%)△ 2,7 punti sopra l'Italia "
            "(+22,6%)Differenze semplici; posto 3 su 21, dal valore più alto"
            "2020: −5,5%△ 0,7 punti sopra il Nord-Ovest (−6,2%)△ 1,2 punti sopra l'Italia "
            "(−6,7%)Differenze semplici",
        ),
        (
            "en",
            "2024: +25.3%△ 1.4 points above the North-West (+23.9%)△ 2.7 points above Italy "
            "(+22.6%)Plain differences; place 3 of 21, highest first"
            "2020: −5.5%△ 0.7 points above the North-West (−6.2%)△ 1.2 points above Italy (−6.7%)Plain "
            "differences",
        ),
    ],
)
def test_value_added_is_shown_and_compared_in_its_newest_year_as_in_the_summary_and_under_it_in_2020(
    lang, expected
):
    one = area_profile.load_area_profile("ITC4", lang)
    change = next(entry for entry in one.all_entries if entry.indicator.id == "gva_change_vs_2019")
    assert (
        change.row["period"],
        change.at_opening_year.row["period"],
        change.at_opening_year.row["value"],
    ) == (
        "2024",
        "2020",
        -5.48,
    )
    table = strip_tags(profile_html.render_topic_table(one, "profits")).replace("\n", "")
    assert expected in table
    assert t("profile_two_years", lang) in table
    assert t("profile_two_years", lang) not in strip_tags(profile_html.render_topic_table(one, "closures")), (
        "said where there are two"
    )
    assert (
        profile_html.describe_recovery(change, "en")
        == "Worst point −5.5% (2020); back at the 2019 level in 2021."
    )


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        (
            "it",
            "Nel 2024 il valore aggiunto a prezzi correnti, inflazione compresa, segnava +25,3% sul "
            "2019, 1,4 punti sopra il Nord-Ovest (+23,9%) e 2,7 punti sopra l'Italia (+22,6%), "
            "differenze semplici. Punto peggiore −5,5% (2020); di nuovo al livello del 2019 dal 2021.",
        ),
        (
            "en",
            "In 2024 value added at current prices, inflation included, stood at +25.3% on 2019, "
            "1.4 points above the North-West (+23.9%) and 2.7 points above Italy (+22.6%), "
            "plain differences. Worst point −5.5% (2020); back at the 2019 level in 2021.",
        ),
    ],
)
def test_the_summary_leads_with_the_newest_value_added_and_says_that_inflation_is_in_it(lang, expected):
    assert profile_html.build_summary_sentences(area_profile.load_area_profile("ITC4", lang))[1] == expected


def test_accounts_are_at_their_newest_and_those_of_2020_stand_beside_the_wholes_of_that_year():
    accounts = [
        entry
        for _, entry in every()
        if benchmark.get_source_kind(entry.row) == "accounts"
        and entry.indicator.unit not in UNITS_WITHOUT_BENCHMARK
    ]
    assert accounts
    assert all(entry.row["period"] == entry.latest["period"] > "2020" for entry in accounts)
    before = [entry.at_opening_year for entry in accounts if entry.at_opening_year]
    assert before
    assert {one.row["period"] for one in before} == {"2020"}
    assert {(other["period"], other["edition"]) for one in before for other in one.benchmarks} == {
        (one.row["period"], one.row["edition"]) for one in before if one.benchmarks
    }


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("F", "Value added compared with 2019"),
        ("G", t("profile_sector_none", "en", sector=sector_profile.get_sector_names("en")["G"])),
    ],
)
def test_a_region_s_profile_says_what_is_published_of_the_sector_chosen(code, expected):
    visit = open_page("profile", lang="en", geo=["ITC4"], sector=code)
    said = get_notice(get_checked_html(visit, "en"))
    assert get_heading(visit).startswith("Lombardy")
    assert expected in said
    assert sector_profile.get_sector_names("en")[code] in said
    assert [
        link.proto.query_string
        for link in visit.get("page_link")
        if link.proto.label == t("profile_sector_door", "en")
    ] == [f"lang=en&geo=ITC4&sector={code}&of=sector"]


def test_a_figure_of_another_edition_is_never_the_way_since_2019():
    deaths = next(
        entry
        for entry in area_profile.load_area_profile("FRA", "en").all_entries
        if entry.indicator.id == "death_rate"
    )
    assert deaths.row["edition"] == "eurostat-bd-2021"
    assert benchmark.describe_recovery(deaths.recovery, deaths.indicator, "en") == ""
    assert {row["edition"] for row in deaths.history} == {"eurostat-bd-2021", "eurostat-bd-2004-2020"}


def test_the_edition_is_named_beside_a_figure_where_the_area_or_its_wholes_have_several():
    for geo, edition, value in (("ITC4", "Active firms", "19.9%"), ("ITA", "Registered firms", "22.2%")):
        one = area_profile.load_area_profile(geo, "en")
        line = (
            profile_html.render_topic_table(one, "women")
            .partition("Women-led businesses, share")[2]
            .partition("</tr>")[0]
        )
        assert f"<small>{edition}</small>" in line
        assert f"<strong>{value}</strong>" in line
        assert not next(
            entry.edition_name for entry in one.all_entries if entry.indicator.id == "innovative_startups"
        )


def test_what_is_missing_is_named_and_nothing_that_is_there():
    for geo in ITALIAN + COUNTRIES:
        one = area_profile.load_area_profile(geo, "it")
        have = {entry.indicator.id for entry in one.all_entries}
        assert not have & {indicator.id for indicator in (*one.missing, *one.country_only)}
    lombardy = area_profile.load_area_profile("ITC4", "it")
    assert "closure_rate" in {indicator.id for indicator in lombardy.country_only}
    assert "cancellations" in {indicator.id for indicator in lombardy.missing}


def shown(page: str, address: dict, geo: str) -> list[float]:
    """The figures of an area on a topic's page opened at an address, which shows what was asked for."""
    asked = Filters.from_url_parameters(address, "en")
    view = resolve_view(asked, page)
    assert not view.notices, address
    assert not asked.invalid_parameters, address
    assert view.indicator.id == asked.indicator, address
    rows = (
        [run_query("trend", **view.breakdown, geos=view.geo, lang="en")]
        if view.chart == "series"
        else [run_query(name, **view.query_parameters) for name in ("map", "reference_areas")]
    )
    return [value for found in rows for value in found[found["geo"] == geo]["value"]]


@pytest.mark.parametrize("geo", ["ITA", "ITC", "ITC4", "ITH1", "DEU", "DNK", "KEN", "USA"])
def test_every_door_of_a_profile_leads_to_a_page_that_shows_its_figure(geo):
    one = area_profile.load_area_profile(geo, "en")
    for entry in one.all_entries:
        page, _, query = profile_html.build_indicator_url(entry, one).partition("?")
        if page:
            assert entry.row["value"] in shown(page, parse_qs(query), geo), entry.indicator.id
    assert not any(
        profile_html.build_indicator_url(entry, one) for entry in one.entries.get("context", ())
    ), "no page shows the context"


def ways(visit) -> list[tuple[str, dict]]:
    """Every address of the site that a page links to: the page and the rest, {"geo": ["ITC4"], ...}."""
    written = [
        unescape(address)
        for address in re.findall(r'href="([^"]*)"', get_html(visit))
        if "://" not in address
    ]
    drawn = [f"{link.proto.page}?{link.proto.query_string}" for link in visit.get("page_link")]
    return [(parts.path, parse_qs(parts.query)) for parts in map(urlsplit, written + drawn)]


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("profile", {"geo": ["ITC4"]}),
        ("profile", {"geo": ["ITF+ITG"], "sector": "F"}),
        ("profile", {"geo": ["ITA"]}),
        ("profile", {"geo": ["DEU"]}),
        ("profile", {"geo": ["KEN"]}),
        ("profile", {"sector": "G"}),
        ("profile", {"sector": "C"}),
        ("compare", {}),
        ("compare", {"geo": ["DEU", "FRA"]}),
        ("compare", {"geo": ["ITH1", "ITF2", "KEN"]}),
    ],
)
def test_every_link_leads_to_a_page_with_figures(page, address):
    visit = open_page(page, lang="en", **address)
    get_checked_html(visit, "en")
    found = ways(visit)
    assert len(found) > len(shell.FOOTER_PAGES) + 2
    for to, asked in found:
        filters = Filters.from_url_parameters(asked, "en")
        assert to in shell.PAGE_NAMES
        assert not filters.invalid_parameters
        if to in catalogue.load_topics():
            assert shown(to, asked, filters.geo[0])
        if to == "compare" and filters.indicator:
            assert filters.indicator in {
                line.indicator.id for line in area_comparison.compare_areas(filters.geo, "en")
            }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_picture_on_the_page_carries_its_words(theme):
    found = re.findall(
        r"<img ([^>]*)>",
        profile_html.render_topic_table(area_profile.load_area_profile("ITF2", "it"), "closures", theme),
    )
    assert found
    assert all(re.search(r'alt="[^"]+" src="data:image/svg', one) for one in found)


def test_the_sheet_is_offered_as_pdf_where_it_was_printed_from_these_data_and_as_a_page_elsewhere(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(profile_page, "PROFILE_SHEETS", tmp_path)
    offered = [
        button.proto.label for button in open_page("profile", lang="en", geo=["ITF2"]).get("download_button")
    ]
    assert offered == [t("profile_page", "en"), t("profile_csv", "en")]
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "ITF2.pdf").write_bytes(b"%PDF-")
    for printed, label in (("older", "profile_page"), (get_data_version(), "profile_pdf")):
        (tmp_path / "version").write_text(printed)
        visit = open_page("profile", lang="en", geo=["ITF2"])
        assert visit.get("download_button")[0].proto.label == t(label, "en")
        assert ('href="sheets/en/"' in get_html(visit)) is (printed == get_data_version())


def test_the_figures_of_a_profile_leave_as_a_clean_file():
    rows = profile_page.get_observations(area_profile.load_area_profile("ITF2", "en"))
    back = pd.read_csv(io.BytesIO(table.build_csv(rows)), keep_default_na=False)
    assert len(back) == len(rows)
    assert {"ITF2", "ITF+ITG", "ITA"} <= set(back.geo)


# --- a sector ---


def test_a_sector_is_beside_the_whole_economy_of_the_same_area_period_and_edition():
    building = sector_profile.get_sector_profile("F", "en")
    deaths = next(there for there in building.comparisons if there.indicator.id == "death_rate")
    assert {row["period"] for row in deaths.rows} == {"2020"}
    assert len(deaths.rows) == 20
    assert sector_profile.describe_counts(deaths, "en") == (
        "Enterprise deaths per 100 active enterprises (death rate), 2020. Countries that publish both "
        "figures: 9; the sector is above the whole economy in 2 "
        "and below it in 6 (plain differences)."
    )


def test_an_old_vintage_of_a_sector_has_no_direction():
    hotels = sector_profile.get_sector_profile("I", "en")
    deaths = next(entry for entry in hotels.italy.all_entries if entry.indicator.id == "death_rate")
    assert "v" in deaths.row["flags"]
    assert deaths.recovery is None
    assert deaths.benchmarks == ()
    assert t("weak_vintage", "en") in strip_tags(profile_html.render_topic_table(hotels.italy, "closures"))


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_value_added_by_sector_is_read_in_the_newest_year_that_all_areas_have_and_the_year_is_said(lang):
    regions = next(
        there
        for there in sector_profile.get_sector_profile("F", lang).comparisons
        if there.indicator.id == "gva_change_vs_2019"
    )
    rows = run_query("profile_sector", sector="F", lang=lang)
    own = rows[(rows["indicator"] == "gva_change_vs_2019") & (rows["level"] == "area")]
    newest = max(period for period, there in own.groupby("period") if there["geo"].nunique() == 21)
    assert {row["period"] for row in regions.rows} == {newest}
    assert newest > "2020"
    assert len(regions.rows) == 21
    assert newest in sector_profile.render_comparison(regions, lang)
    assert newest in sector_profile.describe_counts(regions, lang)


# --- the evidence of a claim ---


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_a_claim_has_its_evidence_on_both_sides_as_figures(lang):
    claims = {row["id"]: row for row in run_query("claims", lang=lang).to_dict("records")}
    shown = strip_tags(claim_evidence.render_sides(claims["profits_76"], lang))
    assert "76%" in shown
    assert "75%" in shown
    assert t("exclusion_reason_disputed", lang) in shown
    assert t("exclusion_reason_worded", lang) in shown, "the number of the claim, printed as what it is not"
    assert t("checks_no_evidence", lang) in strip_tags(claim_evidence.render_sides(claims["closed_16"], lang))
    assert claim_evidence.render_sides(claims["nations_90"], lang) == ""
