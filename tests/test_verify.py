"""verify tells a file that is intact from one that was changed, says where and what it was, and knows when
its figures were revised.
"""

import csv
import io
import json
import random
import re
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ripresa import settings
from ripresa.cli import verify_file
from ripresa.database import query, releases
from ripresa.exports import formats, image_metadata, verify
from ripresa.exports import seal as fingerprint
from ripresa.exports.export_table import COLUMNS
from ripresa.web import routes
from tests.helpers.exporting import (
    DIGITS,
    IMAGES,
    TABLES,
    build_file,
    build_pdf,
    build_png,
    build_sealed_image,
    load_export,
)

ROOT = Path(__file__).resolve().parent.parent
TRIES = 60  # digits changed in each format


def digit_changed(content: bytes, random_: random.Random, within: slice = slice(None)) -> tuple[bytes, int]:
    """The content with one digit turned into another, and where."""
    places = [found.start() for found in re.finditer(rb"\d", content)][within]
    place = random_.choice(places)
    other = random_.choice([digit for digit in DIGITS if digit != content[place]])
    return content[:place] + bytes([other]) + content[place + 1 :], place


def rezipped(archive: bytes, member: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, content if name == member else old.read(name))
    return out.getvalue()


def members(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as found:
        return {name: found.read(name) for name in found.namelist()}


# --- intact ---


@pytest.mark.parametrize("lang", ["it", "en"])
@pytest.mark.parametrize("form", TABLES)
def test_a_table_as_it_left_is_intact_and_current(form, lang):
    verdict = verify.verify_file(build_file(form, lang), f"figures.{form}")
    assert (verdict.state, verdict.findings, verdict.row_count) == (
        "current",
        (),
        20,
    )  # figures as published: Trentino and Bolzano share one


def test_a_csv_saved_again_with_its_rows_sorted_or_some_left_out_still_holds_row_by_row():
    lines = build_file("csv").decode().splitlines()
    assert verify.verify_file("\n".join([lines[0], *sorted(lines[3:])]).encode()).state == "current"


@pytest.mark.parametrize("form", TABLES)
def test_a_file_taken_before_it_told_the_references_from_the_areas_is_intact_still(form, monkeypatch):
    shown = load_export("women")
    table = shown.table.drop(columns="role")
    with monkeypatch.context() as then:
        then.setattr(formats, "COLUMNS", {name: told for name, told in COLUMNS.items() if name != "role"})
        older = formats.build_file(
            replace(shown, table=table.assign(check=fingerprint.checksum_rows(table))), form
        )
    verdict = verify.verify_file(older, f"figures.{form}")
    assert (verdict.state, verdict.findings, verdict.row_count) == ("current", (), 20)
    if form == "csv":
        head, first, *_ = older.decode().splitlines()
        assert "role" not in head, first
        assert verify.verify_file(older.replace(b"ITC1,", b"ITC2,", 1)).findings[0].placeholders[3:] == (
            ("column", "geo"),
            ("found", "ITC2"),
            ("was", "ITC1"),
        ), first


@pytest.mark.parametrize("form", TABLES)
def test_an_italian_file_taken_when_populations_were_told_in_english_is_intact_still(form):
    shown, english = load_export("women"), load_export("women", lang="en").table["population"]
    assert (shown.table["population"] != english).all()
    table = shown.table.assign(population=english)
    verdict = verify.verify_file(
        formats.build_file(replace(shown, table=table.assign(check=fingerprint.checksum_rows(table))), form),
        f"figures.{form}",
    )
    assert (verdict.state, verdict.findings, verdict.row_count) == ("current", (), 20)


@pytest.mark.parametrize(
    ("lang", "base", "other"),
    [
        ("it", "calcolato: conteggio di righe", "DERIVED count of rows"),
        ("en", "DERIVED count of rows", "calcolato: conteggio di righe"),
    ],
)
def test_a_population_told_in_its_file_s_language_is_intact_and_in_another_altered(lang, base, other):
    content = build_file("csv", lang)
    assert verify.verify_file(content).state == "current"
    assert base.encode() in content
    assert other.encode() not in content
    assert verify.verify_file(content.replace(base.encode(), other.encode(), 1)).state == "altered"


def test_a_reference_turned_into_an_area_or_the_column_taken_away_is_altered():
    rows = list(csv.reader(io.StringIO(build_file("csv").decode())))
    place = rows[0].index("role")
    changed = [rows[0], [*rows[1][:place], "reference", *rows[1][place + 1 :]], *rows[2:]]
    without = [[*row[:place], *row[place + 1 :]] for row in rows]
    for lines, said in (
        (changed, "column role: reference in the file, it was area"),
        (without, "several cells changed"),
    ):
        out = io.StringIO()
        csv.writer(out).writerows(lines)
        verdict = verify.verify_file(out.getvalue().encode())
        assert verdict.state == "altered", verdict.format_findings("en")[:1]
        assert said in verdict.format_findings("en")[0], verdict.format_findings("en")[:1]


def test_the_metadata_beside_a_csv_notices_a_row_left_out():
    shown, table = load_export("women"), build_file("csv")
    beside = formats.write_csvw_metadata(shown, "figures.csv")
    assert verify.verify_file(table, sidecar=beside).state == "current"
    verdict = verify.verify_file(b"\n".join(table.split(b"\n")[:-2]), sidecar=beside)
    assert verdict.state == "altered"
    assert "20" in verdict.format_findings("en")[0]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"a,b\n1,2\n",
        b"{}",
        b"[1]",
        b"PK\x03\x04rubbish",
        b"PAR1rubbish",
        b"%PDF-1.4 rubbish",
        b"\x89PNG\r\n\x1a\nrubbish",
        b"<svg/>",
        b"\xff\xfe\x00",
        b'<svg><metadata id="ripresa">nothing</metadata></svg>',
        b'{"seal": 3, "rows": []}',
        b'{"a":' * 2000,
    ],
)
def test_what_is_not_ours_is_not_ours_whatever_it_is(content):
    assert verify.verify_file(content, "anything").state == "not_ours"


@pytest.mark.parametrize("form", [*TABLES, "png", "svg", "pdf"])
def test_no_file_however_broken_stops_verify(form):
    content, random_ = (build_sealed_image(form) if form in IMAGES else build_file(form)), random.Random(form)
    for _ in range(TRIES):
        start, size = random_.randrange(len(content)), random_.randrange(1, 400)
        broken = random_.choice(
            [
                content[:start],
                content[:start] + content[start + size :],
                content[:start] + random_.randbytes(size) + content[start + size :],
                content[start:],
                content + content,
            ]
        )
        assert verify.verify_file(broken).state in verify.STATES


@pytest.mark.parametrize(
    "change",
    [
        {"version": "../../etc/passwd"},
        {"version": "feed"},
        {"columns": [1]},
        {"files": "x"},
        {"rows": "21"},
        {"view": None},
        {"fingerprint": 3},
        {"about": {}},
        {"columns": {"value": 3}},
    ],
)
def test_a_seal_made_by_a_stranger_is_judged_like_any_other(change):
    whole = json.loads(build_file("json"))
    whole["seal"] = fingerprint.add_checksum(whole["seal"] | change)
    assert verify.verify_file(json.dumps(whole).encode()).state in ("altered", "not_ours")
    described = json.loads(members(build_file("zip"))["datapackage.json"])
    described["ripresa"] = fingerprint.add_checksum(described["ripresa"] | change)
    described["resources"][0]["path"] = ["x"]
    assert verify.verify_file(
        rezipped(build_file("zip"), "datapackage.json", json.dumps(described).encode())
    ).state in (
        "altered",
        "not_ours",
    )


def test_metadata_too_deep_to_read_is_no_seal():
    deep = b"[" * 100_000
    assert verify.verify_file(build_file("csv"), sidecar=deep).state == "current"
    assert verify.verify_file(rezipped(build_file("zip"), "datapackage.json", deep)).state == "not_ours"


def test_half_a_letter_is_no_text_of_ours_wherever_json_hides_it():
    def hidden(content):
        return content.replace(b'"title": "', b'"title": "\\ud800', 1)

    verdict = verify.verify_file(hidden(build_file("json")))
    assert verdict.state == "altered"
    assert [detail.kind for detail in verdict.findings] == ["damaged"]
    beside = json.loads(formats.write_csvw_metadata(load_export("women"), "figures.csv")) | {
        "title": "\ud800"
    }
    assert verify.verify_file(build_file("csv"), sidecar=json.dumps(beside).encode()).state == "current"
    assert (
        verify.verify_file(
            rezipped(
                build_file("zip"), "datapackage.json", hidden(members(build_file("zip"))["datapackage.json"])
            )
        ).state
        == "not_ours"
    )


@pytest.mark.parametrize("word", [b"/Size", b"/Root", b"trailer", b"startxref"])
def test_a_pdf_without_what_every_pdf_has_is_altered(word):
    assert verify.verify_file(build_sealed_image("pdf").replace(word, b"/Xxxx")).state == "altered"


# --- altered ---


@pytest.mark.parametrize("form", ["csv", "excel", "json"])
def test_one_changed_digit_is_caught_and_put_back(form):
    content, random_ = build_file(form), random.Random(form)
    for _ in range(TRIES):
        changed, place = digit_changed(content, random_)
        verdict = verify.verify_file(changed)
        assert verdict.state == "altered", content[place - 40 : place + 10]
        assert verdict.findings


def test_the_cell_that_was_changed_is_named_with_both_values():
    verdict = verify.verify_file(build_file("csv").replace(b",16.16,", b",61.61,", 1))
    assert verdict.format_findings("en") == [
        "row 14 (Lazio, 2025-05), column value: 61.61 in the file, it was 16.16"
    ]
    assert verdict.format_findings("it") == [
        "riga 14 (Lazio, 2025-05), colonna value: nel file 61.61, era 16.16"
    ]


@pytest.mark.parametrize(
    ("form", "parts"),
    [("xlsx", r"xl/worksheets/sheet1\.xml|xl/sharedStrings\.xml|docProps/custom\.xml"), ("zip", r".*")],
)
def test_one_changed_digit_inside_an_archive_is_caught(form, parts):
    content, random_ = build_file(form), random.Random(form)
    inside = {
        name: part
        for name, part in members(content).items()
        if re.fullmatch(parts, name) and re.search(rb"\d", part)
    }
    for _ in range(TRIES):
        name = random_.choice(sorted(inside))
        part = inside[name]
        if (
            name == "xl/worksheets/sheet1.xml"
        ):  # the cells' own numbers, not their place on the sheet or their look
            places = list(re.finditer(rb"(?<=<v>)[^<]+", part))
            found = random_.choice(places)
            number, _ = digit_changed(found[0], random_)
            changed = part[: found.start()] + number + part[found.end() :]
        elif name.startswith("xl/") or name.startswith("docProps/"):
            words = list(re.finditer(rb"(?<=>)[^<]*\d[^<]*(?=</t>|</vt:lpwstr>)", part))
            found = random_.choice(words)
            number, _ = digit_changed(found[0], random_)
            changed = part[: found.start()] + number + part[found.end() :]
        else:
            changed, _ = digit_changed(part, random_)
        if name == "xl/worksheets/sheet1.xml" and changed == part:
            continue
        verdict = verify.verify_file(rezipped(content, name, changed))
        assert verdict.state == "altered", (name, changed[:200])


def test_a_changed_number_in_a_workbook_is_named_with_both_values():
    content = build_file("xlsx")
    sheet = members(content)["xl/worksheets/sheet1.xml"]
    verdict = verify.verify_file(
        rezipped(
            content,
            "xl/worksheets/sheet1.xml",
            re.sub(rb'(<c r="Q\d+"[^>]*><v>)16.16<', rb"\g<1>61.61<", sheet),
        )
    )
    cell = dict(verdict.findings[0].placeholders)
    assert (cell["column"], cell["found"], cell["was"]) == ("value", "61.61", "16.16")


def test_a_changed_cell_of_a_parquet_file_is_caught():
    table = parquet.read_table(io.BytesIO(build_file("parquet")))
    for name in ("value", "n", "geo_name", "period", "check", "period_start"):
        values = table[name].to_pylist()
        values[4] = (
            values[4] + 1
            if isinstance(values[4], (int, float))
            else values[3]
            if name == "geo_name"
            else values[4].replace(year=1999)
            if name == "period_start"
            else "1" + values[4][1:]
        )
        out = io.BytesIO()
        parquet.write_table(
            table.set_column(
                table.column_names.index(name),
                table.schema.field(name),
                pa.array(values, table.schema.field(name).type),
            ),
            out,
        )
        verdict = verify.verify_file(out.getvalue())
        assert verdict.state == "altered", (
            name,
            verdict.format_findings("en"),
        )
        assert name in verdict.format_findings("en")[0], (
            name,
            verdict.format_findings("en"),
        )


def test_bytes_changed_anywhere_in_a_parquet_file_never_pass_unless_every_cell_is_read_as_it_was():
    content, random_ = build_file("parquet"), random.Random(3)
    whole = parquet.read_table(io.BytesIO(content))
    for _ in range(TRIES):
        place = random_.randrange(4, len(content) - 8)
        changed = content[:place] + bytes([content[place] ^ 1 << random_.randrange(8)]) + content[place + 1 :]
        if verify.verify_file(changed).state == "current":
            assert parquet.read_table(io.BytesIO(changed)).equals(whole)


def test_a_readme_or_citation_changed_inside_a_zip_is_named():
    content = build_file("zip")
    verdict = verify.verify_file(rezipped(content, "citation.txt", b"Someone else, 2026"))
    assert verdict.state == "altered"
    assert "citation.txt" in verdict.format_findings("en")[0]


def test_a_changed_title_in_the_description_is_caught():
    whole = json.loads(build_file("json"))
    whole["about"]["title"] += "!"
    assert verify.verify_file(json.dumps(whole).encode()).state == "altered"


def test_a_table_whose_checks_were_forged_too_is_caught_by_the_published_figures():
    whole = json.loads(build_file("json"))
    whole["rows"][0]["value"] = 99.9
    names = [name for name in whole["rows"][0] if name != "check"]
    whole["rows"][0]["check"] = fingerprint.checksum_row(
        fingerprint.normalize_cell(whole["rows"][0][name]) for name in names
    )
    del whole["seal"]["columns"]
    head = ",".join(whole["rows"][0])
    forged = (
        head
        + "\n"
        + "\n".join(
            ",".join(f'"{fingerprint.normalize_cell(value)}"' for value in row.values())
            for row in whole["rows"]
        )
    )
    verdict = verify.verify_file(forged.replace('""', "").encode(), "forged.csv")
    assert verdict.state == "altered"
    assert "99.9" in verdict.format_findings("en")[0]
    assert "published in version" in verdict.format_findings("en")[0]


def test_a_formula_like_text_survives_the_spreadsheet_formats_and_verifies():
    for text in (
        "=1+1",
        "+39 02",
        "-5",
        "@cmd",
        "'quoted",
        "''twice",
        "\tTab",
        "plain",
        "10-49",
        "2020-05",
        "12e4",
        "007",
    ):
        for excel in (False, True):
            assert fingerprint.unescape_formula(fingerprint.escape_formula(text, excel)) == text
            assert not re.match(r"[=+\-@\t\r＝＋－＠]", fingerprint.escape_formula(text, excel))


# --- images ---


@pytest.mark.parametrize("form", IMAGES)
def test_a_sealed_image_is_intact_and_an_unsealed_one_is_not_ours(form):
    verdict = verify.verify_file(build_sealed_image(form), f"figure.{form}")
    assert (verdict.state, verdict.row_count) == (
        "current",
        20,
    )  # Trentino-Alto Adige is one figure, drawn twice
    assert verify.verify_file(IMAGES[form], f"figure.{form}").state == "not_ours"


@pytest.mark.parametrize("form", IMAGES)
def test_one_changed_digit_in_an_image_is_caught(form):
    content, random_ = build_sealed_image(form), random.Random(form)
    for _ in range(TRIES):
        changed, place = digit_changed(content, random_)
        assert verify.verify_file(changed).state == "altered", content[place - 30 : place + 30]


def test_a_number_rewritten_in_an_svg_is_named_with_both():
    verdict = verify.verify_file(build_sealed_image("svg").replace(b"30,0%", b"31,0%"))
    assert verdict.format_findings("it") == ["nell'immagine è scritto «Molise 31,0%», era «Molise 30,0%»"]


def test_pixels_painted_over_are_caught_even_when_the_png_is_well_formed():
    seal = image_metadata.extract_seal(build_sealed_image("png"))
    other = build_png(wide=5)
    forged = image_metadata.embed_seal(
        other, {name: value for name, value in seal.items() if name not in ("drawing", "check")}
    )
    kept = fingerprint.serialize_seal(seal)
    chunk = (
        struct.pack(">I", len(kept.encode()) + 12)
        + (body := b"iTXtripresa\0\0\0\0\0" + kept.encode())
        + struct.pack(">I", zlib.crc32(body))
    )
    painted = other[:33] + chunk + other[33:]
    assert (
        verify.verify_file(forged).state == "current"
    )  # a seal is not a signature: whoever can write one can forge one
    assert verify.verify_file(painted).state == "altered"


def test_a_sealed_pdf_still_opens_at_its_last_table():
    content = build_sealed_image("pdf")
    start = int(re.findall(rb"startxref\s+(\d+)", content)[-1])
    assert content[start : start + 4] == b"xref"
    assert b"/Prev" in content[start:]
    assert content.startswith(build_pdf())


# --- revised ---


@pytest.fixture
def updated(tmp_path, monkeypatch):
    """The data after an update: one share revised, one withdrawn; the exported files' version is released."""
    shown = load_export("women")
    folder = tmp_path / "data"
    (folder / "releases").mkdir(parents=True)
    shutil.copyfile(settings.get_database_path(), folder / "new.duckdb")
    releases.load_observations(shown.version).to_parquet(folder / "releases" / f"{shown.version}.parquet")
    with duckdb.connect(str(folder / "new.duckdb")) as connection:
        connection.execute(
            "update observations set value = 31.25, ci_low = null, ci_high = null, no_ci_reason = "
            "'register' where indicator = $i and geo = 'ITF2' and period = '2025-05'",
            {"i": "innovative_startups_female_majority_share"},
        )
        connection.execute(
            "delete from observations where indicator = $i and geo = 'ITC2' and period = '2025-05'",
            {"i": "innovative_startups_female_majority_share"},
        )
        connection.execute("update build set version = 'feed00000000'")
    monkeypatch.setenv("RIPRESA_DATABASE", str(folder / "new.duckdb"))
    monkeypatch.setenv("RIPRESA_READ_ONLY", "1")
    monkeypatch.setattr(releases.settings, "DATA", folder)
    return folder


@pytest.mark.parametrize("form", [*TABLES, *IMAGES])
def test_a_file_of_an_older_version_is_revised_and_both_values_are_said(form, updated):
    content = build_sealed_image(form) if form in IMAGES else build_file(form)
    verdict = verify.verify_file(content, f"figure.{form}")
    assert verdict.state == "revised"
    assert verdict.format_findings("en") == [
        "Aosta Valley, 2025-05: was 13.33, now withdrawn",
        "Molise, 2025-05: was 30, now 31.25",
    ]
    assert "2 of its" in verdict.format_message("en")
    assert load_export("women").version in verdict.format_message("it")


def test_a_file_of_an_older_version_that_was_altered_is_altered(updated):
    assert verify.verify_file(build_file("csv").replace(b",16.16,", b",61.61,", 1)).state == "altered"


def test_a_file_of_a_version_that_is_not_kept_says_so(updated):
    for kept in (updated / "releases").iterdir():
        kept.unlink()
    verdict = verify.verify_file(build_file("csv"))
    assert verdict.state == "revised"
    assert "is not kept here" in verdict.format_message("en")


# --- the command ---


def test_the_command_answers_in_the_language_asked_and_with_an_exit_status(tmp_path, capsys):
    good, bad, other = tmp_path / "good.csv", tmp_path / "bad.csv", tmp_path / "other.txt"
    good.write_bytes(build_file("csv"))
    bad.write_bytes(build_file("csv").replace(b",16.16,", b",61.61,", 1))
    other.write_text("hello")
    assert [verify_file.main([str(path)]) for path in (good, bad, other, tmp_path / "none.csv")] == [
        0,
        2,
        3,
        4,
    ]
    assert "good.csv: intatto e attuale" in capsys.readouterr().out
    done = subprocess.run(
        [sys.executable, "-m", "ripresa", "verify", "--lang", "en", str(good), str(bad)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "intact and current" in done.stdout
    assert "61.61 in the file, it was 16.16" in done.stdout


# --- without a seal: what the open data routes give ---

OPEN = ("csv", "parquet", "json", "jsonstat")


def opened(form: str, lang: str = "en", indicator: str = "death_rate") -> bytes:
    answer = TestClient(Starlette(routes=routes.ROUTES)).get(
        f"/api/v1/observations?indicator={indicator}&lang={lang}&format={form}"
    )
    assert answer.status_code == 200
    return answer.content


@pytest.mark.parametrize("lang", ["it", "en"])
@pytest.mark.parametrize("form", OPEN)
def test_open_data_untouched_has_the_published_figures_and_no_seal(form, lang):
    verdict = verify.verify_file(opened(form, lang), f"observations.{form}")
    assert (verdict.state, verdict.phrase_key, verdict.findings) == (
        "current",
        "unsealed_current",
        (),
    )
    assert verdict.row_count > 20
    assert {"it": "non porta un sigillo", "en": "carries no seal"}[lang] in verdict.format_message(lang)


def test_all_of_the_open_data_can_be_compared():
    content = TestClient(Starlette(routes=routes.ROUTES)).get("/api/v1/observations?format=csv").content
    verdict = verify.verify_file(content)
    assert (verdict.phrase_key, verdict.row_count) == (
        "unsealed_current",
        int(query.run_query("build")["observations"][0]),
    )


def test_a_changed_figure_of_open_data_is_named_with_both_values():
    whole = json.loads(opened("json"))
    row = whole["rows"][3]
    row["value"], was = 99.9, row["value"]
    head = ",".join(row)
    by_hand = (
        head
        + "\n"
        + "\n".join(
            ",".join(f'"{fingerprint.normalize_cell(value)}"' for value in one.values())
            for one in whole["rows"]
        )
    )
    for content in (json.dumps(whole).encode(), by_hand.encode()):
        verdict = verify.verify_file(content)
        assert verdict.phrase_key == "unsealed_altered"
        assert len(verdict.format_findings("en")) == 1
        assert (
            f"column value: 99.9 in the file, published in version {query.get_data_version()}: {was}"
            in verdict.format_findings("en")[0]
        )


def test_a_changed_cell_of_json_stat_is_named_and_one_outside_the_cube_is_not_ours():
    whole = json.loads(opened("jsonstat"))
    place, was = next((place, value) for place, value in whole["value"].items() if value != 99.9)
    verdict = verify.verify_file(json.dumps(whole | {"value": whole["value"] | {place: 99.9}}).encode())
    assert verdict.phrase_key == "unsealed_altered"
    assert len(verdict.format_findings("en")) == 1
    assert (
        f"99.9 in the file, published in version {query.get_data_version()}: {was}"
        in verdict.format_findings("en")[0]
    )
    for other in (
        {"value": {"999999999": 1.0}},
        {"value": {"-1": 1.0}},
        {"value": [1.0]},
        {"extension": {}},
        {"dimension": {}},
    ):
        assert verify.verify_file(json.dumps(whole | other).encode()).state == "not_ours"


def test_a_row_of_open_data_from_another_version_or_place_is_named():
    whole = json.loads(opened("json"))
    whole["rows"][3]["data_version"] = "0" * 12
    whole["rows"][4]["period"] = "1066"
    verdict = verify.verify_file(json.dumps(whole).encode())
    assert verdict.phrase_key == "unsealed_altered"
    assert "000000000000" in verdict.format_findings("it")[0]
    assert "1066" in verdict.format_findings("it")[1]


def test_a_figure_s_table_that_lost_its_checks_is_not_taken_for_open_data():
    lines = [line.rpartition(",")[0] for line in build_file("csv").decode().splitlines()]
    verdict = verify.verify_file("\n".join(lines).encode())
    assert (verdict.state, verdict.unsealed, verdict.format_findings("en")) == (
        "altered",
        False,
        ["columns missing: check"],
    )


@pytest.fixture(params=OPEN)
def taken(request):
    """Open data taken before the update."""
    return opened(request.param, indicator="innovative_startups_female_majority_share")


def test_open_data_of_an_older_version_says_what_was_revised(taken, updated):
    verdict = verify.verify_file(taken)
    assert verdict.phrase_key == "unsealed_revised"
    assert "carries no seal" in verdict.format_message("en")
    assert verdict.format_findings("en") == [
        "Aosta Valley, 2025-05: was 13.33, now withdrawn",
        "Molise, 2025-05: was 30, now 31.25",
    ]


def test_open_data_of_a_version_that_is_not_kept_says_so(taken, updated):
    for kept in (updated / "releases").iterdir():
        kept.unlink()
    verdict = verify.verify_file(taken)
    assert verdict.phrase_key == "unsealed_revised"
    assert "is not kept here and the file carries no seal" in verdict.format_message("en")


# --- files made before 1.0, when columns had other names ---

FORMER_FILES = sorted((ROOT / "tests" / "data_verify").glob("death_rate_before_1_0*"))


@pytest.mark.parametrize("path", FORMER_FILES, ids=lambda path: path.name.removeprefix("death_rate_"))
@pytest.mark.parametrize("lang", ["it", "en"])
def test_a_file_made_before_1_0_is_said_so_and_compared_by_its_values(path, lang):
    result = verify.verify_file(path)
    assert (result.state, result.row_count, result.findings) == ("current", 22, ())
    sentence = result.format_message(lang)
    assert {"it": "fatto prima della versione 1.0", "en": "made before version 1.0"}[lang] in sentence
    assert {"it": "le sue 22 cifre sono quelle di oggi", "en": "its 22 figures are today's"}[lang] in sentence


def test_every_format_has_a_file_made_before_1_0():
    assert {path.suffix for path in FORMER_FILES} == {
        ".csv",
        ".json",
        ".parquet",
        ".png",
        ".svg",
        ".xlsx",
        ".zip",
    }


def test_a_value_of_a_file_made_before_1_0_that_is_not_today_s_is_named(monkeypatch):
    known = dict(verify._get_published_observations(query.get_data_version()))
    key = next(key for key in known if key[0] == "death_rate" and key[1] == "ITC4" and key[5] == "2024")
    known[key] = known[key] | {"value": "11.1"}
    monkeypatch.setattr(
        verify, "_get_published_observations", lambda version: known if version != OLD else {}
    )
    result = verify.verify_file(ROOT / "tests" / "data_verify" / "death_rate_before_1_0.csv")
    assert result.state == "revised"
    assert "made before version 1.0" in result.format_message("en")
    assert "1 of its figures is not today's, of 22" in result.format_message("en")
    assert [finding.kind for finding in result.findings] == ["revised"]


OLD = "b415bb52e867"  # the version that the files of tests/data_verify cite


@pytest.mark.parametrize("column", ["value", "low", "base", "citations"])
def test_a_changed_cell_of_a_file_made_before_1_0_is_still_altered(column):
    text = (ROOT / "tests" / "data_verify" / "death_rate_before_1_0.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    rows[3][column] = rows[3][column] + "9"
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    assert verify.verify_file(out.getvalue().encode(), "changed.csv").state == "altered"


def test_a_header_that_mixes_old_and_new_names_is_altered():
    text = (ROOT / "tests" / "data_verify" / "death_rate_before_1_0.csv").read_text(encoding="utf-8")
    mixed = text.replace(",low,", ",ci_low,", 1)
    assert mixed != text
    assert verify.verify_file(mixed.encode(), "mixed.csv").state == "altered"
