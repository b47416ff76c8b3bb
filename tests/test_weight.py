"""The causes of speed, not its times: what a page sends, asks and keeps. Times are in benchmarks/."""

import hashlib
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import plotly
import pytest
from plotly.offline import get_plotlyjs

from ripresa import catalogue
from ripresa.charts import theme as look
from ripresa.database import query
from ripresa.filters import Filters, resolve_view
from ripresa.views.components import plotly_figure
from ripresa.views.pages import topic_figures
from tests.helpers.app import get_elements, get_figures, open_page

ROOT = Path(__file__).resolve().parents[1]
VIEWS = [
    (name, level)
    for name in ("closures", "profits", "digital_sales", "women")
    for level, ids in catalogue.load_topics()[name].indicators_by_level.items()
    if ids
]
BUDGET = {
    "italy": 110_000,
    "europe": 130_000,
    "world": 190_000,
}  # bytes of one page, first sight; a change sends less (see the next test)
FIGURE = 40_000  # bytes of one figure


@pytest.mark.parametrize(("topic", "level"), VIEWS)
def test_a_page_keeps_to_its_budget_and_sends_no_boundaries(topic, level):
    visit = open_page(topic, lang="it", level=level)
    sizes = {f"{node.type} {place}": node.proto.ByteSize() for place, node in enumerate(get_elements(visit))}
    assert sum(sizes.values()) <= BUDGET[level], sorted(sizes.items(), key=lambda pair: -pair[1])[:5]
    for figure in get_figures(visit):
        assert b'"coordinates"' not in figure.sent, "a figure carries boundaries instead of their address"
        assert len(figure.sent) <= FIGURE


@pytest.mark.parametrize(("topic", "level"), VIEWS)
def test_a_second_visitor_with_the_same_choice_asks_the_database_nothing(topic, level):
    open_page(topic, lang="en", level=level)
    _, asked, _ = query.get_cache_info()
    open_page(topic, lang="en", level=level)
    assert query.get_cache_info()[1] == asked


def test_a_figure_stays_in_its_place_and_is_sent_again_only_when_it_changes():
    """Another id would take the figure down and build it anew in the browser, the costliest way to repaint.
    The lines over time show all years, so choosing another year must leave them, to the byte.
    """
    before, after = (
        get_figures(open_page("closures", lang="en", level="italy", period=period))
        for period in ("2023", "2022")
    )
    assert [figure.id for figure in before] == [figure.id for figure in after]
    assert len(before) == 6
    assert [one.sent == two.sent for one, two in zip(before, after, strict=True)] == [
        False,
        False,
        True,
        True,
        False,
        True,
    ]


def test_the_same_choice_is_drawn_once_for_all_visitors(monkeypatch):
    open_page("closures", lang="en", level="europe")
    made = []
    monkeypatch.setattr(look, "build_figure", lambda *given: made.append(given))
    assert len(get_figures(open_page("closures", lang="en", level="europe"))) > 2
    assert not made


def test_another_year_draws_no_figure_of_all_years_again(monkeypatch):
    view = resolve_view(Filters(lang="en", level="italy", period="2021"), "closures")
    before, leaders = (
        topic_figures.build_time_figures(view, "light"),
        topic_figures.build_gender_figures(view, "light"),
    )
    monkeypatch.setattr(look, "build_figure", lambda *given: pytest.fail("drawn again"))
    other = replace(view, period="2020")
    for one, two in zip(
        (*before, *leaders),
        (
            *topic_figures.build_time_figures(other, "light"),
            *topic_figures.build_gender_figures(other, "light"),
        ),
        strict=True,
    ):
        assert one.figure is two.figure
        assert (one.view.period, two.view.period) == ("2021", "2020")
    assert len(before) == 2


def test_every_figure_has_a_fixed_height():
    for figure in get_figures(open_page("closures", lang="en")):
        assert figure.spec["layout"]["height"] > 0


def test_figures_are_drawn_by_a_script_of_this_site_named_after_what_is_in_it():
    file = ROOT / "static" / plotly_figure.publish_script().removeprefix("/app/static/")
    library, settings, own = file.read_text(encoding="utf-8").partition("\nwindow.ripresaSettings = ")
    assert library == get_plotlyjs()
    assert own.endswith(plotly_figure.FIGURE_SCRIPT.read_text(encoding="utf-8"))
    assert file.stem.split("-")[1:] == [
        plotly.__version__,
        hashlib.sha256(f"{settings[1:]}{own}".encode()).hexdigest()[:12],
    ]


def test_only_the_cached_layer_reaches_the_database():
    """No query without a cache key: pages and figures ask by name."""
    for folder in ("ripresa/views", "pages", "ripresa/charts", "ripresa/narrative"):
        for file in (ROOT / folder).rglob("*.py"):
            assert "import duckdb" not in file.read_text(encoding="utf-8"), file.name


def test_the_settings_that_were_measured_stand():
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["runner"]["postScriptGC"] is False
    assert settings["global"]["minCachedMessageSize"] <= 2000
    assert settings["server"]["enableStaticServing"] is True
    assert settings["browser"]["gatherUsageStats"] is False


def test_the_server_starts_without_the_packages_that_few_visitors_need():
    code = (
        "import ripresa.web.server, sys; print(sorted({'icalendar', 'plotly.graph_objects', 'scipy', "
        "'xlsxwriter'} & set(sys.modules)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert (
        told.stdout.split("\n")[-2] == "['plotly.graph_objects']"
    )  # the figures' own: it shows that names are found


def test_what_a_question_borrowed_is_given_back():
    with query.open_cursor() as (own, _):
        assert own.execute("select current_setting('allocator_background_threads')").fetchall() == [(True,)]
