"""The SQL page: asks, answers, refuses with a sentence, and keeps the question in the address."""

import json
from concurrent.futures import wait

import pandas as pd
import pytest
from markupsafe import escape

from ripresa import i18n as words
from ripresa.i18n import t
from ripresa.sandbox import pool
from ripresa.views.pages import sql_page, sql_result
from tests.helpers.app import get_figures, get_html, get_visit_session, open_page


def answered(sentence: str, lang: str = "it"):
    """The page opened at a question, once the answer is there."""
    visit = open_page("sql", lang=lang, sql=sentence)
    return settled(visit)


def settled(visit):
    wait([get_visit_session(visit).sql.future], timeout=30)
    visit.run()
    assert not visit.exception
    return visit


@pytest.mark.parametrize("lang", words.LANGS)
def test_the_page_opens_with_a_question_and_the_tables_beside_it(lang):
    visit = open_page("sql", lang=lang)
    assert visit.text_area[0].value == sql_page.get_example("regions", lang)
    assert f"observations_in('{lang}')" in visit.text_area[0].value
    assert "<summary>observations</summary>" in get_html(visit)
    said = {
        "it": ("Una cifra pubblicata per riga", "Numerosità con le parole dell'editore"),
        "en": ("One published figure a row", "Sample size in the publisher's words"),
    }
    assert all(
        (escape(words) in get_html(visit)) == (spoken == lang)
        for spoken, sentences in said.items()
        for words in sentences
    )
    assert get_visit_session(visit).sql.future is None, "nothing is asked before the reader asks"


@pytest.mark.parametrize("lang", words.LANGS)
def test_a_question_in_the_address_is_answered(lang):
    visit = answered("select count(*) as how_many from geographies where level = 'area'", lang)
    page = get_html(visit)
    assert visit.text_area[0].value.startswith("select count(*)")
    assert "how_many" in page
    assert '<th scope="row" class="number">21</th>' in page
    assert t("sql_result", lang) in page
    assert {button.proto.label for button in visit.get("download_button")} == {t("csv", lang)}


def test_numbers_stand_right_and_texts_left_with_their_heads():
    page = get_html(answered("select 1 as many, 'a' as name, 2.5 as share, date '2020-01-01' as day"))
    for tag in (
        '<th scope="col" class="number">many',
        '<th scope="col">name',
        '<th scope="col" class="number">share',
        '<th scope="col">day',
        '<th scope="row" class="number">1',
        "<td>a",
        '<td class="number">2.5',
        "<td>2020-01-01</td>",
    ):
        assert tag in page, tag


def test_a_question_asked_is_in_the_address():
    visit = open_page("sql", lang="it")
    visit.text_area[0].set_value("select 42 as answer")
    visit.button[0].click().run()
    assert "select 42 as answer" in visit.query_params["sql"]
    assert '<th scope="row" class="number">42</th>' in get_html(settled(visit))


@pytest.mark.parametrize("lang", words.LANGS)
@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("copy observations to 'x.csv'", "not_a_question"),
        ("attach 'x.db'", "not_a_question"),
        ("pragma version", "not_a_question"),
        ("set threads = 64", "not_a_question"),
        ("install httpfs", "not_a_question"),
        ("select 1; select 2", "several"),
        ("select * from read_csv('/etc/passwd')", "locked"),
    ],
)
def test_what_is_not_a_question_is_refused_with_a_sentence(question, kind, lang):
    page = get_html(answered(question, lang))
    assert pool.QueryRejectedError(kind).format_message(lang) in page.replace("&#x27;", "'")
    assert "<table" not in page


@pytest.mark.parametrize(
    ("question", "help"),
    [
        ("select valu from observations", 'Candidate bindings: "value"'),
        ("selec 1", "LINE 1: selec 1\n        ^"),
    ],
)
def test_a_mistake_is_told_in_the_engines_words_with_its_help(question, help):
    page = get_html(answered(question, "en"))
    assert "DuckDB cannot answer" in page, page[-900:]
    assert "<pre>" in page, page[-900:]
    assert escape(help) in page, page[-900:]


def test_lists_times_and_the_like_are_written_as_the_engine_writes_them():
    rows = pool.run_sql(
        "select [1, 2] as a, {'x': 1} as a, interval 3 day as i, timestamp '2020-01-01 10:00:00' as t, "
        "true as b, 1.5 as d, null as n"
    ).rows
    assert rows.iloc[0].tolist()[:6] == [
        "[1, 2]",
        "{'x': 1}",
        "3 days",
        "2020-01-01 10:00:00",
        True,
        1.5,
    ]
    assert list(rows.columns) == ["a", "a_2", "i", "t", "b", "d", "n"]


def test_a_question_too_long_is_refused_at_once(monkeypatch):
    monkeypatch.setattr(pool, "MAX_SQL_LENGTH", 30)
    visit = open_page("sql", lang="en")
    visit.text_area[0].set_value("select '" + "a" * 50 + "'")
    visit.button[0].click().run()
    assert not visit.exception
    assert "shorten the question" in get_html(visit)


@pytest.mark.parametrize("name", [*sql_page.EXAMPLES, *sql_page.FIGURE_EXAMPLES])
def test_every_example_has_an_answer(name):
    rows = pool.run_sql(sql_page.get_example(name, "it")).rows
    assert len(rows) > 1, "the answer is on the first screen"
    assert {"value", "death_rate", "observations"} & set(rows.columns[:7]), (
        "the answer is on the first screen"
    )


def test_an_example_is_put_in_the_box_and_can_be_run():
    visit = open_page("sql", lang="en")
    visit.selectbox(key="sql_example_en").set_value("count").run()
    assert visit.text_area[0].value == sql_page.EXAMPLES["count"]
    visit.button[0].click().run()
    assert "death_rate" in get_html(settled(visit))


def test_an_answer_can_be_drawn():
    visit = answered(sql_page.get_example("regions", "it"), "it")
    assert not get_figures(visit)
    visit.toggle(key="sql_chart_it").set_value(True).run()
    chart = get_figures(visit)[0]
    assert "Lombardia" in json.dumps(chart.spec)
    assert (
        chart.alt == f"{t('sql_alt', 'it', up='death_rate', across='region', rows=21)} {t('alt_table', 'it')}"
    )


@pytest.mark.parametrize(
    ("question", "across", "up"),
    [
        (
            "select geo, period, value from observations where indicator = 'death_rate' "
            "and geo = 'ITG1' and sector = 'all' and size = 'all' and gender = 'all'",
            "period",
            "value",
        ),
        ("select 'a' as name, unnest([1, 2]) as value, unnest([3, 4]) as more", "more", "value"),
        ("select unnest(['a', 'b']) as name, unnest([1, 2]) as many, 0 as decimals", "name", "many"),
        ("select 'a' as name, unnest([1, 1]) as value", "", "value"),
        ("select unnest(['a', 'b']) as name, 7 as same", "name", "same"),
    ],
)
def test_a_chart_opens_on_the_column_that_tells_the_rows_apart_and_on_the_values(question, across, up):
    assert sql_result.choose_axes(pool.run_sql(question).rows) == (across, up)


def test_an_answer_of_several_years_is_one_bar_a_year():
    visit = answered(
        "select geo, period, value from observations where indicator = 'death_rate' and geo = 'ITG1' "
        "and sector = 'all' and size = 'all' and gender = 'all' order by period",
        "it",
    )
    visit.toggle(key="sql_chart_it").set_value(True).run()
    drawn = get_figures(visit)[0].spec["data"][0]
    assert drawn["type"] == "bar", "time runs to the right"
    assert len(set(drawn["x"])) == len(drawn["y"]) > 3, "time runs to the right"
    assert "orientation" not in drawn, "time runs to the right"


def test_a_column_that_is_only_an_order_is_not_drawn():
    assert not answered("select code, position from geographies", "en").toggle
    assert sql_result.choose_axes(
        pool.run_sql("select code, position, length(name_en) as letters from geographies").rows
    ) == ("code", "letters")


@pytest.mark.parametrize("lang", words.LANGS)
def test_bars_of_one_name_are_points_and_the_page_says_why(lang):
    visit = answered(
        "select 'ITG1' as geo, unnest(['2020', '2021']) as period, unnest([7, 8]) as value", lang
    )
    visit.toggle(key=f"sql_chart_{lang}").set_value(True).run()
    assert get_figures(visit)[0].spec["data"][0]["type"] == "bar"
    assert t("sql_repeated", lang, across="geo") not in get_html(visit)
    visit.selectbox(key=f"sql_x_{lang}_period").set_value("geo").run()
    drawn = get_figures(visit)[0].spec["data"][0]
    assert (drawn["type"], drawn["mode"], drawn["x"]) == ("scatter", "markers", [7, 8])
    assert t("sql_repeated", lang, across="geo") in get_html(visit)


def test_rows_that_no_column_tells_apart_are_numbered():
    visit = answered("select 'a' as name, unnest([1, 1]) as value", "en")
    visit.toggle(key="sql_chart_en").set_value(True).run()
    chart = get_figures(visit)[0]
    assert chart.spec["data"][0]["x"] == [1, 2]
    assert (
        chart.alt == f"{t('sql_alt', 'en', up='value', across='Row number', rows=2)} {t('alt_table', 'en')}"
    )


@pytest.mark.parametrize("kind", sql_result.CHART_KINDS)
def test_a_chart_leaves_out_what_is_missing_and_draws_the_rest(kind):
    rows = pd.DataFrame({"name": ["a", None, "c"], "value": pd.array([1, None, 3], dtype="Int64")})
    drawn = sql_result.build_chart(rows, "name", "value", kind, "light", "it").to_plotly_json()["data"][0]
    values = list(drawn["x"] if kind == "bar" else drawn["y"])
    assert values == [1.0, None, 3.0]


def test_truth_is_written_as_the_engine_writes_it():
    assert "true</td>" in sql_result.render_result_table(pd.DataFrame({"a": [1], "b": [True]}), "en")


def test_values_are_shown_as_they_are_and_what_is_missing_as_a_dash():
    page = sql_result.render_result_table(pd.DataFrame({"a": ["<b>", None], "b": [1.5, float("nan")]}), "en")
    assert "&lt;b&gt;" in page
    assert page.count("–") == 2
    assert "1.5" in page
