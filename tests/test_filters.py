"""Any address, however broken, ends in a view that has figures; what was replaced is said in the visitor's
language.
"""

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ripresa import catalogue, i18n
from ripresa.catalogue import LANGS, LEVELS
from ripresa.database import query as queries
from ripresa.database.query import run_query
from ripresa.filter_options import build_options
from ripresa.filters import (
    MAX_AREAS,
    URL_PARAMETERS,
    Filters,
    View,
    get_available_indicators,
    resolve_view,
)

TOPICS = tuple(catalogue.load_topics())
OPENS = [
    (topic, level)
    for topic in TOPICS
    for level in LEVELS
    if catalogue.load_topics()[topic].indicators_by_level[level]
]
KNOWN = {
    kind: sorted(run_query("labels", lang="en").query("kind == @kind").code)
    for kind in ("sector", "gender", "size")
} | {
    "lang": list(LANGS),
    "level": list(LEVELS),
    "geo": sorted(run_query("areas", level="any", lang="en").code),
    "indicator": sorted(catalogue.load_indicators()),
    "period": ["latest", *sorted(set(run_query("coverage").period))],
}
quick = hypothesis_settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


def figures(view: View):
    """What the first figure of a page asks: the lines of a series, or the map."""
    if view.chart == "series":
        return run_query("trend", geos=view.geo, lang=view.lang, **view.breakdown)
    return run_query("map", **view.query_parameters)


def said(view: View) -> list[str]:
    """The notes of a view in words."""
    return [i18n.t(key, view.lang, **dict(values)) for key, values in view.notices]


junk = st.one_of(
    st.text(max_size=12),
    st.none(),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.binary(max_size=4),
    st.just("'; drop table x; --"),
    st.just("<script>"),
    st.just("2020-99"),
)
codes = st.sampled_from(
    [code for kind in KNOWN.values() for code in kind]
)  # known, but perhaps in the wrong place
anything = st.one_of(
    junk,
    codes,
    st.lists(st.one_of(junk, codes), max_size=4),
    st.tuples(junk),
    st.dictionaries(st.text(max_size=3), junk, max_size=2),
)
addresses = st.dictionaries(
    st.one_of(st.sampled_from(URL_PARAMETERS), st.text(max_size=8)), anything, max_size=8
)
rights = st.fixed_dictionaries(
    {},
    optional={name: st.sampled_from(KNOWN[name]) for name in URL_PARAMETERS if name != "geo"}
    | {"geo": st.lists(st.sampled_from(KNOWN["geo"]), max_size=14)},
)
choices = st.builds(
    Filters,
    lang=st.sampled_from(LANGS),
    geo=st.lists(st.sampled_from(KNOWN["geo"]), max_size=MAX_AREAS, unique=True).map(tuple),
    **{
        name: st.sampled_from(["", *KNOWN[name]])
        for name in ("level", "indicator", "sector", "gender", "size", "period")
    },
)


# --- addresses ---


@quick
@given(addresses)
@example({"geo": ["ITC4", "ITC4", "xx"], "lang": ["xx", "en"], "level": None, "period": [["2020"]]})
def test_any_address_is_read_and_only_known_codes_are_kept(address):
    filters = Filters.from_url_parameters(address)
    assert filters.lang in LANGS
    assert len(filters.geo) <= MAX_AREAS
    assert all(
        value in KNOWN[name]
        for name in URL_PARAMETERS
        if name != "geo"
        for value in [getattr(filters, name)]
        if value
    )
    assert set(filters.geo) <= set(KNOWN["geo"])


@quick
@given(addresses | rights, st.sampled_from(TOPICS))
def test_any_address_on_any_page_ends_in_a_view_with_figures(address, topic):
    view = resolve_view(Filters.from_url_parameters(address), topic)
    assert not figures(view).empty
    assert all(said(view))


@quick
@given(choices)
def test_an_address_says_the_filters_and_nothing_else(filters):
    address = filters.to_url_parameters()
    assert Filters.from_url_parameters(address) == filters
    assert all(values and all(values) for values in address.values())
    assert list(address) == [name for name in URL_PARAMETERS if name in address]


@quick
@given(addresses)
def test_a_broken_address_read_once_is_a_sound_one(address):
    filters = Filters.from_url_parameters(address)
    again = Filters.from_url_parameters(filters.to_url_parameters())
    assert again.to_url_parameters() == filters.to_url_parameters()
    assert not again.invalid_parameters


def test_what_is_dropped_is_listed():
    filters = Filters.from_url_parameters(
        {"sector": ["Z9"], "geo": ["ITC4", "Padania"], "colour": "red", "period": "soon"}
    )
    assert filters == Filters(geo=("ITC4",), invalid_parameters=("geo=Padania", "sector=Z9", "period=soon"))


def test_an_empty_address_is_the_default_and_says_only_the_language():
    assert Filters.from_url_parameters({}) == Filters()
    assert Filters().to_url_parameters() == {"lang": ["it"]}
    assert Filters.from_url_parameters({}, lang="en").lang == "en"


def test_a_name_given_twice_means_the_last_known_value():
    assert Filters.from_url_parameters({"period": ["2019", "2020", "never"]}).period == "2020"


def test_areas_repeat_their_name_and_stop_at_twelve():
    assert Filters(geo=("ITC4", "ITI4")).to_url_parameters()["geo"] == ["ITC4", "ITI4"]
    many = Filters.from_url_parameters({"geo": [*KNOWN["geo"][:14], KNOWN["geo"][0]]})
    assert len(many.geo) == MAX_AREAS == 12
    assert many.invalid_parameters == tuple(f"geo={code}" for code in KNOWN["geo"][12:14])


@pytest.mark.parametrize(
    ("level", "geo", "told"),
    [
        ("europe", "WORLD", True),
        ("world", "EU27_2020", True),
        ("italy", "EU27_2020", True),
        ("europe", "EU27_2020", False),
        ("world", "WORLD", False),
    ],
)
def test_a_group_is_drawn_beside_its_level_and_said_to_be_outside_of_another(level, geo, told):
    view = resolve_view(
        Filters(lang="en", level=level, geo=(geo,)),
        "women" if level == "world" else "digital_sales" if level == "europe" else "closures",
    )
    assert [key for key, _ in view.notices] == ["note_area_elsewhere"] * told


def test_a_line_asked_for_the_union_keeps_it():
    series = resolve_view(
        Filters(level="europe", indicator="gva_real_growth", geo=("DEU", "EU27_2020")), "profits"
    )
    assert series.chart == "series"
    assert series.geo == ("DEU", "EU27_2020")


# --- views ---


@pytest.mark.parametrize(("topic", "level"), OPENS)
def test_a_page_opened_at_a_level_shows_figures_and_replaces_nothing(topic, level):
    for id in get_available_indicators(catalogue.load_topics()[topic], level):
        view = resolve_view(Filters(level=level, indicator=id), topic)
        assert (view.level, view.indicator.id, view.notices) == (level, id, ()), id
        assert not figures(view).empty, id


@quick
@given(st.sampled_from(OPENS), st.data())
def test_a_combination_that_has_figures_is_shown_as_it_was_asked(opened, data):
    topic, level = opened
    id = data.draw(st.sampled_from(get_available_indicators(catalogue.load_topics()[topic], level)))
    view = resolve_view(Filters(level=level, indicator=id), topic)
    coverage = run_query("coverage")
    coverage = coverage[
        (coverage.indicator == id)
        & (coverage.level.isin((level, "italy_total") if view.chart == "series" else (level,)))
    ]
    cut = data.draw(st.sampled_from(coverage[["sector", "gender", "size", "period"]].to_dict("records")))
    view = resolve_view(Filters(level=level, indicator=id, **cut), topic)
    assert {name: getattr(view, name) for name in cut} == cut
    assert view.notices == ()
    shown = figures(view)
    assert not shown.empty
    assert set(shown.edition) & set(view.editions)
    assert view.chart == "series" or set(shown.period) == {view.period}


def test_a_page_without_parameters_opens_as_the_catalogue_declares():
    first = {
        topic: resolve_view(Filters(), topic) for topic in ("closures", "profits", "digital_sales", "women")
    }
    assert {
        topic: (view.level, view.indicator.id, view.sector, view.size, view.period, view.edition)
        for topic, view in first.items()
    } == {
        "closures": ("italy", "death_rate", "all", "all", "2024", "istat-bd"),
        "profits": ("italy", "gva_change_vs_2019", "all", "all", "2020", "na-nominal"),
        "digital_sales": ("europe", "ent_with_esales", "all", "10-49", "2023", "survey-year"),
        "women": (
            "italy",
            "innovative_startups_female_majority_share",
            "all",
            "all",
            "2025-05",
            "register-snapshot",
        ),
    }


REPLACED = {  # what is asked on the page of closures, what is shown instead, which note says so
    "sector": (Filters(lang="en", level="italy", sector="I"), "sector", "all", "note_sector"),
    "gender": (Filters(lang="en", level="italy", gender="female"), "gender", "all", "note_gender"),
    "size": (Filters(lang="en", level="italy", size="GE250"), "size", "all", "note_size"),
    "period": (Filters(lang="en", level="italy", period="2006"), "period", "2024", "note_period"),
}


@pytest.mark.parametrize("choice", REPLACED)
def test_a_choice_without_figures_gives_way_and_a_note_says_so(choice):
    filters, name, shown, note = REPLACED[choice]
    view = resolve_view(filters, "closures")
    assert getattr(view, name) == shown
    assert [key for key, _ in view.notices] == [note]
    assert len(said(view)) == 1
    assert "{" not in said(view)[0]


def test_a_view_opens_on_all_sectors_wherever_that_is_published():
    coverage = run_query("coverage")
    opened = {
        (id, level): one.get_default_view(level)["sector"]
        for id, one in catalogue.load_indicators().items()
        for level in one.default
    }
    total = {
        (row.indicator, level)
        for row in coverage[coverage["sector"] == "all"].itertuples()
        for level in LEVELS
        if row.level == level
    }
    assert not [view for view, sector in opened.items() if sector != "all" and view in total]
    assert len(total & set(opened)) > 20


def test_deaths_in_europe_open_on_the_total_of_13_countries():
    view = resolve_view(Filters(lang="en", level="europe", indicator="death_rate"), "closures")
    assert (view.sector, view.period, view.notices) == ("all", "2020", ())
    assert figures(view).geo.nunique() == 13


def test_an_indicator_that_a_level_does_not_have_gives_way_with_a_note():
    view = resolve_view(Filters(lang="en", level="italy", indicator="closure_rate"), "closures")
    assert view.indicator.id == "death_rate"
    assert [key for key, _ in view.notices] == ["note_indicator"]
    assert "Not operating" in said(view)[0]
    assert "Death rate" in said(view)[0]


def test_an_indicator_of_another_page_is_left_there_in_silence():
    view = resolve_view(Filters(level="italy", indicator="gva_change_vs_2019"), "closures")
    assert view.indicator.id == "death_rate"
    assert view.notices == ()


def test_notes_are_in_the_language_of_the_page():
    italian, english = (
        resolve_view(Filters(lang=lang, level="italy", sector="I", size="GE250"), "closures")
        for lang in LANGS
    )
    assert (
        [key for key, _ in italian.notices]
        == [key for key, _ in english.notices]
        == ["note_sector", "note_size"]
    )
    assert "Attività dei servizi di alloggio e di ristorazione" in said(italian)[0]
    assert "Accommodation and food service activities" in said(english)[0]
    assert "250 addetti e più" in said(italian)[1]
    assert "250 or more persons employed" in said(english)[1]


# --- areas ---


@pytest.mark.parametrize("topic", ["closures", "profits", "digital_sales", "women"])
@pytest.mark.parametrize("level", ["europe", "world"])
def test_an_italian_area_where_countries_are_drawn_highlights_italy_and_says_so(topic, level):
    view = resolve_view(Filters(lang="en", level=level, geo=("ITC4",)), topic)
    assert view.geo == ("ITA",)
    assert [key for key, _ in view.notices] == ["note_region_in_country"]
    assert "Lombardy" in said(view)[0]
    assert "Italy" in said(view)[0]


def test_several_italian_areas_are_one_italy_and_one_note():
    view = resolve_view(Filters(lang="it", level="europe", geo=("ITC4", "FRA", "ITI4")), "closures")
    assert view.geo == ("FRA", "ITA")
    assert len(view.notices) == 1
    assert "Lombardia e Lazio" in said(view)[0]


def test_a_country_among_italian_areas_is_outside_the_level():
    view = resolve_view(Filters(lang="en", level="italy", geo=("ITC4", "FRA")), "closures")
    assert view.geo == ("ITC4",)
    assert [key for key, _ in view.notices] == ["note_area_elsewhere"]
    assert "France" in said(view)[0]


@pytest.mark.parametrize(
    ("geo", "level"), [("ITC4", "italy"), ("ITA", "italy"), ("FRA", "europe"), ("KEN", "world")]
)
def test_without_a_level_the_areas_asked_for_choose_it(geo, level):
    view = resolve_view(Filters(geo=(geo,)), "closures")
    assert (view.level, view.geo, view.notices) == (level, (geo,), ())


@pytest.mark.parametrize("lang", LANGS)
def test_the_whole_a_check_leads_to_is_the_area_chosen_among_dots(lang):
    view = resolve_view(
        Filters(
            lang=lang,
            level="world",
            indicator="closure_gender_gap_female_minus_male",
            geo=("WORLD",),
            period="2020-05",
        ),
        "closures",
    )
    assert (view.geo, view.period, view.notices) == (("WORLD",), "2020-05", ())


@pytest.mark.parametrize(
    ("asked", "shown"), [(("ITC4",), ("ITA",)), (("ITC4", "ITA"), ("ITA",)), (("ITA",), ("ITA",))]
)
def test_an_area_without_a_line_gives_way_to_one_that_has_and_a_note_says_so(asked, shown):
    view = resolve_view(Filters(lang="en", level="italy", indicator="gva_real", geo=asked), "profits")
    assert view.geo == shown
    assert not figures(view).empty
    assert [key for key, _ in view.notices] == ["note_area_no_data"] * (asked != shown)
    assert all("Lombardy" in note and "Italy" in note for note in said(view))


# --- options ---


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("topic", "level"), OPENS)
def test_an_option_without_figures_says_why_in_the_language_of_the_page(topic, level, lang):
    offered = build_options(resolve_view(Filters(lang=lang, level=level), topic))
    other = build_options(resolve_view(Filters(lang="it" if lang == "en" else "en", level=level), topic))
    for name in vars(offered):
        for option in getattr(offered, name):
            assert option.label.strip(), option
            assert option.available == (option.reason == ""), option
        refused = {option.reason for option in getattr(offered, name) if not option.available}
        assert not refused & {option.reason for option in getattr(other, name)}, name
        assert any(option.available for option in getattr(offered, name)), name


@pytest.mark.parametrize(("topic", "level"), OPENS)
def test_an_available_option_is_what_choosing_it_shows(topic, level):
    for id in get_available_indicators(catalogue.load_topics()[topic], level):
        view = resolve_view(Filters(lang="en", level=level, indicator=id), topic)
        offered = build_options(view)
        before = {"lang": "en", "level": level, "indicator": id}
        for name, selector in (
            ("sector", offered.sectors),
            ("gender", offered.genders),
            ("size", offered.sizes),
            ("period", offered.periods),
        ):
            for option in selector:
                chosen = resolve_view(Filters(**before, **{name: option.code}), topic)
                assert option.available == (getattr(chosen, name) == option.code and not chosen.notices), (
                    id,
                    name,
                    option,
                )
            before[name] = getattr(view, name)


@pytest.mark.parametrize(("topic", "level"), OPENS)
def test_an_available_area_is_on_the_figure(topic, level):
    view = resolve_view(Filters(level=level), topic)
    areas = [option.code for option in build_options(view).areas if option.available]
    assert areas
    for area in areas:
        chosen = resolve_view(Filters(level=level, geo=(area,)), topic)
        assert chosen.geo == (area,)
        assert area in set(figures(chosen).geo)


def test_sections_without_figures_stay_in_the_list_greyed():
    sectors = {
        option.code: option
        for option in build_options(resolve_view(Filters(lang="en", level="italy"), "closures")).sectors
    }
    assert set("BCDEFGHIJLMN") | {"all"} <= set(sectors)
    assert sectors["all"].available
    assert not sectors["I"].available
    assert "Death rate" in sectors["I"].reason


def test_periods_are_listed_newest_first():
    periods = [
        option.code for option in build_options(resolve_view(Filters(level="italy"), "closures")).periods
    ]
    assert periods == ["2024", "2023", "2022", "2021", "2020", "2019"]
    assert [option.code for option in build_options(resolve_view(Filters(level="world"), "women")).periods][
        :2
    ] == [
        "latest",
        "2024",
    ]


def test_filters_hold_for_the_version_of_the_data_in_place():
    assert queries.get_data_version()
    assert resolve_view(Filters(), "closures") == resolve_view(Filters(), "closures")
