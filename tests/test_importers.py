"""Bringing a file in: what is said, what is written, what the build makes of it; and that a bad file changes
nothing.
"""

import gzip
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from ripresa import settings
from ripresa.cli import import_files as command
from ripresa.database.build_errors import BuildError
from ripresa.database.database_file import read_data_version
from ripresa.database.input_files import compute_data_version
from ripresa.importers import apply
from tests.helpers.importing import FIXTURES, small

DII = "eurostat_digital_intensity__isoc_e_dii.csv"


@pytest.fixture
def root(tmp_path) -> Path:
    return small(tmp_path / "data")


@pytest.fixture(scope="module")
def imported_once(tmp_path_factory) -> Path:
    folder = small(tmp_path_factory.mktemp("imported") / "data")
    assert run(folder, "eurostat", FIXTURES / "isoc_e_dii.json") == 0
    return folder


@pytest.fixture
def imported(imported_once, tmp_path) -> Path:
    """A root that already holds an import, and its database."""
    return shutil.copytree(imported_once, tmp_path / "data")


def run(root: Path, *words: str) -> int:
    return command.main([*map(str, words), "--root", str(root)])


def content(root: Path) -> dict[str, bytes]:
    """Every file under the root, lock files aside."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.name.endswith(".lock")
    }


def asked(root: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(root / "ripresa.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def edited(path: Path, tmp_path: Path, *pairs: tuple[str, str]) -> Path:
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "edited").mkdir(exist_ok=True)
    copy = tmp_path / "edited" / path.name
    copy.write_text(text, encoding="utf-8")
    return copy


# --- what is said and written ---


def test_an_import_says_what_is_new_revised_unchanged_and_dropped_and_builds(root, capsys):
    assert run(root, "eurostat", FIXTURES / "isoc_e_dii_first.csv") == 0
    said = capsys.readouterr()
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    assert lines[0] == f"{DII}: 8 figures (updated 2026-03-28)"
    assert "6 new" in lines
    assert "1 unchanged" in lines
    assert "1 revised: dii_high ITA 10-249 2021: 22.1 -> 21.9d" in lines
    assert "dropped: 10 cells" in lines
    assert "2 confidential" in lines
    assert "1 indicator not used here: E_DI3_LO" in lines
    assert "build: version" in said.err
    assert read_data_version(root / "ripresa.duckdb") == compute_data_version(root)
    assert asked(
        root, "select value, flags from observations where indicator = 'dii_at_least_basic' and geo = 'GRC'"
    ) == [(43.3, "bu")]


def test_a_large_number_is_printed_with_all_its_digits(root, capsys):
    assert run(root, "istat", FIXTURES / "istat_asia.csv", "--dry-run") == 0
    assert "active_enterprises ITA 0-9 2024: 4501198 -> 4501198p" in capsys.readouterr().out


def test_the_same_file_again_changes_nothing(root, capsys):
    run(root, "eurostat", FIXTURES / "isoc_e_dii_first.csv")
    before = content(root)
    assert run(root, "eurostat", FIXTURES / "isoc_e_dii_first.csv") == 0
    assert content(root) == before
    assert "0  new" in capsys.readouterr().out.partition("8 unchanged")[0].replace("        ", " ")


def test_figures_that_the_next_file_lacks_are_said_to_be_gone(root, capsys):
    run(root, "eurostat", FIXTURES / "isoc_e_dii_first.csv")
    assert run(root, "eurostat", FIXTURES / "isoc_e_dii_second.csv", "--table", "isoc_e_dii") == 0
    assert "7  gone" in capsys.readouterr().out
    assert asked(root, "select count(*) from observations where geo = 'XKX'") == [(0,)]
    assert asked(root, "select value from observations where indicator = 'dii_high' and geo = 'ITA'") == [
        (22.1,)
    ]  # the figure of data/raw stands again


def test_a_dry_run_writes_nothing(root, capsys):
    before = content(root)
    assert run(root, "eurostat", FIXTURES / "isoc_e_dii_first.csv", "--dry-run") == 0
    assert content(root) == before
    assert "Nothing was written" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "name", "more", "written"),
    [
        ("eurostat", "bd_9bd_sz_cl_r2.tsv", (), "eurostat_business_demography__bd_9bd_sz_cl_r2.csv"),
        ("eurostat", "isoc_e_dii.json", (), DII),
        ("eurostat", "nama_10r_3gva.tsv", (), "eurostat_value_added__nama_10r_3gva.csv"),
        ("worldbank", "worldbank.json", (), "worldbank_enterprise_surveys__firms_woman_top_manager.csv"),
        ("istat", "istat_asia.csv", (), "istat_active_enterprises__183_277_df_dica_asiaue1p_1.csv"),
        ("future_of_business", "fob_2022-01.csv", (), "future_of_business__fob_2022_01.csv"),
        (
            "future_of_business",
            "fob_variant.csv",
            ("--period", "2021-07"),
            "future_of_business__fob_variant.csv",
        ),
        ("future_of_business", "own.csv", (), "future_of_business__own.csv"),
    ],
)
def test_each_publisher_from_the_command_line(source, name, more, written, root):
    assert run(root, source, FIXTURES / name, *more) == 0
    assert list(content(root / "imports")) == [written]
    assert read_data_version(root / "ripresa.duckdb") == compute_data_version(root)


def test_the_module_runs_as_a_command(root):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "ripresa",
            "import",
            "eurostat",
            str(FIXTURES / "isoc_e_dii_first.csv"),
            "--root",
            str(root),
        ],
        cwd=settings.DATA.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "8 figures" in done.stdout, done.stderr


# --- what the build makes of it ---


def test_an_import_supersedes_the_older_figure_of_its_source_which_becomes_evidence(root):
    run(root, "eurostat", FIXTURES / "isoc_e_dii_first.csv")
    where = "indicator = 'dii_high' and geo = 'ITA' and period = '2021'"
    assert asked(root, f"select value, flags from observations where {where}") == [(21.9, "d")]
    assert asked(root, f"select value, exclusion_reason from excluded_observations where {where}") == [
        (22.1, "vintage")
    ]
    assert asked(
        root,
        "select count(*) from observation_citations where indicator = 'dii_at_least_basic' "
        "and geo = 'ITA' and period = '2021'",
    ) == [(2,)]  # the same figure: corroboration


def test_an_import_older_than_the_figure_we_have_becomes_evidence_itself(root, tmp_path, capsys):
    old = edited(FIXTURES / "isoc_e_dii_first.csv", tmp_path, ("28/03/26", "28/03/25"))
    assert run(root, "eurostat", old) == 0
    where = "indicator = 'dii_high' and geo = 'ITA' and period = '2021'"
    assert asked(root, f"select value from observations where {where}") == [(22.1,)]
    assert asked(root, f"select value, exclusion_reason from excluded_observations where {where}") == [
        (21.9, "vintage")
    ]
    assert "kept as evidence, not charted (vintage)" in capsys.readouterr().out


def test_a_published_error_gives_the_interval_of_an_observation(root):
    run(root, "future_of_business", FIXTURES / "fob_2022-01.csv")
    found = asked(
        root,
        "select gender, value, ci_low, ci_high, n, no_ci_reason from observations "
        "where indicator = 'closure_rate' and geo = 'ITA' and period = '2022-01' order by 1",
    )
    assert found == [
        ("all", 19, 16.648, 21.352, 1200, ""),
        ("female", 21.5, 17.58, 25.42, 500, ""),
        ("male", 17, None, None, 700, "no_error_published"),
    ]


def test_a_revised_level_brings_its_own_change(root):
    run(root, "eurostat", FIXTURES / "nama_10r_3gva.tsv")
    assert asked(
        root,
        "select value from observations where indicator = 'gva_change_vs_2019' and sector = 'all' "
        "and geo = 'ITC4'",
    ) == [(-7.5,)]
    assert asked(
        root,
        "select exclusion_reason, value from excluded_observations where indicator = 'gva_change_vs_2019'",
    ) == [("vintage", -10)]


def test_two_figures_of_one_import_that_disagree_are_refused(root, tmp_path, capsys):
    path = edited(FIXTURES / "own.csv", tmp_path, ("ESP", "ITA"))
    before = content(root)
    assert run(root, "future_of_business", path) == 1
    assert "two values" in capsys.readouterr().err
    assert content(root) == before


# --- a bad file changes nothing ---

BAD = {
    "empty": b"",
    "a web page": b"<html>503</html>\n",
    "latin-1": (FIXTURES / "isoc_e_dii_second.csv")
    .read_bytes()
    .replace(b"Greece", "Grèce".encode("latin-1")),
    "cut in a line": (FIXTURES / "isoc_e_dii_first.csv").read_bytes()[:-9],
    "cut in a quote": (FIXTURES / "isoc_e_dii_second.csv").read_bytes()[:700] + b"\n",
    "a cut gzip": gzip.compress((FIXTURES / "isoc_e_dii_first.csv").read_bytes())[:-12],
    "no rows": (FIXTURES / "isoc_e_dii_first.csv").read_bytes().partition(b"\n")[0] + b"\n",
    "a comma too many": (FIXTURES / "isoc_e_dii_first.csv")
    .read_bytes()
    .replace(b"IT,2023,60.71", b"IT,2023,60,71"),
    "beyond 100%": (FIXTURES / "isoc_e_dii_first.csv").read_bytes().replace(b"60.71", b"160.71"),
    "nothing ours": (FIXTURES / "isoc_e_dii_first.csv").read_bytes().replace(b"PC_ENT", b"THS"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_file_is_one_sentence_and_changes_nothing(fault, imported, tmp_path, capsys):
    before = content(imported)
    bad = tmp_path / "isoc_e_dii.csv"
    bad.write_bytes(BAD[fault])
    assert run(imported, "eurostat", bad) == 1
    said = capsys.readouterr()
    sentence = [line for line in said.err.splitlines() if not line.startswith("build:")]
    assert said.out == "", said
    assert len(sentence) == 1, said
    assert sentence[0].endswith("."), said
    assert content(imported) == before
    assert not list(imported.rglob("*.draft-*"))


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("gossip", "x.csv"), "eurostat, istat"),
        (("eurostat", "no such file.csv"), "cannot be read"),
        (("desi", str(FIXTURES / "isoc_e_dii_first.csv")), "our columns are"),
    ],
)
def test_a_wrong_command_is_one_sentence(words, named, root, tmp_path, capsys):
    path = tmp_path / "x.csv"
    path.write_text("x\n")
    assert run(root, words[0], words[1].replace("x.csv", str(path))) == 1
    assert named in capsys.readouterr().err


def test_an_own_figure_with_an_unknown_code_is_refused_by_name_before_anything_is_written(
    root, tmp_path, capsys
):
    before = content(root)
    assert run(root, "future_of_business", edited(FIXTURES / "own.csv", tmp_path, ("ESP", "ATL"))) == 1
    assert "geo 'ATL' is not in data/codes/geographies.csv" in capsys.readouterr().err
    assert content(root) == before


@pytest.mark.parametrize(
    "fault",
    [
        BuildError("The build says no."),
        duckdb.ConstraintException("duplicate key"),
        KeyboardInterrupt(),
        OSError("disk full"),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_an_import_is_taken_back_when_the_build_fails_after_it(fault, imported, monkeypatch):
    before = content(imported)

    def refuse(*_):
        assert content(imported) != before  # the import is in its place
        raise fault

    monkeypatch.setattr(apply, "build_database", refuse)
    if isinstance(fault, KeyboardInterrupt):
        with pytest.raises(KeyboardInterrupt):
            run(imported, "eurostat", FIXTURES / "isoc_e_dii_first.csv")
    else:
        assert run(imported, "eurostat", FIXTURES / "isoc_e_dii_first.csv") == 1
    assert content(imported) == before


def test_a_first_import_is_taken_back_without_a_trace(root, monkeypatch):
    before = content(root)
    monkeypatch.setattr(
        apply,
        "build_database",
        lambda *_: (_ for _ in ()).throw(BuildError("The build says no.")),
    )
    assert run(root, "eurostat", FIXTURES / "isoc_e_dii_first.csv") == 1
    assert content(root) == before


def test_data_that_do_not_build_already_are_not_blamed_on_the_import(root, capsys):
    (root / "raw" / "eurostat_digital_intensity__x.csv").write_text("indicator\n", encoding="utf-8")
    assert run(root, "eurostat", FIXTURES / "isoc_e_dii_first.csv") == 1
    assert "before any import" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_said(root, capsys):
    (root / "imports").write_text("a file stands where the folder should")
    assert run(root, "eurostat", FIXTURES / "isoc_e_dii_first.csv") == 1
    assert "cannot be written" in capsys.readouterr().err


# --- large files ---


def test_a_table_of_200_000_rows_streams_within_bounds(root, tmp_path):
    path = tmp_path / "bd_9bd_sz_cl_r2.tsv"
    years = "\t".join(f"{year} " for year in range(2001, 2021))
    with path.open("w", encoding="utf-8") as out:
        out.write(f"freq,indic_sb,sizeclas,nace_r2,geo\\TIME_PERIOD\t{years}\n")
        for number in range(10_000):
            out.write(
                f"A,V{97000 + number % 50},TOTAL,X{number // 50},AT\t"
                + "\t".join(f"{number % 97}.{year % 10} p" for year in range(20))
                + "\n"
            )
        out.write("A,V97030,TOTAL,G,FR\t" + "\t".join("5.5 " for _ in range(20)) + "\n")
    script = (
        "import sys, pathlib; from ripresa.cli.import_files import main; code = main(sys.argv[1:]); "
        "print(int(pathlib.Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0]) // "
        "1024); sys.exit(code)"
    )  # ru_maxrss would count the parent's memory too
    done = subprocess.run(
        [sys.executable, "-c", script, "eurostat", str(path), "--root", str(root)],
        cwd=settings.DATA.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert f"{200_000:,}  sector not in" not in done.stdout
    assert "2 figures" in done.stdout
    assert int(done.stdout.split()[-1]) < 600  # MB, Python and pandas included


def test_two_imports_at_once_both_end_well(root, tmp_path):
    def start(*words):
        return subprocess.Popen(
            [sys.executable, "-m", "ripresa", "import", *map(str, words), "--root", str(root)],
            cwd=settings.DATA.parent,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    both = [
        start("eurostat", FIXTURES / "isoc_e_dii_first.csv"),
        start("worldbank", FIXTURES / "worldbank.json"),
    ]
    assert [one.communicate() and one.returncode for one in both] == [0, 0]
    assert read_data_version(root / "ripresa.duckdb") == compute_data_version(root)
    assert len(content(root / "imports")) == 2
