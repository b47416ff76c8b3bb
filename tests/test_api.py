"""What is shown can be taken: every declared address answers as declared, in every format, and says in a
sentence what was wrong with a request.
"""

import gzip
import hashlib
import io
import json
import re
import shutil
from urllib.parse import quote

import duckdb
import frictionless
import jsonschema
import pandas as pd
import pyarrow as pa
import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from markupsafe import escape
from pyjstat import pyjstat
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ripresa import settings
from ripresa.api import boundary_files, handlers, jsonstat_writer, row_stream, serializers
from ripresa.api.endpoints import BOUNDARY_NAMES, ENDPOINTS, KEY_PARAMETERS, MAX_QUERY_LENGTH
from ripresa.api.problem import STATUS_CODES
from ripresa.database import query as queries
from ripresa.database import releases
from ripresa.i18n import t, translate_fragments
from ripresa.views.components import data_table as ui_table
from ripresa.web import routes

V1 = "/api/v1"
APP = Starlette(routes=routes.ROUTES)
CLIENT = TestClient(APP, raise_server_exceptions=False)
LISTS = [endpoint for endpoint in ENDPOINTS if endpoint.order_by]
TABLES = [endpoint for endpoint in ENDPOINTS if "csv" in endpoint.formats]
PLAIN = {"Accept-Encoding": "identity"}
SMALL = "?indicator=death_rate&geo=ITC4&geo=ITF2&lang=en"


def get(address: str, status: int = 200, **headers):
    """An answer of the API with the status expected."""
    whole = address if address.startswith(("/api/", "/healthz", "/readyz")) else V1 + address
    answer = CLIENT.get(whole, headers={key.replace("_", "-"): value for key, value in headers.items()})
    assert answer.status_code == status, answer.text[:500]
    return answer


def address(endpoint) -> str:
    """An address of an endpoint, its path filled with an example."""
    return V1 + endpoint.path.format(
        **{
            parameter.name: parameter.example
            for parameter in endpoint.parameters
            if parameter.location == "path"
        }
    )


def table(sql: str) -> pd.DataFrame:
    """Rows of the database as they are there."""
    with queries.open_cursor() as (own, _):
        return own.execute(sql).df()


def csv(answer) -> pd.DataFrame:
    return pd.read_csv(
        io.BytesIO(answer.content),
        keep_default_na=False,
        na_values={name: [""] for name in ("value", "ci_low", "ci_high", "n", "evidence_value")},
        dtype={"period": str, "code": str, "size": str},
    )


@pytest.fixture
def older(tmp_path, monkeypatch):
    """A database of another version in place, the true one's figures kept as a release."""
    current = queries.get_data_version()
    other = tmp_path / "ripresa.duckdb"
    shutil.copy(settings.get_database_path(), other)
    with duckdb.connect(str(other)) as connection:
        connection.execute("update build set version = 'ffffffffffff'")
    (tmp_path / "releases").mkdir()
    was = releases.load_observations(current)
    was.assign(value=was["value"] + 1).to_parquet(tmp_path / "releases" / f"{current}.parquet")
    monkeypatch.setenv("RIPRESA_DATABASE", str(other))
    monkeypatch.setattr(settings, "DATA", tmp_path)
    lines = [
        {"version": "aaaaaaaaaaaa", "date": "2026-01-01", "previous": "", "observations": "1"},
        {"version": current, "date": "2026-02-01", "previous": "aaaaaaaaaaaa", "observations": "12979"},
    ]
    monkeypatch.setattr(releases, "load_releases", lambda: lines)
    assert queries.get_data_version() == "ffffffffffff"
    yield current
    monkeypatch.undo()
    assert queries.get_data_version() == current


# --- every address, every format ---


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_every_address_answers_get_and_head_alike(endpoint):
    there = get(address(endpoint))
    head = CLIENT.head(address(endpoint))
    assert head.status_code == 200
    assert head.content == b""
    for name in (
        "etag",
        "content-type",
        "cache-control",
        "vary",
        "content-encoding",
        "data-version",
        "x-total-count",
        "access-control-allow-origin",
    ):
        assert head.headers.get(name) == there.headers.get(name), name


@pytest.mark.parametrize(
    "endpoint", [endpoint for endpoint in ENDPOINTS if endpoint.pinnable], ids=lambda endpoint: endpoint.name
)
def test_the_version_in_place_has_an_address_that_never_changes(endpoint):
    pinned = address(endpoint).replace(V1, f"{V1}/versions/{queries.get_data_version()}", 1)
    here, there = get(address(endpoint)), get(pinned)
    if endpoint.name not in ("database", "openapi", "page"):
        assert here.content == there.content
    assert "max-age=60" in here.headers["cache-control"]
    assert ("immutable" in there.headers["cache-control"]) == (
        endpoint.name not in ("database", "openapi", "page")
    )


@pytest.mark.parametrize("endpoint", LISTS, ids=lambda endpoint: endpoint.name)
@pytest.mark.parametrize("format", ["csv", "json"])
def test_a_list_is_its_table_whole(endpoint, format):
    answer = get(f"{endpoint.path}?format={format}")
    found = csv(answer) if format == "csv" else pd.DataFrame(answer.json()["rows"])
    whole = table(f"select * from {endpoint.table} order by {endpoint.order_by}")
    assert list(found.columns) == list(whole.columns)
    assert len(found) == len(whole) == int(answer.headers["x-total-count"])
    assert found.iloc[:, 0].astype(str).tolist() == whole.iloc[:, 0].astype(str).tolist()
    if format == "json":
        assert answer.json()["version"] == queries.get_data_version()
        assert answer.json()["total"] == len(whole)


def test_namibia_and_north_america_are_not_missing_values():
    rows = csv(get("/geographies?format=csv"))
    assert rows[rows["code"] == "NAM"]["iso2"].tolist() == ["NA"]
    assert "NA" in set(rows["continent"])


def test_all_observations_leave_as_csv():
    rows, whole = (
        csv(get("/observations")),
        table(
            "select * from observations order by indicator, geo, sector, gender, size, edition, "
            "period_start, period"
        ),
    )
    assert len(rows) == len(whole)
    for name in (
        "indicator",
        "geo",
        "sector",
        "gender",
        "size",
        "period",
        "edition",
        "status",
        "flags",
        "source",
        "no_ci_reason",
        "sample_size_note",
    ):
        assert rows[name].tolist() == whole[name].tolist(), name
    assert rows["population"].tolist() == [
        translate_fragments(text, "it", "population_") for text in whole["population"]
    ]
    assert "active enterprises" not in set(rows["population"])
    for name in ("value", "ci_low", "ci_high", "n"):
        assert rows[name].isna().tolist() == whole[name].isna().tolist(), name
        assert (rows[name].dropna().to_numpy() == whole[name].dropna().to_numpy(dtype=float)).all(), name
    assert set(rows["data_version"]) == {queries.get_data_version()}


def test_all_observations_leave_as_parquet():
    answer = get("/observations?format=parquet&lang=en")
    rows, whole = (
        pd.read_parquet(io.BytesIO(answer.content)),
        table(
            "select * from observations order by indicator, geo, sector, gender, size, edition, "
            "period_start, period"
        ),
    )
    for name in (
        "indicator",
        "geo",
        "sector",
        "gender",
        "size",
        "period",
        "edition",
        "value",
        "ci_low",
        "n",
        "flags",
        "population",
    ):
        pd.testing.assert_series_equal(rows[name], whole[name], check_dtype=False)
    assert "Lombardy" in set(rows["geo_name"])
    assert (
        f"ripresa-digitale_{queries.get_data_version()}_observations.parquet"
        in answer.headers["content-disposition"]
    )


def test_all_observations_leave_as_json_with_missing_as_null():
    answer = get("/observations?format=json").json()
    assert answer["total"] == len(answer["rows"]) == len(table("from observations"))
    assert all(
        row["ci_low"] is None or row["ci_low"] <= row["value"] <= row["ci_high"] for row in answer["rows"]
    )
    assert answer["rows"][0]["n"] is None


@pytest.mark.parametrize(("lang", "name"), [("it", "Lombardia"), ("en", "Lombardy")])
def test_labels_are_in_the_language_asked(lang, name):
    assert {
        row["geo_name"]
        for row in get(f"/observations?geo=ITC4&format=json&lang={lang}&limit=3").json()["rows"]
    } == {name}


@pytest.mark.parametrize("format", ["csv", "json", "parquet"])
@pytest.mark.parametrize(
    ("lang", "base"), [("it", "imprese attive; V97030"), ("en", "active enterprises; V97030")]
)
def test_the_population_is_in_the_language_asked_in_every_format_of_every_kept_version(
    format, lang, base, older
):
    for start in ("", f"/versions/{older}"):
        answer = get(
            f"{start}/observations?indicator=death_rate&geo=DEU&sector=G&period=2020"
            f"&format={format}&lang={lang}"
        )
        rows = (
            csv(answer)
            if format == "csv"
            else pd.read_parquet(io.BytesIO(answer.content))
            if format == "parquet"
            else pd.DataFrame(answer.json()["rows"])
        )
        assert len(rows)
        assert set(rows["population"]) == {base}


def test_a_phrase_without_words_leaves_as_it_is(older):
    path = row_stream.find_release_file(older)
    pd.read_parquet(path).assign(population="firms nobody named; active enterprises").to_parquet(path)
    assert set(
        csv(get(f"/versions/{older}/observations{SMALL.replace('lang=en', 'lang=it')}"))["population"]
    ) == {"firms nobody named; imprese attive"}


def test_lists_repeat_the_name_and_each_narrows():
    rows = get(f"/observations{SMALL}&period=2023&period=2024&format=json").json()["rows"]
    assert {(row["indicator"], row["geo"], row["period"]) for row in rows} == {
        ("death_rate", geo, period) for geo in ("ITC4", "ITF2") for period in ("2023", "2024")
    }


def test_a_choice_without_data_is_an_empty_answer_with_its_header():
    for format in ("csv", "parquet", "json", "jsonstat"):
        answer = get(f"/observations?indicator=desi_rank&geo=ITC4&format={format}")
        assert answer.headers["x-total-count"] == "0"
    assert csv(get("/observations?indicator=desi_rank&geo=ITC4")).columns[0] == "indicator"
    assert pd.read_parquet(
        io.BytesIO(get("/observations?indicator=desi_rank&geo=ITC4&format=parquet").content)
    ).empty
    assert get("/observations?indicator=desi_rank&geo=ITC4&format=jsonstat").json()["value"] == {}


@pytest.mark.parametrize(
    "indicator",
    ["death_rate", "innovative_startups_female_majority_share", "closure_rate", "gva_change_vs_2019"],
)
def test_json_stat_loads_with_pyjstat(indicator):
    text = get(f"/observations?indicator={indicator}&format=jsonstat&lang=en").text
    loaded = pyjstat.Dataset.read(text).write("dataframe", naming="id").dropna(subset=["value"])
    whole = table(f"select * from observations where indicator = '{indicator}'")
    key = list(jsonstat_writer.DIMENSIONS)
    assert (
        loaded.set_index(key)["value"]
        .astype(float)
        .sort_index()
        .equals(whole.set_index(key)["value"].sort_index())
    )


@pytest.mark.parametrize(
    ("asked", "how", "name"),
    [
        ("/observations?indicator=death_rate&format=csv", "attachment", "observations.csv"),
        ("/observations?indicator=death_rate&format=parquet", "attachment", "observations.parquet"),
        ("/observations?indicator=death_rate&format=json", "inline", "observations.json"),
        ("/observations?indicator=death_rate&format=jsonstat", "inline", "observations.jsonstat.json"),
        ("/revisions", "inline", "revisions.json"),
        ("/versions", "inline", "versions.json"),
    ],
)
def test_what_is_saved_has_a_name_with_its_version_and_ending(asked, how, name):
    assert (
        get(asked).headers["content-disposition"]
        == f'{how}; filename="ripresa-digitale_{queries.get_data_version()}_{name}"'
    )


def test_the_address_in_a_json_stat_answer_gives_that_answer():
    answer = get("/observations?indicator=death_rate&geo=ITC4&geo=ITF2&lang=en&format=jsonstat").json()
    assert answer["size"][1] == 2
    assert get(answer["href"]).json() == answer


def test_json_stat_keeps_flags_intervals_and_states():
    cube = get(
        "/observations?indicator=innovative_startups_female_majority_share&indicator=death_rate"
        "&format=jsonstat"
    ).json()
    codes = [cube["dimension"][name]["category"]["index"] for name in cube["id"]]

    def key(cell: str) -> tuple:
        place, found = int(cell), []
        for size, own in zip(reversed(cube["size"]), reversed(codes), strict=True):
            place, at = divmod(place, size)
            found.append(own[at])
        return tuple(reversed(found))

    whole = table(
        "select * from observations where indicator in ('innovative_startups_female_majority_share', "
        "'death_rate')"
    ).set_index(list(jsonstat_writer.DIMENSIONS))
    beside = {"ci_low": cube["extension"]["ci_low"], "n": cube["extension"]["n"], "value": cube["value"]}
    for name, cells in beside.items():
        assert {key(cell): value for cell, value in cells.items()} == whole[name].dropna().to_dict()
    assert {key(cell): flags for cell, flags in cube["status"].items()} == whole[whole["flags"] != ""][
        "flags"
    ].to_dict()
    assert {key(cell): state for cell, state in cube["extension"]["state"].items()} == whole[
        whole["status"] != "ok"
    ]["status"].to_dict()
    assert cube["role"] == {"time": ["period"], "geo": ["geo"], "metric": ["indicator"]}
    assert cube["dimension"]["indicator"]["category"]["unit"]["death_rate"] == {"label": "percent"}


def test_a_cube_too_large_for_its_readers_is_refused_in_a_sentence():
    said = get("/observations?format=jsonstat&lang=en", 400).json()
    assert said["type"].endswith("#large")
    assert said["parameter"] == "format"
    assert "one indicator at a time" in said["detail"]


def test_pages_joined_are_the_whole():
    whole, found, here = (
        get(f"/observations{SMALL}&format=json").json()["rows"],
        [],
        f"{V1}/observations{SMALL}&format=json&limit=5",
    )
    for _ in range(20):
        answer = get(here)
        found += answer.json()["rows"]
        links = dict(
            reversed(re.fullmatch(r'<(.+)>; rel="(\w+)"', link).groups())
            for link in answer.headers["link"].split(", ")
        )
        if "next" not in links:
            break
        here = links["next"]
    assert found == whole
    assert len(whole) == int(answer.headers["x-total-count"]) > 10
    assert "prev" in links


def test_coverage_narrows_to_an_indicator():
    rows = get("/coverage?indicator=desi_rank").json()["rows"]
    assert {row["indicator"] for row in rows} == {"desi_rank"}
    assert rows


def test_every_figure_leads_to_the_documents_it_was_read_in():
    rows = get(f"/citations{SMALL.replace('&lang=en', '')}").json()["rows"]
    figures_ = get(f"/observations{SMALL}&format=json").json()["rows"]
    assert {tuple(row[name] for name in jsonstat_writer.DIMENSIONS) for row in rows} == {
        tuple(row[name] for name in jsonstat_writer.DIMENSIONS) for row in figures_
    }
    assert all(
        row["title"] and row["publisher"] and row["source_location"].startswith("data/") for row in rows
    )


@pytest.mark.parametrize("name", BOUNDARY_NAMES)
def test_boundaries_are_the_files_of_the_maps(name):
    answer = get(f"/boundaries/{name}")
    assert answer.content == (boundary_files.BOUNDARIES_FOLDER / f"{name}.geojson").read_bytes()
    assert answer.headers["content-type"] == "application/geo+json"
    listed = {row["name"]: row for row in get("/boundaries").json()["rows"]}
    assert listed[name]["features"] == len(answer.json()["features"])
    assert get(listed[name]["href"]).content == answer.content


def test_revisions_are_those_of_the_releases(monkeypatch):
    line = dict.fromkeys(releases.REVISION_COLUMNS, "") | {
        "date": "2026-11-22",
        "version": "ffffffffffff",
        "kind": "revised",
        "geo": "ITC4",
        "old_value": "17.4",
        "new_value": "17.1",
        "observations": "1",
    }
    monkeypatch.setattr(releases, "load_revisions", lambda: [line])
    assert get("/revisions").json()["rows"] == [line | {"observations": 1}]
    assert csv(get("/revisions?format=csv"))[["geo", "old_value", "new_value", "observations"]].to_dict(
        "records"
    ) == [{"geo": "ITC4", "old_value": 17.4, "new_value": 17.1, "observations": 1}]


def test_the_database_leaves_whole_under_its_version_and_can_be_resumed(tmp_path):
    answer = get("/database")
    assert answer.content == settings.get_database_path().read_bytes()
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert (
        f'filename="ripresa-digitale_{queries.get_data_version()}.duckdb"'
        in answer.headers["content-disposition"]
    )
    half = get("/database", 206, Range="bytes=1000-1999", If_Range=answer.headers["etag"])
    assert half.content == answer.content[1000:2000]
    assert get("/database", 416, Range="bytes=99999999999-").status_code == 416
    copy = tmp_path / "taken.duckdb"
    copy.write_bytes(answer.content)
    with duckdb.connect(str(copy), read_only=True) as taken:
        assert taken.execute("select version from build").fetchall() == [(queries.get_data_version(),)]


def test_a_text_cell_a_spreadsheet_would_run_is_quoted():
    schema = pa.schema([("text", pa.string()), ("number", pa.float64())])
    batch = pa.RecordBatch.from_pylist(
        [{"text": cell, "number": -1.0} for cell in ("=1+1", "@a", "-x", "+x", "plain", None, "")],
        schema=schema,
    )
    cells = pd.read_csv(
        io.BytesIO(b"".join(serializers.serialize_csv(schema, [batch]))), keep_default_na=False
    )
    assert cells["text"].tolist() == ["'=1+1", "'@a", "'-x", "'+x", "plain", "", ""]
    assert set(cells["number"]) == {-1.0}


def test_the_files_of_the_routes_and_of_the_pages_neutralise_alike():
    cells = ["=1", "＝1+1", "'=1", "plain", "10-49"]
    schema = pa.schema([("text", pa.string())])
    taken = b"".join(
        serializers.serialize_csv(
            schema, [pa.RecordBatch.from_pylist([{"text": cell} for cell in cells], schema=schema)]
        )
    )
    for file in (taken, ui_table.build_csv(pd.DataFrame({"text": cells}))):
        assert pd.read_csv(io.BytesIO(file))["text"].tolist() == ["'=1", "'＝1+1", "''=1", "plain", "10-49"]


# --- versions ---


def test_a_version_never_seen_is_not_found_and_the_newest_is_named():
    for version in ("000000000000", "nonsense", "7EA265C38504", "%2e%2e"):
        said = get(f"/versions/{version}/observations", 404).json()
        assert said["current"] == queries.get_data_version()
        assert said["current_address"] == f"{V1}/observations"
        assert get(said["releases"])


def test_the_figures_of_a_kept_version_are_still_served(older):
    now, then = csv(get(f"/observations{SMALL}")), csv(get(f"/versions/{older}/observations{SMALL}"))
    assert (then["value"] == now["value"] + 1).all()
    assert then.drop(columns=["value", "data_version"]).equals(now.drop(columns=["value", "data_version"]))
    assert set(then["data_version"]) == {older}
    assert set(now["data_version"]) == {"ffffffffffff"}
    assert "immutable" in get(f"/versions/{older}/observations{SMALL}").headers["cache-control"]
    assert (
        get(f"/observations{SMALL}&format=json").headers["etag"]
        != get(f"/versions/{older}/observations{SMALL}&format=json").headers["etag"]
    )


def test_what_is_not_kept_of_an_older_version_is_gone(older):
    said = get(f"/versions/{older}/indicators", 410).json()
    assert said["current"] == "ffffffffffff"
    assert f"/versions/{older}/observations" in said["detail"]
    assert get("/versions/aaaaaaaaaaaa/observations", 410).json()["type"].endswith("#version_gone")


def test_versions_lists_the_one_in_place_and_those_kept(older):
    rows = get("/versions").json()["rows"]
    assert [(row["version"], row["current"], bool(row["observations_url"])) for row in rows] == [
        ("ffffffffffff", True, True),
        (older, False, True),
        ("aaaaaaaaaaaa", False, False),
    ]
    assert all(get(row["observations_url"] + "?limit=1") for row in rows if row["observations_url"])


def test_every_archived_release_is_read_by_the_code_of_today(tmp_path, monkeypatch):
    """A release archived with other column names would answer 500 to the links that cite it."""
    database = tmp_path / "ripresa.duckdb"
    shutil.copy(settings.get_database_path(), database)
    with duckdb.connect(str(database)) as connection:
        connection.execute("update build set version = 'eeeeeeeeeeee'")
    monkeypatch.setenv("RIPRESA_DATABASE", str(database))
    monkeypatch.setenv("RIPRESA_READ_ONLY", "1")
    versions = [line["version"] for line in releases.load_releases() if line["version"] != "eeeeeeeeeeee"]
    assert versions
    for version in versions:
        assert len(releases.load_observations(version)) > 10_000
        for form in ("csv", "json", "parquet"):
            path = f"/versions/{version}/observations?indicator=death_rate&geo=ITC4&format={form}"
            assert get(path).headers["data-version"] == version


def test_a_new_version_has_new_etags(older):
    assert get("/observations?limit=1", If_None_Match=get("/observations?limit=1&offset=1").headers["etag"])
    tag = get("/sources").headers["etag"]
    assert get("/sources", 304, If_None_Match=tag).content == b""


# --- what saves work ---


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_nothing_is_sent_twice(endpoint):
    first = get(address(endpoint), **PLAIN)
    for tag in (
        first.headers["etag"],
        f"W/{first.headers['etag']}",
        f'"x", {first.headers["etag"]}',
        "*",
        get(address(endpoint)).headers["etag"],
    ):
        again = get(address(endpoint), 304, If_None_Match=tag)
        assert again.content == b""
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["vary"]
        assert again.headers["cache-control"]
    assert get(address(endpoint), If_None_Match='"other"').content


def test_etags_differ_by_what_was_asked():
    asked = [
        "",
        "?lang=en",
        "?format=json",
        "?indicator=death_rate",
        "?limit=3",
        "?limit=3&offset=1",
        "?period=2020",
    ]
    assert len({get(f"/observations{query}", **PLAIN).headers["etag"] for query in asked}) == len(asked)


@pytest.mark.parametrize(
    ("accepts", "encoded"),
    [
        ("gzip", True),
        ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("GZIP", True),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip;q=0.0, br", False),
        ("br", False),
        ("", False),
    ],
)
def test_answers_are_compressed_for_those_who_accept_it(accepts, encoded):
    for path in (f"/observations{SMALL}", "/indicators", "/openapi.json", "/boundaries/italy_nuts2", "/"):
        with CLIENT.stream("GET", V1 + path, headers={"Accept-Encoding": accepts}) as answer:
            raw = b"".join(answer.iter_raw())
            assert (answer.headers.get("content-encoding") == "gzip") == encoded, path
        assert (gzip.decompress(raw) if encoded else raw) == get(path, **PLAIN).content


def test_what_is_compressed_inside_is_left_as_it_is():
    for path in ("/observations?format=parquet", "/database"):
        assert get(path, Accept_Encoding="gzip").headers["content-encoding"] == "identity"


# --- what is refused, and how ---


WRONG = {
    "unknown parameter": ("/observations?geography=ITC4", "geography", "geo"),
    "unknown indicator": ("/observations?indicator=deth_rate", "indicator", "death_rate"),
    "unknown area": ("/observations?geo=ITC4&geo=itc4", "geo", None),
    "unknown area near": ("/observations?geo=ITC44", "geo", "ITC4"),
    "empty value": ("/observations?sector=", "sector", "all"),
    "unknown gender": ("/observations?gender=f", "gender", "female"),
    "unknown size": ("/observations?size=big", "size", "10-49"),
    "unknown format": ("/observations?format=xlsx", "format", "csv"),
    "unknown language": ("/observations?lang=fr", "lang", "en"),
    "two formats": ("/observations?format=csv&format=json", "format", None),
    "two limits": ("/observations?limit=1&limit=2", "limit", None),
    "no rows": ("/observations?limit=0", "limit", None),
    "negative": ("/observations?offset=-1", "offset", None),
    "not a number": ("/observations?limit=ten", "limit", None),
    "a fraction": ("/observations?limit=1.5", "limit", None),
    "other digits": ("/observations?limit=%D9%A3", "limit", None),
    "too many": ("/observations?limit=99999999999999999999999", "limit", None),
    "not a period": ("/observations?period=yesterday", "period", None),
    "thirteenth month": ("/observations?period=2020-13", "period", None),
    "line break": ("/observations?period=2020%0A", "period", None),
    "other digits in a period": ("/observations?period=%D9%A2%D9%A0%D9%A2%D9%A0", "period", None),
    "sql": ("/observations?geo=ITC4'%20or%201=1--", "geo", "ITC4"),
    "a list takes no area": ("/sources?geo=ITA", "geo", None),
    "csv of boundaries": ("/boundaries?format=csv", "format", None),
    "bytes": ("/observations?geo=%FF%FE", "geo", None),
    "surrogate": ("/observations?geo=%ED%A0%80", "geo", None),
    "null": ("/observations?geo=%00", "geo", None),
    "long": (f"/observations?geo={'x' * 3000}", "geo", None),
}


@pytest.mark.parametrize(("path", "parameter", "allowed"), WRONG.values(), ids=WRONG)
def test_a_wrong_parameter_is_named_with_what_is_allowed(path, parameter, allowed):
    answer = get(path, 400, Accept_Language="en")
    said = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert {"type", "title", "status", "detail", "instance"} <= set(said)
    assert said["status"] == 400
    assert said["parameter"] == parameter
    assert said["instance"] == f"{V1}{path.partition('?')[0]}"
    assert said["detail"].endswith(".")
    assert len(answer.content) < 3000
    assert allowed is None or allowed in said["allowed"]


@pytest.mark.parametrize(
    ("lang", "title"), [("it", "Un parametro non va bene"), ("en", "A parameter is not right")]
)
def test_problems_speak_the_visitor_s_language(lang, title):
    assert get("/observations?geo=x", 400, Accept_Language=lang).json()["title"] == title
    said = get(f"/observations?geo=x&lang={lang}", 400, Accept_Language="de")
    assert said.json()["title"] == title
    assert said.headers["content-language"] == lang


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/observations/",
        "/boundaries/atlantis",
        "/boundaries/..%2f..%2fREADME",
        "/boundaries/italy_nuts2.geojson",
        "/versions/x/y/z",
    ],
)
def test_an_address_that_is_not_there_is_a_problem_too(path):
    answer = CLIENT.get(V1 + path, follow_redirects=False)
    if answer.status_code != 307:
        assert answer.status_code in (400, 404)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["instance"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_reading_only(method):
    answer = CLIENT.request(method, f"{V1}/observations")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert answer.json()["type"].endswith("#method")


def test_an_address_too_long_is_refused():
    said = get(f"/observations?{'&'.join(['geo=ITC4'] * 1000)}", 414).json()
    assert said["type"].endswith("#long")
    assert str(MAX_QUERY_LENGTH) in said["detail"]
    assert get(f"/observations?{'&'.join(['geo=ITC4'] * 800)}&limit=1")


def test_every_problem_has_its_words_and_its_place_on_the_page():
    page = get("/?lang=en").text
    for kind in STATUS_CODES:
        assert f'id="{kind}"' in page
        assert t(f"problem_{kind}", "it") != t(f"problem_{kind}", "en")


def test_a_fault_of_the_server_is_a_problem_without_its_insides(monkeypatch):
    monkeypatch.setattr(handlers.row_stream, "RowStream", lambda *_, **__: 1 / 0)
    answer = get("/observations", 500)
    assert answer.json()["type"].endswith("#failed")
    assert "division" not in answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_without_a_database_it_says_so(monkeypatch, tmp_path):
    queries.get_data_version()
    broken = tmp_path / "broken.duckdb"
    broken.write_bytes(b"not a database")
    monkeypatch.setenv("RIPRESA_DATABASE", str(broken))
    for path in (f"/observations{SMALL}", "/indicators", "/openapi.json", "/database"):
        answer = get(path, 503)
        assert answer.json()["type"].endswith("#no_database")
        assert answer.headers["retry-after"]


@hypothesis_settings(max_examples=100, deadline=None)
@given(
    st.text(max_size=40),
    st.lists(
        st.tuples(
            st.sampled_from(["indicator", "geo", "period", "limit", "offset", "format", "lang", "x", ""]),
            st.text(max_size=12),
        ),
        max_size=5,
    ),
)
def test_no_address_breaks_it(path, query):
    answer = CLIENT.get(f"{V1}/{quote(path)}", params=query, follow_redirects=False)
    assert answer.status_code < 500
    assert CLIENT.get(f"{V1}/observations", params=[*query, ("limit", "3")]).status_code in (200, 400)


# --- open to other sites ---


@pytest.mark.parametrize("path", ["/observations?limit=1", "/observations?geo=x", "/nothing", "/"])
def test_any_site_may_read(path):
    answer = CLIENT.get(V1 + path, headers={"Origin": "https://example.org"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "ETag" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in answer.headers
    assert "set-cookie" not in answer.headers


def test_a_browser_s_question_before_reading_is_answered():
    answer = CLIENT.options(
        f"{V1}/observations",
        headers={
            "Origin": "https://example.org",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "if-none-match",
        },
    )
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
    assert answer.headers["access-control-allow-headers"] == "*"


# --- the descriptions ---


@pytest.mark.parametrize("lang", ["it", "en"])
def test_the_openapi_document_declares_every_address(lang):
    document = get(f"/openapi.json?lang={lang}").json()
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {endpoint.path for endpoint in ENDPOINTS}
    for endpoint in ENDPOINTS:
        operation = document["paths"][endpoint.path]["get"]
        assert operation["summary"] == endpoint.describe(lang)
        assert {parameter["name"] for parameter in operation["parameters"]} == {
            parameter.name for parameter in endpoint.parameters
        } | set(endpoint.query_parameters)
    for name, schema in document["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema | {"$defs": {}}), name
    assert (
        "indicator"
        in document["components"]["schemas"]["Observations"]["properties"]["rows"]["items"]["properties"]
    )


@pytest.mark.parametrize(
    ("lang", "terms", "column"),
    [
        ("it", "Condizioni di riuso come le dice l'editore, in italiano", "Primo giorno del periodo"),
        ("en", "Terms of reuse as the publisher states them, in Italian", "First day of the period"),
    ],
)
def test_columns_are_described_in_the_language_of_the_document(lang, terms, column):
    schemas = get(f"/openapi.json?lang={lang}").json()["components"]["schemas"]
    columns = {
        name: schemas[name]["properties"]["rows"]["items"]["properties"]
        for name in ("Sources", "Coverage", "Citations", "Dictionary")
    }
    assert columns["Sources"]["licence_it"]["description"] == terms
    assert columns["Coverage"]["period_start"]["description"] == column
    assert all("description" in told for own in columns.values() for told in own.values())


def test_terms_are_given_in_both_languages():
    terms = {row["id"]: (row["licence_it"], row["licence_en"]) for row in get("/sources").json()["rows"]}
    assert terms["women_led_firms"] == ("Cifre citate una per una", "Figures cited one by one")
    assert terms["desi"] == ("CC BY 4.0", "CC BY 4.0")


SCHEMA = schemathesis.openapi.from_asgi(f"{V1}/openapi.json", APP)
OPERATIONS = {operation.ok().label: operation.ok() for operation in SCHEMA.get_all_operations()}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: one.name)
def test_every_address_takes_a_language_and_the_name_of_its_format(endpoint):
    path = endpoint.path.format(name="italy_nuts2")
    example = endpoint.example.replace("?", "&").partition("&format")[0]
    assert get(f"{path}?lang=en&format={endpoint.formats[0]}{example}").status_code == 200


FUZZ = hypothesis_settings(
    max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("label", OPERATIONS)
@pytest.mark.parametrize(
    "mode",
    [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE],
    ids=["right", "wrong"],
)
def test_answers_are_as_declared(label, mode):
    operation = OPERATIONS[label]
    tried = []

    @FUZZ
    @given(case=operation.as_strategy(generation_mode=mode))
    def try_it(case):
        tried.append(case.call_and_validate().status_code)

    try_it()
    assert tried
    assert max(tried) < 500


@pytest.mark.parametrize(("lang", "word"), [("it", "Indirizzi"), ("en", "Addresses")])
def test_the_page_is_readable_in_both_languages_and_alone(lang, word):
    answer = get(f"/?lang={lang}")
    page = answer.text
    assert f'<html lang="{lang}">' in page
    assert f"<h2>{word}</h2>" in page
    assert answer.headers["content-language"] == lang
    assert len(re.findall("<h1", page)) == 1
    assert not re.findall(r'(?:src|href)="(?!/|\?|#)[^"]*"', page)
    assert "<script" not in page
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for endpoint in ENDPOINTS:
        assert f"{V1}{endpoint.path}" in page
        assert escape(endpoint.describe(lang)) in page
    assert all(f'id="p-{parameter.name}"' in page for parameter in KEY_PARAMETERS)
    assert queries.get_data_version() in page
    for link in set(re.findall(r'href="(/api/[^"]+)"', page)):
        assert get(link.replace("&amp;", "&"))


@pytest.mark.parametrize("lang", ["it", "en"])
def test_the_package_of_everything_describes_what_the_addresses_give(lang, tmp_path):
    described = get(f"/datapackage.json?lang={lang}").json()
    assert {one["name"] for one in described["resources"]} == {endpoint.name for endpoint in TABLES}
    assert described["version"] == queries.get_data_version()
    for one in described["resources"]:
        narrow = "&indicator=death_rate" if one["name"] in ("observations", "citations", "coverage") else ""
        (tmp_path / f"{one['name']}.csv").write_bytes(
            get(one["path"].removeprefix("http://testserver") + narrow).content
        )
        one["path"] = f"{one['name']}.csv"
    (tmp_path / "datapackage.json").write_text(json.dumps(described), encoding="utf-8")
    report = frictionless.Package(str(tmp_path / "datapackage.json")).validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "type", "note"])[:5]
    assert any(
        licence["title"] == {"it": "Cifre citate una per una", "en": "Figures cited one by one"}[lang]
        for licence in described["licenses"]
    )


def test_the_page_s_examples_name_the_site_they_are_on_and_nothing_a_visitor_wrote():
    assert (
        escape("curl -OJ 'https://data.example.org/api/v1/observations?")
        in CLIENT.get("https://data.example.org/api/v1/?lang=en").text
    )
    assert "curl -o ripresa-digitale_" in CLIENT.get(f"{V1}/").text, "a download that can be repeated"
    assert "<b>" not in CLIENT.get(f"{V1}/", headers={"Host": "x<b>y"}).text


def test_the_page_opens_in_the_browser_s_language():
    assert '<html lang="en">' in get("/", Accept_Language="en-GB,en;q=0.9").text
    assert '<html lang="it">' in get("/", Accept_Language="de").text


# --- the first page ---


def test_the_first_page_is_found_under_its_name_too():
    for query in ("", "?lang=en&geo=ITC4"):
        answer = CLIENT.get(f"/overview{query}", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (307, f"/{query}")


# --- health ---


def test_health_is_told_in_json():
    assert get("/healthz").json() == {"status": "ok", "version": queries.get_data_version()}
    assert get("/readyz").json() == {
        "status": "ready",
        "version": queries.get_data_version(),
        "checks": {"database": "ok", "inputs": "ok", "boundaries": "ok"},
    }


def test_it_is_not_ready_with_a_database_of_other_inputs(older):
    said = get("/readyz", 503).json()
    assert said["status"] == "not ready"
    assert "ffffffffffff" in said["checks"]["inputs"]
    assert said["checks"]["database"] == "ok"


def test_a_replica_does_not_look_at_the_inputs(older, monkeypatch):
    monkeypatch.setenv("RIPRESA_READ_ONLY", "1")
    assert get("/readyz").json()["checks"]["inputs"] == "not checked"


def test_it_is_not_ready_without_a_database(monkeypatch, tmp_path):
    queries.get_data_version()
    (tmp_path / "broken.duckdb").write_bytes(b"not a database")
    monkeypatch.setenv("RIPRESA_DATABASE", str(tmp_path / "broken.duckdb"))
    assert "broken.duckdb cannot be read" in get("/readyz", 503).json()["checks"]["database"]
    assert get("/healthz", 503).json()["status"] == "failed"


def test_it_is_not_ready_without_the_maps_files(monkeypatch, tmp_path):
    for name in BOUNDARY_NAMES[1:]:
        shutil.copy(boundary_files.BOUNDARIES_FOLDER / f"{name}.geojson", tmp_path)
    (tmp_path / f"{BOUNDARY_NAMES[1]}.geojson").write_text('{"type": "FeatureColl', encoding="utf-8")
    monkeypatch.setattr(boundary_files, "BOUNDARIES_FOLDER", tmp_path)
    assert (
        get("/readyz", 503).json()["checks"]["boundaries"]
        == f"static/geo lacks {BOUNDARY_NAMES[0]}, {BOUNDARY_NAMES[1]}: restore it from the repository"
    )
    assert get(f"/boundaries/{BOUNDARY_NAMES[0]}", 404).json()["detail"]


def test_no_route_imports_streamlit():
    folders = [settings.PACKAGE / name for name in ("api", "web")]
    exempt = {settings.PACKAGE / "web" / "server.py"}
    paths = {path for folder in folders for path in folder.glob("*.py")} - exempt
    for path in paths:
        assert "streamlit" not in [
            word
            for line in path.read_text().splitlines()
            if line.startswith(("import", "from"))
            for word in re.split(r"[\s.]", line)
        ]


def test_the_same_body_is_compressed_to_the_same_bytes():
    assert serializers.gzip_bytes(b"x" * 999) == serializers.gzip_bytes(b"x" * 999)
    assert (
        hashlib.sha256(gzip.decompress(b"".join(serializers.gzip_stream([b"a", b"", b"b"])))).hexdigest()
        == hashlib.sha256(b"ab").hexdigest()
    )


def test_problem_details_can_be_read_by_any_client():
    assert json.loads(get("/nothing", 404).content.decode("ascii"))["status"] == 404
