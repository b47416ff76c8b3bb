"""The code lists and the boundaries: every code known once, named in both languages, drawn or readable where
the data use it.
"""

import csv
import json
from itertools import pairwise
from pathlib import Path

import pytest

from ripresa.views.components.document_link import render_document_link

ROOT = Path(__file__).resolve().parent.parent
LISTS = ["geographies", "sectors", "sizes", "genders", "editions", "units"]
COLUMNS = {
    "geo": "geographies",
    "sector": "sectors",
    "size": "sizes",
    "gender": "genders",
    "edition": "editions",
    "unit": "units",
}
MAPS = {"italy_nuts2": 21, "europe_countries": 63, "world_countries": 231, "nuts2_europe": 247}
LAYERS = {"coastlines", "land", "ocean", "lakes", "rivers", "countries", "subunits"}


def rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def codes(name):
    return rows(ROOT / "data" / "codes" / f"{name}.csv")


def words(row):
    """The code and its aliases; an empty cell has none, a leading | stands for the empty word."""
    return [row["code"], *(row["aliases"].split("|") if row["aliases"] else [])]


def features(name):
    return json.loads((ROOT / "static" / "geo" / f"{name}.geojson").read_text(encoding="utf-8"))["features"]


def shells(geometry):
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [polygon[0] for polygon in polygons]


def turn(ring):
    """Twice the signed area: negative is clockwise."""
    return sum(x * v - u * y for (x, y), (u, v) in pairwise(ring))


@pytest.mark.parametrize("name", LISTS)
def test_a_word_means_one_code(name):
    said = [word for row in codes(name) for word in words(row)]
    assert sorted(said) == sorted(set(said))


@pytest.mark.parametrize("name", LISTS)
def test_every_code_is_named_in_both_languages(name):
    for row in codes(name):
        assert row["code"], row
        assert row["name_it"].strip(), row
        assert row["name_en"].strip(), row
        for it in (
            key for key in row if key.startswith(("note_", "short_", "suffix_")) and key.endswith("_it")
        ):
            if not it.startswith("suffix"):
                assert bool(row[it]) == bool(row[it.replace("_it", "_en")]), row


@pytest.mark.parametrize("name", [name for name in LISTS if name != "units"])
def test_positions_are_a_reading_order(name):
    positions = [int(row["position"]) for row in codes(name)]
    assert positions == sorted(set(positions))


@pytest.mark.parametrize("name", ["geographies", "sectors"])
def test_parents_exist(name):
    known = {row["code"] for row in codes(name)}
    assert {row["parent"] for row in codes(name)} - {""} <= known


def test_italy_has_21_areas_in_four_macro_areas():
    areas = [row for row in codes("geographies") if row["level"] == "area"]
    macros = [row for row in codes("geographies") if row["level"] == "macro"]
    assert len(areas) == 21
    assert [row["code"] for row in macros] == ["ITC", "ITH", "ITI", "ITF+ITG"]
    for macro in macros:
        assert macro["members"].split() == [area["code"] for area in areas if area["parent"] == macro["code"]]


def test_members_of_areas_and_groups_are_known_and_the_union_has_27():
    table = {row["code"]: row for row in codes("geographies")}
    for row in table.values():
        if row["level"] in ("macro", "joined", "group"):
            assert set(row["members"].split()) <= set(table), row["code"]
    assert len(table["EU27_2020"]["members"].split()) == 27


def test_codes_that_readers_get_wrong():
    table = {row["code"]: row for row in codes("geographies")}
    assert table["NAM"]["iso2"] == "NA"
    assert (table["GRC"]["iso2"], table["GRC"]["eu_code"]) == ("GR", "EL")
    assert (table["GBR"]["iso2"], table["GBR"]["eu_code"]) == ("GB", "UK")
    assert {row["continent"] for row in table.values() if row["level"] == "country"} == {
        "AF",
        "AS",
        "EU",
        "NA",
        "SA",
        "OC",
    }


def test_short_sector_names_fit_an_axis():
    for row in codes("sectors"):
        assert 0 < len(row["short_it"]) <= 28, row["code"]
        assert 0 < len(row["short_en"]) <= 28, row["code"]


@pytest.mark.parametrize("name", MAPS)
def test_every_shape_has_a_known_code_and_turns_clockwise(name):
    known = {row["code"] for row in codes("geographies")}
    shapes = features(name)
    assert len({shape["id"] for shape in shapes}) == len(shapes) == MAPS[name]
    for shape in shapes:
        assert shape["id"] == shape["properties"]["id"]
        assert shape["id"] in known
        assert all(turn(ring) < 0 for ring in shells(shape["geometry"])), shape["id"]


def test_the_tile_grid_has_one_tile_an_area():
    grid = json.loads((ROOT / "data" / "geo" / "italy_tilegrid.json").read_text(encoding="utf-8"))
    assert set(grid["tiles"]) == {shape["id"] for shape in features("italy_nuts2")}
    places = {(tile["row"], tile["col"]) for tile in grid["tiles"].values()}
    assert len(places) == 21
    assert all(row < grid["rows"] and col < grid["cols"] for row, col in places)


def test_topologies_have_every_layer_and_no_shape():
    files = sorted((ROOT / "static" / "topojson").glob("*.json"))
    assert {"world_110m.json", "world_50m.json", "europe_110m.json", "africa_110m.json"} <= {
        file.name for file in files
    }
    for file in files:
        objects = json.loads(file.read_text())["objects"]
        assert set(objects) == LAYERS
        assert not any(layer["geometries"] for layer in objects.values())


@pytest.mark.parametrize("path", sorted((ROOT / "data" / "raw").glob("*__*.csv")), ids=lambda path: path.stem)
def test_every_word_of_the_raw_figures_is_known(path):
    for column, name in COLUMNS.items():
        known = {word for row in codes(name) for word in words(row)}
        assert {row[column] for row in rows(path) if column in row} <= known, column


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("it", "ISTAT, Titolo 2019-2024, scaricato il 18 luglio 2026"),
        ("en", "ISTAT, Titolo 2019-2024, downloaded 18 July 2026"),
    ],
)
def test_the_day_of_a_document_is_written_out(lang, said):
    assert render_document_link("ISTAT", "Titolo 2019-2024", "downloaded 2026-07-18", "", lang) == said


def test_italian_titles_have_their_accents():
    told = (ROOT / "data" / "raw" / "future_of_business__country_wave.csv").read_text(encoding="utf-8")
    assert "Per metà delle Pmi la salvezza è l'online" in told
    assert not any(lost in told for lost in ("sosterra ", "Per meta ", ": cosi ", " c'e "))
