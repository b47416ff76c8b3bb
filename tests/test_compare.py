"""Figures set beside one another: the words agree with the numbers, whatever the intervals; areas are
compared at one moment or not at all.
"""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ripresa import catalogue, i18n
from ripresa.charts import sparkline
from ripresa.database.query import run_query
from ripresa.filters import Filters
from ripresa.i18n import format_value, t
from ripresa.narrative import benchmark
from ripresa.narrative.benchmark import (
    OUTCOME_SYMBOLS,
    compare_rows,
    describe_comparisons,
    describe_precision,
    describe_recovery,
    format_rank,
    get_rank_range,
)
from ripresa.profiles.area_profile import load_area_profile
from ripresa.views.pages import area_comparison, compare_page
from ripresa.views.pages.area_comparison import get_comparable_area_names
from tests.helpers import app
from tests.helpers.app import get_checked_html, get_html, get_visit_session, open_page, strip_tags

SHARE = catalogue.get_indicator("innovative_startups_female_majority_share")  # in percent, one decimal
COUNT = catalogue.get_indicator("active_enterprises")
ROW = {
    "geo": "ITC4",
    "geo_name": "Lombardia",
    "value": 12.0,
    "ci_low": None,
    "ci_high": None,
    "n": None,
    "sample_size_note": "",
    "flags": "",
    "status": "ok",
    "period": "2024",
    "edition": "e",
    "source": "innovative_startups",
    "no_ci_reason": "register",
    "published_geo": "",
    "period_start": "2024-01-01",
}


def figure(value, low=None, high=None, geo="ITA", **more) -> dict:
    return (
        ROW
        | {
            "geo": geo,
            "geo_name": {"ITA": "Italia", "ITC": "Nord-Ovest"}.get(geo, geo),
            "value": value,
            "ci_low": low,
            "ci_high": high,
        }
        | more
    )


values = st.floats(0, 100, allow_nan=False).map(lambda value: round(value, 2))


@st.composite
def figures(draw, geo: str = "ITA") -> dict:
    """A figure with or without an interval around it."""
    value = draw(values)
    if draw(st.booleans()):
        return figure(value, geo=geo)
    return figure(
        value,
        round(value - draw(st.floats(0, value)), 2),
        round(value + draw(st.floats(0, 100 - value)), 2),
        geo,
    )


# --- two figures ---


@pytest.mark.parametrize(
    ("one", "other", "word"),
    [
        (figure(10, 9, 11), figure(20, 18, 22), "lower"),  # apart
        (figure(20, 18, 22), figure(10, 9, 11), "higher"),
        (figure(10, 6, 14), figure(13, 9, 17), "indistinct"),  # overlapping
        (figure(10, 8, 12), figure(12, 12, 14), "indistinct"),  # touching
        (figure(10, 5, 15), figure(11, 10.5, 11.5), "indistinct"),  # nested
        (figure(10, 9, 11), figure(10, 9, 11), "indistinct"),  # equal
        (figure(10, 9, 11), figure(11), "indistinct"),  # one interval only, which holds the other value
        (figure(10, 9, 11), figure(11.1), "lower"),
        (figure(12), figure(10, 9, 11), "higher"),
        (figure(12), figure(10), "above"),  # none: a plain difference
        (figure(10), figure(12), "below"),
        (figure(10.01), figure(10.04), "same"),  # as printed
    ],
)
def test_intervals_decide_where_there_are_any_and_the_plain_difference_is_called_so_elsewhere(
    one, other, word
):
    told = compare_rows(one, other, SHARE, "en")
    assert told.outcome == word
    assert told.symbol == OUTCOME_SYMBOLS[word]
    assert told.is_untested is (one["ci_low"] is None and other["ci_low"] is None)


@given(figures("ITC4"), figures())
@example(figure(0.0, 0.0, 0.0, "ITC4"), figure(0.0))
def test_words_agree_with_the_numbers(one, other):
    told = compare_rows(one, other, SHARE, "en")
    if told.outcome in ("higher", "above"):
        assert one["value"] > other["value"]
    if told.outcome in ("lower", "below"):
        assert one["value"] < other["value"]
    if told.is_untested:
        assert one["ci_low"] is None
        assert other["ci_low"] is None
    if told.outcome in ("higher", "lower"):
        assert one["ci_low"] is not None or other["ci_low"] is not None
        for a, b in ((one, other), (other, one)):
            assert (
                a["ci_low"] is None
                or not a["ci_low"] <= b["value"] <= a["ci_high"]
                or b["ci_low"] is not None
            )
    assert format_value(other["value"], "percent", 1, "en") in told.text


@given(figures("ITC4"), figures())
def test_the_comparison_turned_round_says_the_opposite(one, other):
    turned = {
        "higher": "lower",
        "lower": "higher",
        "above": "below",
        "below": "above",
        "indistinct": "indistinct",
        "same": "same",
    }
    assert (
        compare_rows(other, one, SHARE, "it").outcome == turned[compare_rows(one, other, SHARE, "it").outcome]
    )


@given(figures("ITC4"), figures())
def test_nested_intervals_are_never_told_apart(one, other):
    if (
        None not in (one["ci_low"], other["ci_low"])
        and one["ci_low"] <= other["ci_low"] <= other["value"] <= other["ci_high"] <= one["ci_high"]
        and other["ci_low"] <= one["value"] <= other["ci_high"]
    ):
        assert compare_rows(one, other, SHARE, "en").outcome == "indistinct"


@given(values, values)
def test_a_difference_is_that_of_the_figures_as_printed(a, b):
    told = compare_rows(figure(a, geo="ITC4"), figure(b), SHARE, "en")
    distance = abs(i18n.round_half_up(a, 1) - i18n.round_half_up(b, 1))
    assert (told.outcome == "same") == (round(distance, 1) == 0)
    assert told.outcome == "same" or i18n.format_number(distance, "en", 1) in told.text


@pytest.mark.parametrize("lang", i18n.LANGS)
def test_amounts_and_missing_figures_are_never_compared(lang):
    assert compare_rows(figure(100, geo="ITC4"), figure(1000), COUNT, lang) is None
    assert compare_rows(figure(None, geo="ITC4"), figure(10), SHARE, lang) is None
    assert describe_comparisons(figure(None, geo="ITC4"), [figure(10)], SHARE, lang) == ""


def test_several_comparisons_are_one_phrase_that_says_which_kind_they_are():
    plain = describe_comparisons(figure(12, geo="ITC4"), [figure(10, geo="ITC"), figure(13)], SHARE, "en")
    assert (
        plain
        == "2.0 points above the North-West (10.0%) and 1.0 point below Italy (13.0%), plain differences"
    )
    tested = describe_comparisons(figure(20, 18, 22, "ITC4"), [figure(21, 19, 23)], SHARE, "it")
    assert tested == "non distinguibile dall'Italia (21,0%), secondo gli intervalli al 95%"


# --- a place among peers ---


def peers(*ends) -> list[dict]:
    return [figure(value, low, high, geo=f"A{i}") for i, (value, low, high) in enumerate(ends)]


def test_a_place_is_plain_for_counts_tied_as_printed_and_a_range_with_intervals():
    counts = peers((5, None, None), (4.04, None, None), (4.01, None, None), (1, None, None))
    assert [get_rank_range(row, counts, SHARE) for row in counts] == [
        (1, 1, 4),
        (2, 3, 4),
        (2, 3, 4),
        (4, 4, 4),
    ]
    assert format_rank(counts[0], counts, SHARE, "en") == "place 1 of 4, highest first"
    swings = peers((30, 20, 40), (25, 15, 35), (5, 4, 6))
    assert [get_rank_range(row, swings, SHARE) for row in swings] == [(1, 2, 3), (1, 2, 3), (3, 3, 3)]
    assert format_rank(swings[0], swings, SHARE, "it").startswith("fra il posto 1 e il 2 su 3")


def test_there_is_no_place_where_one_area_is_missing_where_the_source_is_no_official_count_or_for_amounts():
    counts = peers((5, None, None), (4, None, None))
    assert get_rank_range(counts[0], [*counts, figure(None, geo="A9")], SHARE) is None
    assert get_rank_range(figure(5, geo="X"), counts, SHARE) is None
    survey = [row | {"source": "future_of_business"} for row in counts]
    assert format_rank(survey[0], survey, SHARE, "en") == "" == format_rank(counts[0], counts, COUNT, "en")


@given(st.lists(figures(), min_size=1, max_size=8))
def test_the_place_lies_within_the_set_and_holds_the_one_the_values_give(found):
    rows = [row | {"geo": f"A{i}"} for i, row in enumerate(found)]
    for row in rows:
        first, last, count = get_rank_range(row, rows, SHARE)
        own = 1 + sum(other["value"] > row["value"] for other in rows)
        assert 1 <= first <= last <= count == len(rows)
        assert first <= own or i18n.round_half_up(row["value"], 1) in {
            i18n.round_half_up(other["value"], 1) for other in rows if other is not row
        }


def test_two_provinces_published_as_one_count_once():
    joined = [
        figure(10, geo="ITH1", published_geo="ITH1+ITH2"),
        figure(10, geo="ITH2", published_geo="ITH1+ITH2"),
        figure(12, geo="ITC4"),
    ]
    assert get_rank_range(joined[0], joined, SHARE) == (2, 2, 2)


# --- since 2019 ---

WAY = {
    "value": 9.0,
    "ci_low": None,
    "ci_high": None,
    "period": "2024",
    "baseline": 8.0,
    "baseline_ci_low": None,
    "baseline_ci_high": None,
    "baseline_period": "2019",
    "worst": 12.0,
    "worst_period": "2020",
    "regained_period": None,
    "complete": True,
    "source": "istat_business_demography",
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "not yet back at the 2019 level"),
        ({"value": 12.0, "worst_period": "2024"}, "In 2019: 8.0%. The worst point is the latest (2024)."),
        ({"regained_period": "2022", "value": 7.5}, "back at the 2019 level in 2022."),
        ({"regained_period": "2022"}, "back at the 2019 level in 2022, lost again since"),
        ({"worst": 7.0, "value": 6.5}, "It has not been above that since 2020"),
    ],
)
def test_the_way_since_2019_of_a_count(changes, expected):
    assert expected in describe_recovery(WAY | changes, catalogue.get_indicator("death_rate"), "en", "2024")


@pytest.mark.parametrize(
    "changes", [{"complete": False}, {"source": "future_of_business"}, {"source": "eurostat_ecommerce"}]
)
def test_a_worst_year_is_told_neither_of_a_line_with_holes_nor_of_a_survey(changes):
    told = describe_recovery(WAY | changes, catalogue.get_indicator("death_rate"), "en", "2023")
    assert told == "In 2019: 8.0%. Latest: 9.0% (2024)."


def test_what_the_intervals_do_not_tell_apart_from_2019_is_said_so():
    way = WAY | {"ci_low": 7.0, "ci_high": 11.0, "baseline_ci_low": 6.0, "baseline_ci_high": 10.0}
    told = describe_recovery(way, catalogue.get_indicator("death_rate"), "en", "2024")
    assert "not distinguishable from that of 2019" in told
    assert "back" not in told
    assert "Worst" not in told


@pytest.mark.parametrize(
    "way", [None, WAY | {"baseline": None}, WAY | {"baseline": float("nan")}, WAY | {"period": "2019"}]
)
def test_without_2019_there_is_nothing_to_tell(way):
    assert describe_recovery(way, catalogue.get_indicator("death_rate"), "it") == ""


def test_the_extreme_of_an_amount_is_an_amount():
    way = WAY | {"value": 80_000.0, "baseline": 87_130.0, "worst": 79_750.0}
    assert "the highest was 79,750 (2020)" in describe_recovery(
        way, catalogue.get_indicator("enterprise_deaths"), "en"
    )
    assert "il più alto è stato 79.750 (2020)" in describe_recovery(
        way, catalogue.get_indicator("enterprise_deaths"), "it"
    )


def test_an_amount_is_told_in_percent_of_2019_unless_it_can_fall_below_zero():
    way = WAY | {"value": 110.0, "baseline": 100.0, "worst": 90.0, "regained_period": "2021"}
    assert "+10.0% on 2019 (2024)" in describe_recovery(way, COUNT, "en", "2024")
    assert "%" not in describe_recovery(way, catalogue.get_indicator("net_registrations"), "en", "2023")


# --- how sure, and the marks ---


def test_a_figure_says_its_interval_or_why_it_has_none():
    assert (
        describe_precision(figure(30, 20.5, 41.5, sample_size_note="21 / 70", no_ci_reason=""), SHARE, "en")
        == "95% interval: 20.5% to 41.5%; 21 / 70"
    )
    assert describe_precision(figure(30), SHARE, "it") == "conteggio completo"
    assert (
        describe_precision(figure(30, no_ci_reason="no_error_published", n=430), SHARE, "en")
        == "error not published; 430 respondents"
    )
    assert "base under 30" in describe_precision(
        figure(13, 4, 38, flags="s", sample_size_note="2 / 15", no_ci_reason=""), SHARE, "en"
    )


@given(st.lists(figures(), min_size=benchmark.MIN_STRIP_PLOT_AREAS, max_size=30), figures("ITC4"))
def test_the_row_of_ticks_stays_inside_its_frame(found, row):
    drawn = sparkline.render_strip_plot(row, found[:1], found, SHARE, "en", "light")
    places = [float(x) for x in re.findall(r"M(-?[\d.]+) ", drawn)] + [
        float(x) for x in re.findall(r'cx="(-?[\d.]+)"', drawn)
    ]
    assert all(0 <= x <= sparkline.STRIP_PLOT_SIZE[0] for x in places)
    assert 'aria-label="' in drawn


def test_few_peers_are_no_row_of_ticks_and_one_figure_no_line():
    assert sparkline.render_strip_plot(figure(3), [], [figure(1), figure(2)], SHARE, "en", "light") == ""
    assert sparkline.render_sparkline([figure(3)], figure(3), [figure(3)], SHARE, "en", "light") == ""


# --- the page ---


@pytest.mark.parametrize("lang", i18n.LANGS)
@pytest.mark.parametrize(
    "geos",
    [[], ["ITC4"], ["ITA"], ["DEU"], ["ITC4", "ITF3", "ITI4", "DEU", "ITH1", "ITA"]],
    ids=lambda geos: "+".join(geos) or "none",
)
def test_areas_are_set_side_by_side(geos, lang):
    visit = open_page("compare", lang=lang, geo=geos)
    page = strip_tags(get_checked_html(visit, lang))
    assert t("compare_question", lang) in page
    assert t("compare_all", lang) in page
    shown = visit.multiselect(key=f"compare_areas_{lang}").value
    assert 2 <= len(shown) <= 6
    assert shown[: len(geos)] == geos
    assert app.get_figures(visit)
    assert all(chart.alt for chart in app.get_figures(visit))


def test_a_choice_is_kept_in_the_address_by_repeated_geo():
    visit = open_page("compare", lang="en", geo=["ITC4", "ITF3"])
    visit.multiselect(key="compare_areas_en").set_value(["ITC4", "ITF3", "ITG1"]).run()
    assert get_visit_session(visit).filters == Filters(lang="en", geo=("ITC4", "ITF3", "ITG1"))
    visit.selectbox(key="compare_indicator_en").set_value("birth_rate").run()
    assert get_visit_session(visit).filters.indicator == "birth_rate"
    assert get_visit_session(visit).filters.geo == ("ITC4", "ITF3", "ITG1")
    get_checked_html(visit, "en")


def test_more_than_six_areas_are_cut_and_the_page_says_so():
    visit = open_page("compare", lang="en", geo=["ITC1", "ITC2", "ITC3", "ITC4", "ITH3", "ITH4", "ITH5"])
    assert t("compare_too_many", "en", count=6) in strip_tags(get_html(visit))


@pytest.mark.parametrize(
    "geos",
    [("ITC4", "ITF2", "ITA"), ("DEU", "FRA", "ITA", "EU27_2020"), ("ITH1", "ITH2"), ("KEN", "NGA", "ITA")],
)
def test_a_line_of_the_table_holds_figures_of_one_moment_only(geos):
    for line in area_comparison.compare_areas(geos, "en"):
        moments = {
            (row["period"], row["edition"], row["sector"], row["gender"], row["size"])
            for row in line.aligned.values()
        }
        assert len(moments) == 1
        assert len(line.aligned) >= 2
        assert not set(line.aligned) & set(line.unaligned)


def test_accounts_are_compared_in_their_newest_year_as_a_profile_shows_them():
    for geos in (("ITF6", "ITA"), ("ITA", "DEU")):
        for line in area_comparison.compare_areas(geos, "en"):
            if benchmark.get_source_kind(line.reference_row) == "accounts":
                shown = next(
                    entry
                    for entry in load_area_profile(geos[0], "en").all_entries
                    if entry.indicator is line.indicator
                )
                assert line.reference_row["period"] == shown.row["period"] > "2020", line.indicator.id


def test_what_two_areas_have_at_different_moments_only_is_named_and_not_compared():
    geos = ("KEN", "ITA")
    without = {indicator.id for indicator in area_comparison.get_unaligned_indicators(geos, "en")}
    assert "firms_woman_top_manager" in without
    assert not without & {line.indicator.id for line in area_comparison.compare_areas(geos, "en")}
    assert catalogue.get_indicator("firms_woman_top_manager").label["en"] in strip_tags(
        get_checked_html(open_page("compare", lang="en", geo=list(geos)), "en")
    )


def test_differences_are_told_against_the_first_area():
    lines = {line.indicator.id: line for line in area_comparison.compare_areas(("ITC4", "ITF3", "DEU"), "en")}
    told = strip_tags(
        compare_page.render_differences(
            lines["death_rate"],
            ("ITC4", "ITF3", "DEU"),
            get_comparable_area_names("en"),
            "en",
        )
    )
    assert "Against Lombardy (5.8%), 2024, provisional" in told
    assert "Campania 7.9%: 2.1 points above Lombardy (5.8%), plain difference" in told
    assert "Without a figure for the same period: Germany." in told
    amounts = compare_page.render_differences(
        lines["active_enterprises"], ("ITC4", "ITF3"), get_comparable_area_names("en"), "en"
    )
    assert "above" not in amounts
    assert "below" not in amounts


def test_the_table_leaves_as_rows_that_say_which_are_compared():
    geos = ("ITC4", "ITF3", "DEU")
    rows = area_comparison.build_export_frame(area_comparison.compare_areas(geos, "en"), geos)
    deaths = rows[rows.indicator == "death_rate"].set_index("geo")
    assert deaths.loc["ITC4", ["value", "period", "compared"]].tolist() == [5.75, "2024", True]
    assert not deaths.loc["DEU", "compared"]


def test_an_area_alone_is_set_beside_those_it_belongs_to():
    assert area_comparison.select_areas(["ITC4"], "en") == ("ITC4", "ITC", "ITA")
    assert area_comparison.select_areas(["DEU"], "en") == ("DEU", "ITA", "EU27_2020")


def test_the_view_of_a_comparison_has_the_level_that_holds_all_areas():
    line = next(
        line
        for line in area_comparison.compare_areas(("ITC4", "ITF3"), "en")
        if line.indicator.id == "death_rate"
    )
    assert area_comparison.build_view(line, ("ITC4", "ITF3"), "en").level == "italy"
    assert area_comparison.build_view(line, ("ITC4", "DEU"), "en").level == "europe"
    assert set(
        run_query(
            "trend",
            **area_comparison.build_view(line, ("ITC4", "ITF3"), "en").breakdown,
            geos=("ITC4",),
            lang="en",
        )["geo"]
    ) == {"ITC4"}


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("it", "Trento 10,5%: cifra del Trentino-Alto Adige intero"),
        ("en", "Trento 10.5%: figure for the whole of Trentino-South Tyrol"),
    ],
)
def test_one_figure_of_two_provinces_is_not_compared_with_itself(lang, expected):
    geos = ("ITH1", "ITH2")
    line = next(
        line
        for line in area_comparison.compare_areas(geos, lang)
        if line.indicator.id == "innovative_startups_female_majority_share"
    )
    told = strip_tags(compare_page.render_differences(line, geos, get_comparable_area_names(lang), lang))
    assert expected in told
    assert t("by_interval", lang) not in told
    assert (
        strip_tags(
            compare_page.render_matrix([line], geos, get_comparable_area_names(lang), lang, "light")
        ).count(expected.partition(": ")[2])
        == 2
    )


def test_the_table_names_the_edition_where_there_are_several():
    geos = ("ITG2", "ITF5", "ITC4")
    lines = {line.indicator.id: line for line in area_comparison.compare_areas(geos, "en")}
    table = strip_tags(
        compare_page.render_matrix(
            [lines["women_led_firms_share"]],
            geos,
            get_comparable_area_names("en"),
            "en",
            "light",
        )
    )
    assert "31 December 2023, Registered firms" in table
    assert "(19.9%, 31 December 2024, Active firms)" in table
    assert "Only edition" not in strip_tags(
        compare_page.render_matrix(list(lines.values()), geos, get_comparable_area_names("en"), "en", "light")
    )
