"""A release keeps the figures of a version and says what changed since the one before; a cited view can be
read as it was.
"""

import csv
import shutil
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from ripresa.cli import make_release
from ripresa.database import query
from ripresa.database import releases as release
from ripresa.database.build import build_database
from ripresa.database.release_changes import diff_view_rows
from ripresa.embed import embed_page
from ripresa.exports import atom as feed
from ripresa.exports import versions
from ripresa.filters import Filters, resolve_view

ROOT = Path(__file__).resolve().parent.parent
MADE = shutil.ignore_patterns(
    "*.duckdb*", ".*", "releases", "revisions.csv", "imports", "__pycache__", "*.py"
)
DESI = "raw/desi__country_year.csv"
FIRST, SECOND = date(2026, 11, 22), date(2026, 12, 24)


def edit(path: Path, change) -> None:
    """Rewrites a raw file: `change` gets its rows and gives them back."""
    with path.open(encoding="utf-8", newline="") as text:
        reader = csv.DictReader(text)
        found, names = list(reader), reader.fieldnames
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(change(found))


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> dict:
    """Two releases of a copy of the data: in the second one rank is revised, one withdrawn, one new."""
    patch = pytest.MonkeyPatch()
    patch.delenv("RIPRESA_DATABASE", raising=False)
    root = tmp_path_factory.mktemp("project") / "data"
    shutil.copytree(ROOT / "data", root, ignore=MADE)
    build_database(root)
    first = release.create_release(root, FIRST)
    log = release.load_revisions(root)

    def change(found: list[dict]) -> list[dict]:
        found[0]["value"] = "3"
        return [*found[:-1], {**found[0], "period": "2001", "value": "7"}]

    before = list(csv.DictReader((root / DESI).open(encoding="utf-8", newline="")))
    edit(root / DESI, change)
    build_database(root)
    second = release.create_release(root, SECOND)
    yield {
        "root": root,
        "first": first,
        "log": log,
        "second": second,
        "revised": before[0],
        "withdrawn": before[-1],
    }
    patch.undo()


@pytest.fixture
def in_place(data, monkeypatch):
    """The second release is the database the site reads, the first is kept."""
    monkeypatch.setenv("RIPRESA_DATABASE", str(data["root"] / "ripresa.duckdb"))
    monkeypatch.setenv("RIPRESA_READ_ONLY", "1")
    monkeypatch.setattr(release.settings, "DATA", data["root"])
    return data


def test_the_first_release_is_one_line_for_all_its_figures(data):
    assert [
        (line["kind"], line["observations"], line["indicator"], line["date"]) for line in data["log"]
    ] == [("new", data["first"]["observations"], "", "2026-11-22")]


def test_a_later_release_lists_what_was_revised_and_withdrawn_and_counts_what_is_new(data):
    lines = {
        line["kind"]: line
        for line in release.load_revisions(data["root"])
        if line["version"] == data["second"]["version"]
    }
    assert list(lines) == ["revised", "new", "withdrawn"]
    assert (lines["revised"]["old_value"], lines["revised"]["new_value"], lines["revised"]["period"]) == (
        data["revised"]["value"],
        "3",
        data["revised"]["period"],
    )
    assert (
        lines["withdrawn"]["old_value"],
        lines["withdrawn"]["new_value"],
        lines["withdrawn"]["period"],
    ) == (
        data["withdrawn"]["value"],
        "",
        data["withdrawn"]["period"],
    )
    assert (lines["new"]["period"], lines["new"]["observations"]) == ("2001", "1")


def test_the_releases_follow_one_another(data):
    assert [(line["version"], line["previous"]) for line in release.load_releases(data["root"])] == [
        (data["first"]["version"], ""),
        (data["second"]["version"], data["first"]["version"]),
    ]


def test_a_version_is_released_once(data):
    before = (data["root"] / "revisions.csv").read_bytes()
    assert release.create_release(data["root"], date(2030, 1, 1)) == data["second"]
    assert (data["root"] / "revisions.csv").read_bytes() == before


def test_a_release_is_small_and_the_same_bytes_wherever_it_is_made(data, tmp_path):
    kept = data["root"] / "releases" / f"{data['second']['version']}.parquet"
    assert kept.stat().st_size < 120_000
    shutil.copytree(data["root"], tmp_path / "data", ignore=MADE)
    build_database(tmp_path / "data")
    release.create_release(tmp_path / "data", FIRST)
    assert (tmp_path / "data" / "releases" / kept.name).read_bytes() == kept.read_bytes()


def test_a_database_older_than_its_inputs_is_not_released(data, tmp_path):
    shutil.copytree(data["root"], tmp_path / "data")
    edit(tmp_path / "data" / DESI, lambda found: found[1:])
    with pytest.raises(release.ReleaseError, match="python -m ripresa build"):
        release.create_release(tmp_path / "data")


def test_the_command_says_what_it_released(data, monkeypatch, capsys):
    assert make_release.main(["--root", str(data["root"])]) == 0
    assert "1 revised, 1 new, 1 withdrawn" in capsys.readouterr().out


SIDE = {"sector": "all", "gender": "all", "size": "all", "edition": "a"}


def line(geo: str, period: str, value: float, low: float | None = None, high: float | None = None) -> dict:
    return {
        "geo": geo,
        "geo_name": geo.title(),
        "period": period,
        "value": value,
        "ci_low": low,
        "ci_high": high,
        **SIDE,
    }


def test_each_figure_of_a_view_is_the_same_revised_newer_new_or_withdrawn():
    was = pd.DataFrame(
        [
            line("A", "2020", 1.0),
            line("B", "2020", 2.0),
            line("C", "2020", 3.0),
            line("D", "2020", 4.0),
            line("F", "2020", 6.0, 5.0, 7.0),
        ]
    )
    now = pd.DataFrame(
        [
            line("A", "2020", 1.0),
            line("B", "2020", 2.5),
            line("C", "2021", 3.0),
            line("E", "2020", 5.0),
            line("F", "2020", 6.0, 5.0, 8.0),
        ]
    )
    kinds = diff_view_rows(was, now).set_index("geo")
    assert kinds["kind"].to_dict() == {
        "A": "same",
        "B": "revised",
        "C": "newer",
        "D": "withdrawn",
        "E": "new",
        "F": "revised",
    }
    assert (kinds.loc["B", "old_value"], kinds.loc["B", "new_value"], kinds.loc["D", "geo_name"]) == (
        2.0,
        2.5,
        "D",
    )


def test_lines_over_time_are_compared_period_by_period():
    was = pd.DataFrame([line("A", "2020", 1.0), line("A", "2021", 2.0)])
    now = pd.DataFrame([line("A", "2020", 1.0), line("A", "2021", 2.2), line("A", "2022", 3.0)])
    assert diff_view_rows(was, now)["kind"].tolist() == ["same", "revised", "new"]


def desi(data: dict, lang: str = "en"):
    return resolve_view(
        Filters(
            lang=lang,
            level="europe",
            indicator="desi_rank",
            period=data["revised"]["period"],
            geo=(data["revised"]["geo"],),
        ),
        "digital_sales",
    )


def test_a_cited_view_survives_a_data_update_and_says_was_and_now(in_place):
    view, version = desi(in_place), in_place["first"]["version"]
    asked = {
        "geos": tuple(
            row["geo"] for row in csv.DictReader((ROOT / "data" / DESI).open(encoding="utf-8", newline=""))
        ),
        "level": view.level,
        "lang": view.lang,
    }
    was = versions.run_query_at(version, "table", **view.breakdown, **asked)
    now = query.run_query("table", **view.breakdown, **asked)
    found = diff_view_rows(was, now)
    changed = found[found["kind"] == "revised"].to_dict("records")
    assert [(row["old_value"], row["new_value"]) for row in changed] == [
        (float(in_place["revised"]["value"]), 3.0)
    ]
    assert versions.describe_change(changed[0], view) == f"was no. {in_place['revised']['value']}, now no. 3"
    assert set(found["kind"]) == {"same", "revised", "new", "withdrawn"}
    assert "3 of its" in versions.summarize_changes(version, view, found)


def test_a_view_cited_with_a_version_that_is_not_kept_says_so(in_place):
    view = desi(in_place)
    assert versions.compare_versions("0000000000ff", "map", view) is None
    assert "not kept here" in versions.summarize_changes("0000000000ff", view, None)


def test_an_embed_frozen_on_a_release_shows_its_figures(in_place):
    geo, period = in_place["revised"]["geo"], in_place["revised"]["period"]
    asked = {"lang": "en", "level": "europe", "geo": geo, "period": period, "figure": "bars"}
    live = embed_page.build_response("desi_rank", asked).body.decode()
    frozen = embed_page.build_response("desi_rank", {**asked, "version": in_place["first"]["version"]})
    assert "no. 3<" in live
    assert f"no. {in_place['revised']['value']}<" in frozen.body.decode()
    assert "max-age=86400" in frozen.headers["Cache-Control"]
    assert embed_page.build_response("desi_rank", {**asked, "version": "0000000000ff"}).status == 404


@pytest.mark.parametrize("lang", ["it", "en"])
def test_the_feed_has_an_entry_a_release_newest_first_with_both_values(lang, in_place):
    text = feed.render_feed(
        release.load_releases(), release.load_revisions(), "https://pmi.example.org", lang
    )
    atom = "{http://www.w3.org/2005/Atom}"
    entries = ElementTree.fromstring(text).findall(f"{atom}entry")
    assert [entry.find(f"{atom}updated").text[:10] for entry in entries] == ["2026-12-24", "2026-11-22"]
    was = {
        "it": f"era {in_place['revised']['value']}º, ora 3º",
        "en": f"was no. {in_place['revised']['value']}, now no. 3",
    }[lang]
    assert was in entries[0].find(f"{atom}content").text
    assert len({entry.find(f"{atom}id").text for entry in entries}) == 2
    assert [entry.find(f"{atom}link").get("href") for entry in entries] == [
        f"https://pmi.example.org/revisions?lang={lang}#{made['version']}"
        for made in reversed(release.load_releases())
    ]


def test_two_releases_of_one_day_keep_their_order_in_the_feed_and_none_lies_in_the_future():
    made = [
        {"version": version, "date": day}
        for version, day in (("aa", "2026-11-21"), ("bb", "2026-11-22"), ("cc", "2026-11-22"))
    ]
    text = feed.render_feed(made, [], "https://pmi.example.org", "en")
    atom = "{http://www.w3.org/2005/Atom}"
    root = ElementTree.fromstring(text)
    assert [entry.find(f"{atom}id").text[-2:] for entry in root.findall(f"{atom}entry")] == ["cc", "bb", "aa"]
    assert [entry.find(f"{atom}updated").text for entry in root.findall(f"{atom}entry")] == [
        "2026-11-22T00:00:02Z",
        "2026-11-22T00:00:01Z",
        "2026-11-21T00:00:00Z",
    ]
    assert root.find(f"{atom}updated").text == "2026-11-22T00:00:02Z"
    assert "ul" not in text
    assert "no figure changed" in root.find(f"{atom}entry/{atom}title").text
