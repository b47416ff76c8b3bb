"""A build that cannot be made says why, one sentence a fault, and leaves the old database whole."""

import csv
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import pytest

from ripresa.cli.build_database import main as run_build_command
from ripresa.database.build import build_database, ensure_database
from ripresa.database.build_errors import BuildError
from ripresa.database.database_file import read_data_version
from ripresa.database.input_files import compute_data_version
from tests.helpers.permissions import make_read_only, unprivileged_user

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, "-m", "ripresa", "build"]
DESI = "raw/desi__country_year.csv"


@pytest.fixture
def root(tmp_path) -> Path:
    """A copy of everything the build reads, to break."""
    return copied(tmp_path / "data")


def copied(folder: Path) -> Path:
    """The declarations, code lists and raw figures, without what is made of them."""
    made = shutil.ignore_patterns(
        "*.duckdb*", "*.py", "*.sql", ".*", "__pycache__", "geo", "imports", "importers", "releases"
    )
    return Path(shutil.copytree(ROOT / "data", folder, ignore=made))


@pytest.fixture
def old(root) -> bytes:
    """The bytes of the database that stands before the fault."""
    with duckdb.connect(str(root / "ripresa.duckdb")) as connection:
        connection.execute("create table build as select 'old' as version")
    return (root / "ripresa.duckdb").read_bytes()


def cell(path: Path, column: str, value: str, row: int = 2) -> None:
    """Writes one cell of a CSV; row 1 is the header."""
    with path.open(encoding="utf-8", newline="") as text:
        rows = list(csv.reader(text))
    rows[row - 1][rows[0].index(column)] = value
    with path.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text, lineterminator="\n").writerows(rows)


def said(root: Path, monkeypatch, capsys) -> str:
    """What `python -m ripresa build --root ROOT` says when it refuses; fails if it accepts."""
    code = run_build_command(["--root", str(root)])
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("build:")]
    assert code == 1
    assert lines
    assert not [line for line in lines if "Traceback" in line or not line.endswith(".")], lines
    return "\n".join(lines)


BROKEN = {  # what is done to one cell of row 2, and what the sentence then names
    "geo": ("XYZ", "geo 'XYZ'", "data/codes/geographies.csv"),
    "sector": ("Z9", "sector 'Z9'", "data/codes/sectors.csv"),
    "gender": ("other", "gender 'other'", "data/codes/genders.csv"),
    "size": ("10-48", "size '10-48'", "data/codes/sizes.csv"),
    "edition": ("DESI 3000", "edition 'DESI 3000'", "data/codes/editions.csv"),
    "unit": ("furlongs", "unit 'furlongs'", "data/codes/units.csv"),
    "status": ("fine", "status 'fine'", "ok, provisional, derived, disputed"),
    "flag": ("@", "flag '@'", "use some of"),
    "value": ("many", "value 'many'", "plain decimal number"),
    "period": ("2020-13", "period '2020-13'", "calendar"),
    "publisher": ("", "publisher", "names where it was read"),
}


@pytest.mark.parametrize("column", BROKEN)
def test_a_wrong_cell_is_named_with_file_row_value_and_what_is_allowed(
    column, root, old, monkeypatch, capsys
):
    value, *named = BROKEN[column]
    cell(root / DESI, column, value)
    sentence = said(root, monkeypatch, capsys)
    assert all(words in sentence for words in (f"data/{DESI}, row 2", *named)), sentence
    assert (root / "ripresa.duckdb").read_bytes() == old


def test_every_fault_is_said_at_once(root, old, monkeypatch, capsys):
    cell(root / DESI, "geo", "XYZ", row=2)
    cell(root / DESI, "period", "someday", row=3)
    sentence = said(root, monkeypatch, capsys)
    assert "row 2" in sentence
    assert "row 3" in sentence


def test_a_value_out_of_range_is_named(root, old, monkeypatch, capsys):
    cell(root / DESI, "value", "1234")
    assert "1234 of desi_rank is outside 1 to" in said(root, monkeypatch, capsys)


def test_two_values_for_one_key_are_both_named(root, old, monkeypatch, capsys):
    path = root / DESI
    header, first, *rest = path.read_text(encoding="utf-8").split("\n")
    path.write_text("\n".join([header, first, first.replace(",10,", ",24,", 1), *rest]), encoding="utf-8")
    sentence = said(root, monkeypatch, capsys)
    assert "row 2" in sentence
    assert "row 3" in sentence
    assert "10" in sentence
    assert "24" in sentence


CSV_FAULTS = {
    "a comma too many": (lambda text: text.replace("\n", "\n1,", 1), "row 2"),
    "an open quote": (lambda text: text.rstrip("\n") + '\n"desi_rank', "UTF-8 CSV"),
    "a lost column": (
        lambda text: text.replace("indicator,geo,", "indicator,place,", 1),
        "column geo missing",
    ),
    "an empty file": (lambda text: "", "missing"),
}


@pytest.mark.parametrize("fault", CSV_FAULTS)
def test_a_broken_csv_is_named(fault, root, old, monkeypatch, capsys):
    breaking, named = CSV_FAULTS[fault]
    path = root / DESI
    path.write_text(breaking(path.read_text(encoding="utf-8")), encoding="utf-8")
    sentence = said(root, monkeypatch, capsys)
    assert f"data/{DESI}" in sentence
    assert named in sentence
    assert (root / "ripresa.duckdb").read_bytes() == old


@pytest.mark.parametrize(
    "content", ["indicator,geo\nperché".encode("latin-1"), bytes(range(256))], ids=["latin-1", "binary"]
)
def test_a_file_that_is_not_utf8_csv_is_named(content, root, old, monkeypatch, capsys):
    (root / DESI).write_bytes(content)
    assert f"data/{DESI}" in said(root, monkeypatch, capsys)


def test_a_raw_file_of_no_known_source_is_named(root, old, monkeypatch, capsys):
    shutil.copyfile(root / DESI, root / "raw" / "hearsay__country_year.csv")
    sentence = said(root, monkeypatch, capsys)
    assert "hearsay__country_year.csv" in sentence
    assert "data/catalogue/sources.toml" in sentence


@pytest.mark.fault
@pytest.mark.parametrize(
    "name",
    [
        "catalogue/indicators.toml",
        "catalogue/topics.toml",
        "catalogue/sources.toml",
        "claims.csv",
        "codes/geographies.csv",
    ],
)
def test_a_missing_declaration_is_named(name, root, old, monkeypatch, capsys):
    (root / name).unlink()
    assert f"data/{name} is missing" in said(root, monkeypatch, capsys)


@pytest.mark.parametrize(
    "name", ["catalogue/indicators.toml", "catalogue/topics.toml", "catalogue/sources.toml"]
)
def test_a_declaration_that_is_not_toml_is_named(name, root, old, monkeypatch, capsys):
    with (root / name).open("a", encoding="utf-8") as text:
        text.write("\n[[[\n")
    assert f"data/{name}" in said(root, monkeypatch, capsys)


TRANSLATIONS = {
    "catalogue/indicators.toml": "label.en",
    "catalogue/topics.toml": "question.it",
    "catalogue/sources.toml": "name.en",
}


@pytest.mark.parametrize("name", TRANSLATIONS)
def test_a_missing_translation_is_named(name, root, old, monkeypatch, capsys):
    path, key = root / name, TRANSLATIONS[name]
    lines = path.read_text(encoding="utf-8").splitlines()
    gone = next(place for place, line in enumerate(lines) if line.replace(" ", "").startswith(f"{key}="))
    path.write_text("\n".join(lines[:gone] + lines[gone + 1 :]), encoding="utf-8")
    sentence = said(root, monkeypatch, capsys)
    assert f"data/{name}, [" in sentence
    assert f"{key} is missing" in sentence
    assert (root / "ripresa.duckdb").read_bytes() == old


UNKNOWN = {
    "unit": ("percents", "percent_change"),
    "desired_direction": ("bigger", "higher, lower, neither"),
    "topic": ("gossip", "closures"),
    "source": ("hearsay", "desi"),
}


@pytest.mark.parametrize("key", UNKNOWN)
def test_an_unknown_word_in_the_catalogue_is_named_with_the_words_allowed(
    key, root, old, monkeypatch, capsys
):
    value, allowed = UNKNOWN[key]
    path = root / "catalogue/indicators.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    place = next(place for place, line in enumerate(lines) if line.replace(" ", "").startswith(f"{key}="))
    lines[place] = f'{key} = "{value}"'
    path.write_text("\n".join(lines), encoding="utf-8")
    sentence = said(root, monkeypatch, capsys)
    assert "data/catalogue/indicators.toml, [" in sentence
    assert value in sentence
    assert allowed in sentence


# --- builds that are cut short ---


def start(root: Path, **how) -> subprocess.Popen:
    return subprocess.Popen(
        [*COMMAND, "--root", str(root)], cwd=ROOT, stderr=subprocess.PIPE, text=True, **how
    )


def version_in(path: Path) -> str:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("select version from build").fetchone()[0]


@pytest.mark.fault
@pytest.mark.parametrize("moment", ["reading", "read and checked", "deriving"])
def test_a_build_killed_half_way_leaves_the_old_file_whole_and_the_next_one_finishes(moment, root, old):
    killed = start(root)
    assert any(moment in line for line in killed.stderr)
    killed.kill()
    killed.communicate()
    assert killed.returncode == -9
    assert (root / "ripresa.duckdb").read_bytes() == old
    assert start(root).communicate()
    assert version_in(root / "ripresa.duckdb") == compute_data_version(root)
    assert not list(root.glob(".ripresa.duckdb.draft-*"))


@pytest.mark.fault
def test_a_first_build_killed_half_way_leaves_no_database(root):
    killed = start(root)
    assert any("read and checked" in line for line in killed.stderr)
    killed.kill()
    killed.communicate()
    assert not (root / "ripresa.duckdb").exists()
    assert read_data_version(root / "ripresa.duckdb") == ""


def test_two_builds_at_once_both_end_well(root):
    both = [start(root), start(root)]
    assert [one.communicate() and one.returncode for one in both] == [0, 0]
    assert version_in(root / "ripresa.duckdb") == compute_data_version(root)
    assert not list(root.glob(".ripresa.duckdb.draft-*"))


def test_a_reader_of_the_old_database_is_not_disturbed_by_a_build(root, old):
    with duckdb.connect(str(root / "ripresa.duckdb"), read_only=True) as reader:
        build_database(root)
        assert reader.execute("select version from build").fetchone() == ("old",)
    assert version_in(root / "ripresa.duckdb") == compute_data_version(root)


@pytest.mark.fault
@pytest.mark.skipif(os.name != "posix", reason="file size limits are a POSIX thing")
def test_a_full_disk_is_said_and_the_old_file_stays(root, old):
    import resource

    limited = start(root, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000)))
    words = limited.communicate()[1]
    assert limited.returncode == 1
    assert "Traceback" not in words
    assert words.rstrip().endswith(".")
    assert "ripresa.duckdb" in words.splitlines()[-1]
    assert (root / "ripresa.duckdb").read_bytes() == old


# --- folders that cannot be written ---


@pytest.fixture
def locked():
    """A copy in a folder where nothing can be written, seen by a user who is not root."""
    outer = Path(tempfile.mkdtemp(prefix="locked-"))
    root = copied(outer / "data")
    yield root
    root.chmod(0o755)
    shutil.rmtree(outer)


@pytest.mark.fault
def test_a_read_only_folder_is_said_with_a_way_out(locked, monkeypatch, capsys):
    make_read_only(locked)
    with unprivileged_user():
        sentence = said(locked, monkeypatch, capsys)
    assert "ripresa.duckdb cannot be written" in sentence
    assert "RIPRESA_DATABASE" in sentence


@pytest.mark.fault
def test_a_read_only_folder_with_a_current_database_is_enough(locked):
    build_database(locked)
    make_read_only(locked)
    with unprivileged_user():
        assert ensure_database(locked) == locked / "ripresa.duckdb"


@pytest.mark.fault
def test_a_read_only_replica_never_builds(root, monkeypatch):
    monkeypatch.setenv("RIPRESA_READ_ONLY", "1")
    with pytest.raises(BuildError, match="RIPRESA_READ_ONLY=1 forbids building"):
        ensure_database(root)
    assert not (root / "ripresa.duckdb").exists()


# --- the version ---


def test_line_endings_do_not_change_the_version(root):
    before = compute_data_version(root)
    path = root / DESI
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert compute_data_version(root) == before


def test_a_changed_figure_changes_the_version(root):
    before = compute_data_version(root)
    cell(root / DESI, "value", "11")
    assert compute_data_version(root) != before


@pytest.mark.fault
def test_a_damaged_database_is_built_again(root):
    path = root / "ripresa.duckdb"
    for damage in (b"", b"not a database", b"\0" * 20_000):
        path.write_bytes(damage)
        assert ensure_database(root) == path
        assert read_data_version(path) == compute_data_version(root)
