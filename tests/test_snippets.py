"""A figure rebuilt outside the dashboard, from the downloaded database, is the figure of the page."""

import ast
import shutil
from pathlib import Path

import duckdb
import pandas as pd
import plotly.graph_objects as go
import pytest

from ripresa import catalogue, settings
from ripresa.database import query
from ripresa.database.query import run_query
from ripresa.exports import snippets
from ripresa.filters import Filters, resolve_view

ROOT = Path(__file__).resolve().parent.parent
VIEWS = [
    (topic.id, level, "it" if place % 2 else "en")
    for place, (topic, level) in enumerate(
        (topic, level)
        for topic in catalogue.load_topics().values()
        for level, ids in topic.indicators_by_level.items()
        if ids
    )
]
FIGURES = [name for name in snippets.QUERY_NAMES if name not in ("time", "beside")]


@pytest.fixture(scope="module")
def downloads(tmp_path_factory) -> Path:
    """A folder with what the script says to download, under the names it says."""
    folder = tmp_path_factory.mktemp("downloads")
    query.get_data_version()
    shutil.copy(settings.get_database_path(), folder / f"ripresa-digitale_{query.get_data_version()}.duckdb")
    for path in (ROOT / "static" / "geo").glob("*.geojson"):
        shutil.copy(path, folder)
    return folder


@pytest.fixture
def run(downloads, monkeypatch):
    """Runs a script there; gives its figure and its rows."""

    def run(script: str) -> tuple[go.Figure, pd.DataFrame]:
        shown, names = [], {}
        monkeypatch.chdir(downloads)
        monkeypatch.setattr(go.Figure, "show", lambda figure: shown.append(figure))
        exec(compile(script, "figure.py", "exec"), names)
        assert len(shown) == 1
        return shown[0], names["rows"]

    return run


def drawn(figure: go.Figure) -> list[float]:
    """Every value on a figure, in order of size."""
    traces = [trace for trace in figure.data if trace.type != "scattergeo"]
    found = [
        value
        for trace in traces
        for value in (
            trace.z
            if trace.type in ("choropleth", "heatmap")
            else trace.x
            if trace.type == "bar" or "name" in measured(trace)
            else trace.y
        )
    ]
    return sorted(float(value) for value in found if value is not None and value == value)


def measured(trace) -> str:
    """The axis names of a scatter are on y where its values are on x."""
    return "name on y" if any(isinstance(value, str) for value in trace.y) else "value on y"


def asked(view, figure: str) -> pd.DataFrame:
    question = snippets.QUERY_NAMES[figure]
    return run_query(question, **snippets.build_query_parameters(view, question))


@pytest.mark.parametrize(("topic", "level", "lang"), VIEWS)
@pytest.mark.parametrize("figure", FIGURES)
def test_the_script_draws_the_values_of_the_page(topic, level, lang, figure, run):
    view = resolve_view(Filters(lang=lang, level=level), topic)
    rows = asked(view, figure)
    redrawn, again = run(snippets.build_python_script(view, figure))
    figures = [
        sorted(
            zip(
                some["geo"],
                some["sector"],
                some["gender"],
                some["period"],
                some["edition"],
                some["value"],
                strict=True,
            )
        )
        for some in (again, rows)
    ]
    assert figures[0] == figures[1]
    assert drawn(redrawn) == sorted(rows["value"])
    assert redrawn.layout.title.text == view.indicator.label[lang]


@pytest.mark.parametrize(("topic", "level", "lang"), VIEWS)
def test_the_opening_figure_of_every_topic_has_something_to_draw(topic, level, lang):
    view = resolve_view(Filters(lang=lang, level=level), topic)
    assert len(asked(view, view.chart))


@pytest.mark.parametrize("indicator", catalogue.load_indicators())
def test_the_sql_of_every_indicator_gives_the_rows_of_the_page(indicator, downloads):
    here = catalogue.get_indicator(indicator)
    for level in here.default:
        view = resolve_view(Filters(lang="en", level=level, indicator=indicator), here.topic)
        with duckdb.connect(
            str(downloads / f"ripresa-digitale_{query.get_data_version()}.duckdb"), read_only=True
        ) as downloaded:
            again = downloaded.execute(snippets.build_sql(view, "map")).df()
        pd.testing.assert_frame_equal(again, run_query("map", **view.query_parameters))


def test_the_lines_are_those_of_the_areas_drawn(run):
    view = resolve_view(Filters(lang="en", level="italy"), "closures")
    rows = run_query("trend", **view.breakdown, geos=("ITC4", "ITH1"), lang="en")
    figure, again = run(snippets.build_python_script(view, "time", rows, title='Lombardy\'s "deaths"'))
    assert set(again["geo"]) == {"ITC4", "ITH1"}
    assert drawn(figure) == sorted(rows["value"])
    assert figure.layout.title.text == 'Lombardy\'s "deaths"'


def test_the_sectors_are_those_the_page_shows(run):
    view = resolve_view(Filters(lang="it", level="europe"), "closures")
    rows = run_query("by_sector", **view.query_parameters, geo="ITA")
    few = rows[rows["sector_kind"].isin(("total", "section"))]
    assert 0 < len(few) < len(rows)
    _, again = run(snippets.build_python_script(view, "sectors", few))
    assert again["sector"].tolist()[::-1] == few["sector"].tolist()


def test_editions_and_old_vintages_never_share_a_line(run):
    view = resolve_view(Filters(lang="en", level="europe", indicator="death_rate", sector="G"), "closures")
    rows = run_query("trend", **view.breakdown, geos=("ITA", "FRA"), lang="en")
    figure, _ = run(snippets.build_python_script(view, "time", rows))
    for trace in figure.data:
        if "lines" in trace.mode:
            of_line = rows[
                rows["period_start"].isin(pd.to_datetime(list(trace.x))) & rows["value"].isin(trace.y)
            ]
            assert of_line.groupby(["geo", "edition"]).ngroups >= 1
            assert not of_line["flags"].str.contains("v").all()
    assert (
        len({trace.name for trace in figure.data if "lines" in trace.mode})
        == rows[~rows["flags"].str.contains("v")].groupby(["geo", "edition"]).ngroups
    )


@pytest.mark.parametrize(
    ("value", "sql"),
    [
        ("it's", "'it''s'"),
        (("a", "b'"), "['a', 'b''']"),
        ((), "[]::varchar[]"),
        (3, "3"),
        (2.5, "2.5"),
        (None, "null"),
        (True, "true"),
        ("'); drop table x; --", "'''); drop table x; --'"),
    ],
)
def test_values_are_written_as_sql_text(value, sql):
    assert snippets.format_sql_literal(value) == sql
    if value != ():
        with duckdb.connect() as empty:
            said = empty.execute(f"select {sql}").fetchall()[0][0]
        assert (
            float(said) if isinstance(value, float) else tuple(said) if isinstance(value, tuple) else said
        ) == value


def test_a_value_with_quotes_and_backslashes_survives_the_script(run):
    view = resolve_view(Filters(lang="it"), "closures")
    odd = 'a"""b\\n\'c'
    script = snippets.build_python_script(view, "map", title=odd)
    assert run(script)[0].layout.title.text == odd
    assert ast.literal_eval(snippets._quote_python_string(f"select '{odd}'")) == f"select '{odd}'"


@pytest.mark.parametrize("figure", snippets.QUERY_NAMES)
def test_no_parameter_is_spoken_of_once_its_value_is_written(figure):
    assert "$" not in snippets.build_sql(resolve_view(Filters(), "closures"), figure)


@pytest.mark.parametrize(
    "question", sorted({*snippets.QUERY_NAMES.values(), "reference_areas", "table", "by_size"})
)
def test_a_figure_is_read_from_one_table_already_joined(question):
    assert " join " not in query.load_sql(question)
    assert "from observations_in($lang)" in query.load_sql(question)


def test_comments_that_speak_of_no_parameter_stay():
    assert snippets.build_sql(resolve_view(Filters(), "closures"), "map").startswith(
        "-- One indicator on a map"
    )


def test_dollars_in_comments_and_texts_are_left_alone(monkeypatch):
    monkeypatch.setattr(snippets, "load_sql", lambda question: "select '$lang', $lang -- in $lang")
    assert snippets.inline_parameters("map", {"lang": "it"}) == "select '$lang', 'it' -- in $lang"


def test_the_script_says_what_to_download_and_from_where():
    view = resolve_view(Filters(lang="en"), "closures")
    script = snippets.build_python_script(view, "map", site="https://example.org/")
    assert (
        f"curl -o ripresa-digitale_{query.get_data_version()}.duckdb "
        f"'https://example.org/api/v1/versions/{query.get_data_version()}/database'" in script
    )
    assert "curl -o italy_nuts2.geojson 'https://example.org/api/v1/versions/" in script
    assert script.startswith("# Needs Python")


@pytest.mark.parametrize("lang", ["it", "en"])
def test_scripts_are_whole_in_both_languages(lang):
    for figure in snippets.QUERY_NAMES:
        ast.parse(snippets.build_python_script(resolve_view(Filters(lang=lang), "women"), figure))
