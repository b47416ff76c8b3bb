"""The recipes of docs/ followed step by step in a copy of the project: what they say to write is enough."""

import json
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ripresa import settings

DOCS = settings.ROOT / "docs"
COPIED = ("ripresa", "pages", "queries", "data", "static", "dashboard.py", ".streamlit")
FOLLOWED = """
import json, sys
from streamlit.testing.v1 import AppTest
from ripresa.database.query import run_query
from ripresa.filters import Filters, resolve_view

def open_page(page, **parameters):
    visit = AppTest.from_file("dashboard.py", default_timeout=120)
    visit.switch_page(f"pages/{page}.py")
    for name, value in parameters.items():
        visit.query_params[name] = value
    visit.run()
    html = "\\n".join(part.proto.body for part in visit.get("html"))
    return html, [str(error) for error in visit.exception]

view = resolve_view(Filters(lang="en", indicator="late_payments", level="italy"), "profits")
print(json.dumps({
    "indicator": [
        view.indicator.id, *open_page("profits", lang="en", level="italy", indicator="late_payments")
    ],
    "query": run_query("your_query", lang="en").to_dict("records")[:3],
    "page": {lang: open_page("your_page", lang=lang) for lang in ("it", "en")},
}, default=str))
"""


def get_blocks(recipe: str, language: str) -> list[str]:
    """The fenced blocks of a recipe in one language, without the indentation of their list."""
    text = (DOCS / recipe).read_text(encoding="utf-8")
    blocks = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", text, flags=re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(block) for _, block in blocks]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.search(old, text), f"{path.name} has no {old}: the recipe is out of date"
    path.write_text(re.sub(old, new, text, count=1), encoding="utf-8")


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" + text)


@pytest.fixture(scope="module")
def followed(tmp_path_factory) -> dict:
    """Output of a copy of the project with the recipes for an indicator, a query and a page applied."""
    root = tmp_path_factory.mktemp("project")
    for name in COPIED:
        source = settings.ROOT / name
        ignored = shutil.ignore_patterns("__pycache__", "*.duckdb*", "generated", "sheets")
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=ignored)
        else:
            shutil.copy(source, root / name)
    csv_name = re.search(
        r"`data/raw/(\w+\.csv)` would be", (DOCS / "adding-an-indicator.md").read_text("utf-8")
    )
    assert csv_name, "the recipe names the file of its figures"
    [rows] = get_blocks("adding-an-indicator.md", "csv")
    (root / "data" / "raw" / csv_name[1]).write_text(rows, encoding="utf-8")
    [declaration] = get_blocks("adding-an-indicator.md", "toml")
    append(root / "data/catalogue/indicators.toml", declaration)
    edit(
        root / "data/catalogue/topics.toml",
        r"(\[profits\][^\[]*(?:\[(?!\w+\]\n)[^\[]*)*?indicators_by_level\.italy = \[[^\]]*)\]",
        r'\1, "late_payments"]',
    )
    [sql] = get_blocks("adding-a-query.md", "sql")
    (root / "queries" / "your_query.sql").write_text(sql, encoding="utf-8")
    script, module = get_blocks("adding-a-page.md", "python")
    (root / "pages" / "your_page.py").write_text(script, encoding="utf-8")
    (root / "ripresa/views/pages/your_page.py").write_text(module, encoding="utf-8")
    edit(root / "ripresa/views/shell.py", r'("nav_sources": \()', r'\1"your_page", ')
    [texts] = get_blocks("adding-a-page.md", "toml")
    append(root / "data/locales/interface.toml", texts)
    for command in (["-m", "ripresa", "build"], ["-c", FOLLOWED]):
        process = subprocess.run(
            [sys.executable, *command], cwd=root, capture_output=True, text=True, timeout=300, check=False
        )
        assert process.returncode == 0, process.stderr[-3000:]
    return json.loads(process.stdout.splitlines()[-1])


def test_the_recipe_for_an_indicator_gives_a_view_with_its_figures(followed):
    indicator, html, errors = followed["indicator"]
    assert indicator == "late_payments"
    assert errors == []
    assert "Firms paid late" in html
    assert "29.8" in html


def test_the_recipe_for_a_query_gives_rows(followed):
    assert [sorted(row) for row in followed["query"]] == [["geo", "geo_name", "period", "value"]] * 3
    values = [row["value"] for row in followed["query"]]
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize(
    ("lang", "question"), [("it", "A che cosa risponde la pagina?"), ("en", "What does the page answer?")]
)
def test_the_recipe_for_a_page_gives_a_page_in_both_languages(followed, lang, question):
    html, errors = followed["page"][lang]
    assert errors == []
    assert f"<h1>{question}</h1>" in html
