"""The frame: words complete in both languages, addresses kept, a sentence for whatever goes wrong, and
Streamlit only where it belongs.
"""

import ast
import asyncio
import gzip
import re
import string
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from markupsafe import escape

from ripresa import catalogue, i18n, settings
from ripresa.charts import theme as look
from ripresa.database import query as queries
from ripresa.database.build_errors import BuildError
from ripresa.i18n import (
    format_interval,
    format_number,
    format_period,
    format_value,
    get_language_name,
    negotiate_language,
    t,
)
from ripresa.views import shell
from ripresa.views.components import plotly_figure
from ripresa.views.pages import overview_page
from ripresa.web import middleware as web_middleware
from tests.helpers.app import get_figures, get_heading, get_html, get_visit_session, open_page, rerun_overview

ROOT = Path(__file__).resolve().parent.parent
CODE = [
    path
    for folder in ("ripresa", "pages")
    for path in [*sorted((ROOT / folder).rglob("*.py")), ROOT / "dashboard.py"]
]
WITH_STREAMLIT = (ROOT / "ripresa" / "views", ROOT / "ripresa" / "web", ROOT / "pages", ROOT / "dashboard.py")


# --- what may import what ---


def test_streamlit_is_imported_only_by_the_pages_and_their_frame():
    offenders = [
        str(path.relative_to(ROOT))
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in get_imported_modules(node)
        if name.split(".")[0] == "streamlit"
        and not any(path.is_relative_to(folder) for folder in WITH_STREAMLIT)
    ]
    assert offenders == []


def get_imported_modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def test_no_code_asks_which_language_it_is():
    """What differs by language is in data/locales/, ripresa/i18n.py or the catalogue, not in an if."""
    offenders = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in CODE
        if path.name != "i18n.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Compare)
        and any(
            isinstance(side, ast.Constant) and side.value in i18n.LANGS
            for side in (node.left, *node.comparators)
        )
    ]
    assert offenders == []


def test_a_page_is_a_short_script_and_every_page_is_in_the_navigation():
    scripts = sorted((ROOT / "pages").glob("*.py"))
    assert {path.stem for path in scripts} == set(shell.PAGE_NAMES)
    assert all(len(path.read_text(encoding="utf-8").splitlines()) <= 12 for path in scripts)


# --- words ---


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def test_every_sentence_is_in_both_languages_with_the_same_placeholders():
    offenders = [
        key
        for key, entry in i18n.load_strings().items()
        if set(entry) != set(i18n.LANGS)
        or not all(sentence.strip() for sentence in entry.values())
        or len({frozenset(placeholders(sentence)) for sentence in entry.values()}) != 1
    ]
    assert i18n.load_strings()
    assert not offenders


COUNTS = (
    "count",
    "rows",
    "figures",
    "n",
    "above",
    "below",
    "changed",
    "more",
    "less",
    "number",
    "total",
    "seconds",
    "most",
    "threshold",
)
# sentences whose number is a constant above one, is above one wherever the sentence is used, or may be any
# fraction
NEVER_ONE = {
    "data_first",
    "sql_intro",
    "sql_first",
    "sql_drawn",
    "sql_answer",
    "about_intro",
    "compare_too_many",
    "sector_countries",
    "sector_areas",
    "sector_counted_country",
    "sector_counted_area",
    "verify_revised_unknown",
    "results_lead",
    "results_one_sub",
    "contribute_rules",
    "peers_sector",
    "peers_size_class",
    "peers_all",
    "diagnosis_how_long_about",
    "keur_value",
    "profile_says_death_rate",
    "verify_limit",
    "sandbox_time",
    "sandbox_long",
    "no_address",
    "detail_cube_large",
    "detail_long",
    "quoted",
    "quoted_many",
    "quoted_areas",
    "quoted_many_areas",
    "gap_many",
    "gap_many_distinct",
    "note_hidden",
    "detail_not_in_range",
    "meur_value",
    "of_published",
}


def test_no_sentence_that_counts_says_a_plural_for_one():
    """A number before a word is written {count:# riga|# righe}; the few sentences that are never about one
    are named.
    """
    sentences = [(key, text) for key, entry in i18n.load_strings().items() for text in entry.values()]
    plural_only = {
        key
        for key, text in sentences
        for name in re.findall(r"\{(\w+)\} [a-zà-ù]{3,}", text)
        if name in COUNTS and key not in NEVER_ONE
    }
    wrong_forms = {
        key
        for key, text in sentences
        for forms in re.findall(r"\{\w+:([^}]*)\}", text)
        if forms.count("|") not in (1, 2)  # one|other, or one|two|other
    }
    assert len(sentences) > 2000
    assert not plural_only
    assert not wrong_forms


@pytest.mark.parametrize(
    ("key", "lang", "values", "one", "more"),
    [
        ("sql_answer", "it", {"seconds": "0,01"}, "1 riga in 0,01 secondi.", "1.234 righe in 0,01 secondi."),
        ("sql_answer", "en", {"seconds": "0.01"}, "1 row in 0.01 seconds.", "1,234 rows in 0.01 seconds."),
    ],
)
def test_a_sentence_agrees_with_its_number(key, lang, values, one, more):
    assert t(key, lang, rows=1, **values) == one
    assert t(key, lang, rows=1234, **values) == more
    assert t(key, lang, rows=0, **values).startswith(f"0 {more.split()[1]} ")


@pytest.mark.parametrize(
    ("lang", "said"),
    [("it", ("in entrambi i casi", "in tutti i 3 casi")), ("en", ("in both cases", "in all 3 cases"))],
)
def test_two_are_both(lang, said):
    sentence = tomllib.loads((settings.LOCALES / "charts.toml").read_text(encoding="utf-8"))["gap_all_more"][
        lang
    ]
    for count, expected in zip((2, 3), said, strict=True):
        assert expected in i18n.interpolate(sentence, lang, {"short": "", "count": count})


@pytest.mark.parametrize(
    ("value", "said"), [(1, "+1 punto"), (-1, "−1 punto"), (1.2, "+1 punto"), (0, "0 punti"), (2, "+2 punti")]
)
def test_one_point_is_singular(value, said):
    assert i18n.format_value(value, "points", 0, "it") == said


def test_every_sentence_is_used_and_every_sentence_used_is_there():
    constants, patterns, asked = set(), [], set()
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                constants.add(node.value)
            if isinstance(node, ast.JoinedStr):
                patterns.append(
                    "".join(
                        re.escape(part.value) if isinstance(part, ast.Constant) else r"\w+"
                        for part in node.values
                    )
                )
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", getattr(node.func, "attr", "")) == "t"
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                asked.add(node.args[0].value)
    assert asked <= set(i18n.load_strings())
    unused = [
        key
        for key in i18n.load_strings()
        if key not in constants
        and not key.startswith(tuple(i18n.FRAGMENT_BOUNDARIES))
        and not any(re.fullmatch(pattern, key) for pattern in patterns if pattern != r"\w+")
    ]
    assert not unused


TU = re.compile(
    r"\b(tu|tuo|tua|tuoi|tue|te|puoi|vuoi|fai|vai|scegli|scrivi|premi|metti|togli|leggi|vedi|apri|"
    r"chiedi|dividi|riprendi|tieni|restringi|riprova)(l[aoie]|ne)?\b"
    r"|(^|[.:;] )(torna|mostra|scarica|cerca|esplora|guarda|salva|incorpora|prepara|copia|trascina|"
    r"segui|interroga|comincia|esegui|annulla|svuota|cancella|stampa|offri"
    r"|usa|confronta|aggiungi|ingrandisci|riduci|sposta|riporta)\b|^cambia l",
    re.IGNORECASE,
)


def italian(declared) -> list[str]:
    """Every Italian sentence of a file of declarations."""
    if isinstance(declared, list):
        return [sentence for one in declared for sentence in italian(one)]
    if not isinstance(declared, dict):
        return []
    return [
        sentence
        for name, one in declared.items()
        for sentence in ([one] if name == "it" and isinstance(one, str) else italian(one))
    ]


@pytest.mark.parametrize(
    "path",
    [path for path in sorted(ROOT.glob("*/**/*.toml")) if '\nit = "' in path.read_text(encoding="utf-8")],
    ids=lambda path: path.name,
)
def test_italian_speaks_to_the_reader_as_voi(path):
    sentences = italian(tomllib.loads(path.read_text(encoding="utf-8")))
    assert sentences
    assert [one for one in sentences if TU.search(re.sub(r"aprile \d{4}", "", one))] == []


def test_the_buttons_of_a_figure_say_voi_too():
    assert not [one for one in look.MODEBAR_LABELS["it"].values() if TU.search(one)]
    assert TU.search("Scarica")
    assert TU.search("provate: scegli")
    assert not TU.search("Scaricate")


def test_a_plan_of_one_action_is_said_as_one():
    assert t("plan_lead", "it", count=1).startswith("Un'azione,")
    assert t("plan_lead", "it", count=3).startswith("3 azioni,")
    assert "{" not in t("plan_thin", "en", count=1, asked=23)
    assert t("plan_thin", "en", count=1, asked=23).startswith("You answered one question of 23:")


def test_a_missing_sentence_names_itself():
    with pytest.raises(KeyError, match=r"\[not_there\]"):
        t("not_there", "it")


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "italian", "english"),
    [
        (17.4, "percent", 1, "17,4%", "17.4%"),
        (3.24, "points", 1, "+3,2 punti", "+3.2 points"),
        (-3.24, "percent_change", 1, "−3,2%", "−3.2%"),
        (-0.01, "percent_change", 1, "0,0%", "0.0%"),
        (1234567, "count", 0, "1.234.567", "1,234,567"),
        (1234, "meur", 0, "1.234 milioni di €", "€1,234 million"),
        (18, "rank", 0, "18º", "no. 18"),
        (5.35, "percent", 1, "5,4%", "5.4%"),  # halves go away from zero, whatever their binary fraction
        (7.65, "percent", 1, "7,7%", "7.7%"),
        (-2.25, "points", 1, "−2,3 punti", "−2.3 points"),
        (4.35 - 2, "percent", 1, "2,4%", "2.4%"),  # 2.35 with what the subtraction leaves behind
        (2.5, "count", 0, "3", "3"),
        (None, "percent", 1, "–", "–"),
        (float("nan"), "meur", 1, "–", "–"),
    ],
)
def test_figures_are_written_as_each_language_writes_them(value, unit, decimals, italian, english):
    assert (format_value(value, unit, decimals, "it"), format_value(value, unit, decimals, "en")) == (
        italian,
        english,
    )


@pytest.mark.parametrize(
    ("period", "italian", "english"),
    [
        ("2020", "2020", "2020"),
        ("2020-05", "maggio 2020", "May 2020"),
        ("2020-Q1", "1º trimestre 2020", "Q1 2020"),
        ("2020-H2", "2º semestre 2020", "H2 2020"),
        ("2025-05-19", "19 maggio 2025", "19 May 2025"),
        ("2020-05/2020-10", "maggio 2020 – ottobre 2020", "May 2020 – October 2020"),
        ("latest", "ultimo disponibile", "latest available"),
        ("2020-13", "2020-13", "2020-13"),
    ],
)
def test_periods_are_written_as_each_language_writes_them(period, italian, english):
    assert (format_period(period, "it"), format_period(period, "en")) == (italian, english)


@given(st.text(max_size=20))
def test_any_text_can_be_asked_as_a_period(text):
    assert isinstance(format_period(text, "it"), str)


def test_an_interval_needs_both_ends():
    assert format_interval(20.1, 41.2, "percent", 1, "it") == "da 20,1% a 41,2%"
    assert format_interval(20.1, None, "percent", 1, "it") == ""


@pytest.mark.parametrize(
    ("asked", "accepted", "expected"),
    [
        ("en", "it", "en"),
        ("", "en-GB,en;q=0.9,it;q=0.8", "en"),
        ("", "fr,it;q=0.4,en;q=0.9", "en"),
        ("", "de", "it"),
        ("xx", "", "it"),
        ("", "en;q=0", "it"),
    ],
)
def test_the_language_is_the_one_asked_for_then_the_browsers_then_italian(asked, accepted, expected):
    assert negotiate_language(asked, accepted) == expected


@given(st.text(max_size=60))
def test_any_accept_language_header_gives_a_language(header):
    assert negotiate_language("", header) in i18n.LANGS


def test_languages_call_themselves_by_their_own_name():
    assert [get_language_name(lang) for lang in i18n.LANGS] == ["Italiano", "English"]
    assert format_number(1234.5, "it", 1) == "1.234,5"


# --- addresses ---


@pytest.mark.parametrize("lang", i18n.LANGS)
@pytest.mark.parametrize("page", shell.PAGE_NAMES)
def test_a_page_opened_cold_has_its_frame_and_its_view(page, lang):
    visit = open_page(page, lang=lang, geo=["ITC4", "ITI4"], sector="F", period="2020")
    assert get_heading(visit) != t("fault_title", lang)
    assert visit.radio(key="lang").value == lang
    chosen = get_visit_session(visit).filters
    assert (chosen.lang, chosen.geo, chosen.sector, chosen.period) == (lang, ("ITC4", "ITI4"), "F", "2020")
    assert visit.query_params["geo"] == ["ITC4", "ITI4"]
    assert ("redraw-trigger" in [button.key for button in visit.button]) is (
        page not in ("diagnosis", "sql", "verify")
    ), "drawn again from the address where that holds all that is on it"


junk = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "'; drop table observations; --",
            "<script>alert(1)</script>",
            "ITC4",
            "ITA",
            "NA",
            "F",
            "all",
            "2020",
            "latest",
            "closure_rate",
            "europe",
            "world",
            "female",
            "10-49",
            "context",
        ]
    ),
)
url_parameters = st.dictionaries(
    st.sampled_from(["lang", "level", "geo", "indicator", "sector", "gender", "size", "period", "utm", ""]),
    st.lists(junk, max_size=4),
    max_size=6,
)


@hypothesis_settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(st.sampled_from(shell.PAGE_NAMES), url_parameters)
@example("women", {"indicator": ["dii_high"], "level": ["italy"], "geo": ["AFG", "ITC4", "ITF+ITG"]})
@example("data", {"indicator": ["active_enterprises"]})
def test_any_address_gives_a_page(page, address):
    visit = open_page(page, **{name: values for name, values in address.items() if name})
    assert not visit.exception
    assert get_heading(visit) not in {t("fault_title", lang) for lang in i18n.LANGS}
    assert "<script>alert" not in get_html(visit)


def test_what_an_address_asked_for_and_does_not_exist_is_said():
    assert "geo=ATLANTIS" in get_html(open_page("closures", geo=["ATLANTIS"], lang="en"))


def test_a_region_chosen_is_written_to_the_address():
    visit = open_page(lang="en")
    visit.selectbox(key="region_en").set_value("ITC4")
    rerun_overview(visit)
    assert visit.query_params == {"lang": "en", "geo": "ITC4"}


def test_the_language_switch_keeps_the_view():
    visit = open_page(lang="it", geo=["ITI4"])
    visit.radio(key="lang").set_value("en")
    rerun_overview(visit)
    assert visit.query_params == {"lang": "en", "geo": "ITI4"}
    assert visit.selectbox(key="region_en").value == "ITI4"


def test_an_address_the_visitor_changed_wins_over_the_choices_made_and_is_left_as_it_is():
    visit = open_page(lang="it", geo=["ITI4"])
    visit.selectbox(key="region_it").set_value("ITC4")
    rerun_overview(visit)
    visit.query_params.clear()
    visit.query_params["geo"] = ["ITF3"]
    rerun_overview(visit)
    assert get_visit_session(visit).filters.geo == ("ITF3",)
    assert visit.query_params == {"geo": "ITF3"}


# --- when something is wrong ---


def test_a_page_that_fails_says_so_and_offers_a_way_back(monkeypatch):
    def broken(filters):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(overview_page, "render_page", broken)
    visit = open_page(lang="en")
    assert not visit.exception
    assert get_heading(visit) == t("fault_title", "en")
    assert "secret" not in get_html(visit)
    assert visit.button[0].label == t("reset", "en")


@pytest.mark.parametrize(
    "fault",
    [
        BuildError("data/raw/x.csv, row 3: geo 'UK' is not known."),
        catalogue.CatalogueError("data/catalogue/topics.toml: broken."),
    ],
)
def test_a_database_that_cannot_be_built_says_why(monkeypatch, fault):
    def broken():
        raise fault

    monkeypatch.setattr(queries, "get_data_version", broken)
    visit = open_page(lang="it")
    assert not visit.exception
    assert get_heading(visit) == t("fault_title", "it")
    assert escape(str(fault)) in get_html(visit)


def test_a_database_lost_while_a_page_is_drawn_leaves_a_sentence_and_the_foot(monkeypatch):
    def lost(*given, **more):
        raise BuildError("data/ripresa.duckdb is not there.")

    monkeypatch.setattr(
        overview_page,
        "render_page",
        lambda filters: (monkeypatch.setattr(queries, "run_query", lost), lost()),
    )
    visit = open_page(lang="en")
    assert not visit.exception
    assert get_heading(visit) == t("fault_title", "en")
    assert "Collection closed on" in get_html(visit)


# --- the server ---


def answer(
    middleware, body: bytes, content_type: str, path: str = "/", query: str = "", **headers: str
) -> tuple[dict, bytes]:
    """What a middleware makes of one answer: its headers and body."""
    sent = []

    async def inner(scope, receive, send):
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-type", content_type.encode()), (b"etag", b'"1"')],
            }
        )
        await send({"type": "http.response.body", "body": body[:10], "more_body": True})
        await send({"type": "http.response.body", "body": body[10:]})

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(middleware(inner)(scope, None, send))
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}, b"".join(
        message.get("body", b"") for message in sent[1:]
    )


SHELL = b"""<!DOCTYPE html><html lang="en"><head><link
  rel="preload"
  href="./a.woff2"
  as="font" /><title>Streamlit</title></head>
<body><noscript>
<p>You need JavaScript</p>
</noscript></body></html>"""


@pytest.mark.parametrize(
    ("query", "accepted", "lang"),
    [("lang=en", "it", "en"), ("", "en-GB,en", "en"), ("", "", "it"), ("lang=xx", "de", "it")],
)
def test_the_page_shell_says_its_language(query, accepted, lang):
    headers, body = answer(
        web_middleware.IndexHtmlMiddleware,
        SHELL,
        "text/html; charset=utf-8",
        query=query,
        accept_language=accepted,
    )
    assert f'<html lang="{lang}">'.encode() in body
    assert t("noscript", lang).encode() in body
    assert not re.search(rb"Streamlit|preload|You need", body)
    assert headers["content-length"] == str(len(body))
    assert headers["vary"] == "Accept-Language"
    assert "etag" not in headers


def test_what_is_not_a_page_is_left_as_it_is():
    assert (
        answer(web_middleware.IndexHtmlMiddleware, b'{"lang": "en"}', "application/json")[1]
        == b'{"lang": "en"}'
    )


def test_the_browsers_files_are_compressed_once():
    body = b"let x = 1;" * 500
    headers, packed = answer(
        web_middleware.CachedGZipMiddleware,
        body,
        "text/javascript",
        path="/static/js/a.js",
        accept_encoding="gzip, br",
    )
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed) == body
    assert len(packed) < len(body) / 5
    assert (
        answer(
            web_middleware.CachedGZipMiddleware,
            body,
            "text/javascript",
            path="/static/js/a.js",
            accept_encoding="gzip",
        )[1]
        is not None
    )
    assert (
        answer(web_middleware.CachedGZipMiddleware, body, "text/javascript", path="/static/js/a.js")[1]
        == body
    )
    assert "cache-control" not in headers
    assert answer(
        web_middleware.CachedGZipMiddleware,
        body,
        "text/javascript",
        path=plotly_figure.publish_script(),
        accept_encoding="gzip",
    )[0]["cache-control"].endswith("immutable")


def test_the_script_that_draws_comes_along_with_the_pages_that_open_on_figures():
    asked = f'src="{plotly_figure.publish_script()}"></script></head>'.encode()
    assert asked in answer(web_middleware.IndexHtmlMiddleware, SHELL, "text/html", path="/closures")[1]
    assert asked not in answer(web_middleware.IndexHtmlMiddleware, SHELL, "text/html", path="/diagnosis")[1]
    assert set(web_middleware.PAGES_WITH_FIGURES) - {""} == {
        page for page in shell.PAGE_NAMES if get_figures(open_page(page, lang="en"))
    }
