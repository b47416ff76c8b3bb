"""What breaks is said in a sentence, in the visitor's language, and what was whole before stays whole."""

import asyncio
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import date
from html import unescape
from pathlib import Path

import duckdb
import pyarrow.parquet as parquet
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ripresa import i18n as words
from ripresa import settings
from ripresa.cli import rollback
from ripresa.database import query
from ripresa.database import releases as release
from ripresa.database.build import build_database, ensure_database
from ripresa.database.database_file import get_previous_path, read_data_version
from ripresa.database.input_files import compute_data_version
from ripresa.diagnosis import published_file
from ripresa.diagnosis.contribution import generate_withdrawal_code
from ripresa.diagnosis.contribution_store import ContributionStoreError, open_store
from ripresa.exports import image_renderer
from ripresa.i18n import t
from ripresa.web import routes
from tests.conftest import absent
from tests.helpers.app import (
    get_diagnosis,
    get_heading,
    get_html,
    get_visible_text,
    open_diagnosis,
    open_page,
    press_actions,
    rerun_overview,
)
from tests.helpers.diagnosis_cases import BAKERY, FULL, TODAY, build_row
from tests.helpers.exporting import build_figure_and_export
from tests.helpers.importing import FIXTURES, small
from tests.helpers.permissions import make_read_only, unprivileged_user

ROOT = Path(__file__).resolve().parent.parent
LANGS = pytest.mark.parametrize("lang", words.LANGS)
POSIX = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX")
CLIENT = TestClient(Starlette(routes=routes.ROUTES), raise_server_exceptions=False)
pytestmark = pytest.mark.fault


def plain(visit) -> str:
    return unescape(re.sub(r"<[^>]*>", " ", get_html(visit)))


# --- the database of a replica ---


@pytest.fixture
def replica(tmp_path, monkeypatch) -> Path:
    """A copy of the published database that nothing may build again."""
    query.get_data_version()
    copy = Path(shutil.copy(settings.get_database_path(), tmp_path / "copy.duckdb"))
    monkeypatch.setenv("RIPRESA_DATABASE", str(copy))
    monkeypatch.setenv("RIPRESA_READ_ONLY", "1")
    return copy


def missing(path: Path) -> None:
    path.unlink()


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def overwritten(path: Path) -> None:
    path.write_bytes(b"\0" * 20_000)


def older(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("drop table resources")


def locked(path: Path) -> subprocess.Popen:
    """Another process writes in it."""
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import duckdb, sys; held = duckdb.connect({str(path)!r}); print('held', flush=True); "
            "sys.stdin.read()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout.readline() == b"held\n"
    return holder


@pytest.mark.parametrize(
    "damage", [missing, truncated, overwritten, older, locked], ids=lambda damage: damage.__name__
)
def test_a_database_that_cannot_be_used_is_said_on_every_surface_and_seen_again_once_it_is_there(
    damage, replica
):
    whole = replica.read_bytes()
    holder = damage(replica)
    try:
        for lang in words.LANGS:
            visit = open_page(lang=lang)
            assert not visit.exception
            assert get_heading(visit) == t("fault_title", lang)
            assert t("fault_database", lang) in plain(visit)
            assert "copy.duckdb" in plain(visit)
            assert str(replica.parent) not in plain(visit)
            answers = [
                CLIENT.get(f"{address}?lang={lang}")
                for address in ("/api/v1/observations", "/embed/v1/death_rate")
            ]
            assert [answer.status_code for answer in answers] == [503, 503]
            assert "copy.duckdb" in answers[0].json()["detail"]
            assert answers[1].headers["cache-control"] == "no-store"
            assert t("fault_database", lang) in unescape(answers[1].text)
        assert CLIENT.get("/readyz").status_code == CLIENT.get("/healthz").status_code == 503
    finally:
        if holder:
            holder.communicate(b"")
    draft = replica.with_name("draft")
    draft.write_bytes(whole)
    os.replace(draft, replica)
    assert get_heading(open_page(lang="it")) != t("fault_title", "it")
    assert CLIENT.get("/healthz").status_code == 200


@LANGS
def test_a_file_copied_over_the_one_in_use_is_a_sentence_until_it_is_whole_and_then_the_visit_goes_on(
    lang, replica
):
    visit = open_page(lang=lang)
    before, whole = get_heading(visit), replica.read_bytes()
    with replica.open("wb") as slow:
        slow.write(whole[: len(whole) // 3])
        slow.flush()
        assert get_heading(rerun_overview(visit)) == t("fault_title", lang)
        slow.write(whole[len(whole) // 3 :])
    assert get_heading(rerun_overview(visit)) == before
    assert not visit.exception


def test_a_database_swapped_in_the_middle_of_a_visit_is_the_one_of_the_next_answer(replica):
    visit = open_page(lang="it")
    newer = Path(shutil.copy(replica, replica.with_name("newer")))
    with duckdb.connect(str(newer)) as connection:
        connection.execute("update build set version = 'feedfacebeef'")
    os.replace(newer, replica)
    assert "feedfacebeef" in plain(rerun_overview(visit))
    assert get_heading(visit)


# --- a full or closed disk, and a process killed, while something is written ---


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A small root with its database and one release."""
    root = small(tmp_path_factory.mktemp("small") / "data")
    build_database(root, root / "ripresa.duckdb")
    release.create_release(root, date(2026, 11, 22))
    raw = root / "raw" / "future_of_business__x.csv"
    raw.write_text(raw.read_text().replace(",16,percent", ",17,percent"))
    build_database(root, root / "ripresa.duckdb")
    return root


@pytest.fixture
def root(made, tmp_path, monkeypatch) -> Path:
    monkeypatch.delenv("RIPRESA_DATABASE", raising=False)
    return Path(shutil.copytree(made, tmp_path / "data"))


def content(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.name.endswith(".lock")
    }


def limited(size: int):
    """What a child does first: no file of its may grow beyond this."""
    import resource

    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def start(*command: str, **how) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, *map(str, command)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **how,
    )


def refused(process: subprocess.Popen) -> str:
    """The one sentence of a command that could not do it."""
    words = process.communicate()[1].strip()
    assert process.returncode == 1, words
    assert "Traceback" not in words, words
    assert words.endswith("."), words
    return words.splitlines()[-1]


@POSIX
def test_an_import_on_a_full_disk_is_said_and_taken_back(root):
    before = content(root)
    assert "could not be written" in refused(
        start(
            "-m",
            "ripresa",
            "import",
            "eurostat",
            FIXTURES / "isoc_e_dii.json",
            "--root",
            root,
            preexec_fn=limited(100_000),
        )
    )
    assert content(root) == before


@POSIX
def test_a_release_on_a_full_disk_is_said_and_leaves_the_last_one(root):
    before = content(root)
    assert "cannot be written" in refused(
        start("-m", "ripresa", "release", "--root", root, preexec_fn=limited(500))
    )
    assert content(root) == before


@POSIX
def test_a_release_into_a_closed_folder_is_said():
    outer = Path(tempfile.mkdtemp(prefix="closed-"))
    try:
        root = small(outer / "data")
        build_database(root, root / "ripresa.duckdb")
        make_read_only(root)
        with (
            unprivileged_user(),
            pytest.raises(release.ReleaseError, match=r"cannot be written .*: free or unlock the folder"),
        ):
            release.create_release(root, TODAY)
    finally:
        root.chmod(0o755)
        shutil.rmtree(outer)


DYING = """
import os, signal, sys
from datetime import date
from pathlib import Path
from ripresa.database import releases as release
real, left = Path.replace, [int(sys.argv[2])]
def replace(self, target):
    left[0] -= 1
    if left[0] < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, target)
Path.replace = replace
release.create_release(Path(sys.argv[1]), date(2026, 12, 24))
"""


@POSIX
@pytest.mark.parametrize("written", [0, 1, 2])
def test_a_release_killed_after_any_of_its_files_is_made_whole_by_the_next(written, root, tmp_path):
    undisturbed = shutil.copytree(root, tmp_path / "undisturbed")
    release.create_release(undisturbed, date(2026, 12, 24))
    killed = start("-c", DYING, root, written)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL, "not released until the index says so"
    assert len(release.load_releases(root)) == 1, "not released until the index says so"
    line = release.create_release(root, date(2026, 12, 24))
    parquet.read_table(root / "releases" / f"{line['version']}.parquet")
    assert release.load_revisions(root) == release.load_revisions(undisturbed)
    assert release.load_releases(root) == release.load_releases(undisturbed)


@POSIX
@pytest.mark.parametrize("moment", ["trying the import", "reading the declarations", "deriving"])
def test_an_import_killed_half_way_leaves_a_database_that_is_read_and_data_that_build(moment, root):
    before = (root / "ripresa.duckdb").read_bytes()
    killed = start("-m", "ripresa", "import", "eurostat", FIXTURES / "isoc_e_dii.json", "--root", root)
    assert any(moment in line for line in killed.stderr)
    killed.kill()
    killed.communicate()
    assert (root / "ripresa.duckdb").read_bytes() == before
    build_database(root)
    assert read_data_version(root / "ripresa.duckdb") == compute_data_version(root)


GIVING = (
    "import sys; from ripresa.diagnosis.contribution import generate_withdrawal_code; "
    "from ripresa.diagnosis.contribution_store import ContributionStoreError, open_store; "
    "from tests.helpers.diagnosis_cases import TODAY, build_row\n"
)


@POSIX
def test_a_contribution_on_a_full_disk_is_refused_with_a_sentence_and_what_was_kept_stays(tmp_path):
    path = tmp_path / "diagnosis.sqlite3"
    store, given = open_store(str(path)), build_row()
    store.add_contribution(given, generate_withdrawal_code(), TODAY)
    filling = (
        GIVING + "for _ in range(500):\n    try: open_store(sys.argv[1]).add_contribution(build_row(), "
        "generate_withdrawal_code(), TODAY)\n    except ContributionStoreError as fault: "
        "sys.exit(str(fault))"
    )
    assert re.match(
        r"The (store did not take it|file .* cannot be used) \(SQLITE_",
        refused(start("-c", filling, path, preexec_fn=limited(200_000))),
    )
    kept = store.list_contributions()
    assert given in kept
    assert len(kept) < 500
    store.add_contribution(build_row(), generate_withdrawal_code(), TODAY)
    assert store.count() == len(kept) + 1
    assert sqlite3.connect(path).execute("pragma integrity_check").fetchone() == ("ok",)


@POSIX
@LANGS
def test_a_contribution_to_a_closed_folder_is_a_sentence_and_the_row_is_kept_once_it_opens(lang, monkeypatch):
    outer = Path(tempfile.mkdtemp(prefix="closed-"))
    try:
        outer.chmod(0o555)
        monkeypatch.setenv("RIPRESA_CONTRIBUTION_STORE", str(outer / "kept" / "diagnosis.sqlite3"))
        visit = open_diagnosis("result", lang, BAKERY, FULL)
        visit.checkbox(key=f"consent_{lang}").check().run()
        with unprivileged_user():
            visit.button(key=f"contribute_{lang}").click().run()
        assert not visit.exception
        assert t("contribute_fault", lang) in get_visible_text(visit)
        outer.chmod(0o755)
        visit.button(key=f"contribute_{lang}").click().run()
        assert get_diagnosis(visit).has_contributed
        assert open_store().count() == 1
    finally:
        shutil.rmtree(outer)


@pytest.mark.parametrize(
    "damage",
    [b"not a database, but long enough to be looked at" * 100, b"SQLite format 3\0" + b"\xff" * 5000],
    ids=["another file", "a torn header"],
)
def test_a_damaged_store_is_said_at_once_with_the_way_back(damage, tmp_path):
    path = tmp_path / "diagnosis.sqlite3"
    path.write_bytes(damage)
    started = time.monotonic()
    with pytest.raises(ContributionStoreError, match="restore a backup"):
        open_store(str(path))
    assert time.monotonic() - started < 2
    assert path.read_bytes() == damage


@POSIX
def test_a_quarter_published_onto_a_full_disk_leaves_the_file_that_was_there(tmp_path):
    path = tmp_path / "release.csv"
    rows = [dict.fromkeys(published_file.COLUMNS, "x" * 50)] * 100
    published_file.write_release(rows[:1], path)
    before = path.read_bytes()
    writing = start(
        "-c",
        "from pathlib import Path; from ripresa.diagnosis import published_file; "
        "published_file.write_release([dict.fromkeys(published_file.COLUMNS, 'x' * 50)] * 100, "
        f"Path({str(path)!r}))",
        preexec_fn=limited(4000),
    )
    assert "OSError" in writing.communicate()[1]
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["release.csv"]


# --- an update taken back ---


def test_an_update_is_rolled_back_and_forth_under_the_pages_by_one_command(replica, monkeypatch, capsys):
    folder, first = replica.parent / "deep", query.get_data_version()
    folder.mkdir()
    path = Path(shutil.copy(replica, folder / "ripresa.duckdb"))
    with duckdb.connect(str(path)) as connection:
        connection.execute("update build set version = 'feedfacebeef'")
    build_database(path=path)  # the same figures under their true version, in place of the other
    monkeypatch.setenv("RIPRESA_DATABASE", str(path))
    visit = open_page(lang="en")
    assert first in plain(visit)
    assert read_data_version(get_previous_path(path)) == "feedfacebeef"
    for version in ("feedfacebeef", first):
        with pytest.raises(SystemExit):  # a question, not an order
            rollback.main(["--help"])
        assert rollback.main([]) == 0
        assert f"version {version} is in place" in capsys.readouterr().out
        assert version in plain(rerun_overview(visit))
        assert CLIENT.get("/healthz").json()["version"] == version
    assert sorted(name for name in os.listdir(folder) if not name.endswith(".lock")) == [
        "ripresa.duckdb",
        "ripresa.previous.duckdb",
    ]


def test_without_a_previous_database_a_roll_back_is_refused_and_nothing_changes(replica, capsys):
    before = replica.read_bytes()
    assert rollback.main([]) == 1
    assert "nothing to go back to" in capsys.readouterr().err
    assert replica.read_bytes() == before


# --- the clock moved ---


def test_a_release_dated_before_the_last_one_is_refused(root):
    before = content(root)
    with pytest.raises(
        release.ReleaseError,
        match="Today is 2026-11-21 here, and the last release is of 2026-11-22: set the clock",
    ):
        release.create_release(root, date(2026, 11, 21))
    assert content(root) == before


@pytest.mark.parametrize("when", [0, 4_102_444_800], ids=["1970", "2100"])
def test_files_dated_in_another_age_are_read_and_built_as_ever(when, root):
    version = compute_data_version(root)
    for path in root.rglob("*"):
        os.utime(path, (when, when))
    assert compute_data_version(root) == version
    assert ensure_database(root) == root / "ripresa.duckdb"
    assert read_data_version(root / "ripresa.duckdb") == version


def test_a_clock_put_back_after_a_contribution_does_not_take_its_code_away(tmp_path):
    store, code = open_store(str(tmp_path / "diagnosis.sqlite3")), generate_withdrawal_code()
    store.add_contribution(build_row(), code, TODAY)
    assert store.withdraw(code, date(2020, 1, 1))
    assert store.count() == 0


# --- PostgreSQL gone and back ---


def test_postgresql_gone_is_a_sentence_and_back_it_keeps_the_row_once(postgres_server, monkeypatch):
    open_store(postgres_server.address).create_tables()
    monkeypatch.setenv("RIPRESA_CONTRIBUTION_STORE", postgres_server.address)
    before = open_store().count()
    visits = {lang: open_diagnosis("result", lang, BAKERY, FULL) for lang in words.LANGS}
    for lang, visit in visits.items():
        visit.checkbox(key=f"consent_{lang}").check().run()
    postgres_server.run("pg_ctl", "-D", postgres_server.data, "-m", "immediate", "-w", "stop")
    try:
        for lang, visit in visits.items():
            visit.button(key=f"contribute_{lang}").click().run()
            assert not visit.exception
            assert t("contribute_fault", lang) in get_visible_text(visit)
            assert not get_diagnosis(visit).has_contributed
    finally:
        postgres_server.start()
    for lang, visit in visits.items():
        visit.button(key=f"contribute_{lang}").click().run()
        assert get_diagnosis(visit).has_contributed
        assert t("code_title", lang) in get_visible_text(visit)
    assert open_store().count() == before + 2


# --- Chrome missing, or hung, while an image is drawn ---


@pytest.fixture
def hasty(monkeypatch):
    """A renderer that waits two seconds for a browser, not thirty."""
    monkeypatch.setattr(image_renderer, "START_TIMEOUT_SECONDS", 2)
    monkeypatch.setattr(image_renderer, "RENDER_TIMEOUT_SECONDS", 2)
    yield
    image_renderer.close_browser()


def processes(word: str) -> list[str]:
    """The processes whose command holds this word."""
    return [
        path.parent.name
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if path.exists() and word.encode() in path.read_bytes()
    ]


@POSIX
def test_a_browser_that_hangs_is_ended_and_a_sentence_says_what_else_to_do(hasty, tmp_path, monkeypatch):
    hung = tmp_path / "hung-browser"
    hung.write_text(f"#!/bin/sh\nwhile true; do sleep 1; done # {hung}\n")
    hung.chmod(0o755)
    monkeypatch.setattr(image_renderer, "find_browser", lambda: str(hung))
    started = time.monotonic()
    with pytest.raises(image_renderer.RenderError) as fault:
        image_renderer.render_image(*build_figure_and_export("bars", "closures", "italy"), "svg")
    assert time.monotonic() - started < 12
    assert "PNG e SVG" in fault.value.format_message("it")
    assert "PNG and SVG" in fault.value.format_message("en")
    assert processes(str(hung)) == []


@POSIX
def test_a_browser_that_stops_while_it_draws_is_replaced(chromium, monkeypatch):
    if not image_renderer.find_browser():
        absent("BROWSER", "No Chrome or Chromium, or no kaleido: images drawn on the server are not tested")
    figure = build_figure_and_export("bars", "closures", "italy")
    try:
        image_renderer.render_image(*figure, "svg")
        first = image_renderer._RENDERER._browser.subprocess
        monkeypatch.setattr(image_renderer, "RENDER_TIMEOUT_SECONDS", 2)
        os.killpg(first.pid, signal.SIGSTOP)
        with pytest.raises(image_renderer.RenderError):
            image_renderer.render_image(*figure, "svg")
        assert first.poll() is not None
        monkeypatch.undo()
        assert b"<svg" in image_renderer.render_image(*figure, "svg")
    finally:
        image_renderer.close_browser()


@LANGS
@pytest.mark.parametrize("reason", ["absent", "failed", "busy"])
def test_a_page_whose_image_cannot_be_drawn_says_so_and_stays(reason, lang, monkeypatch):
    def refuse(*_):
        raise image_renderer.RenderError(reason)

    monkeypatch.setattr(image_renderer, "find_browser", lambda: "/somewhere/chromium")
    monkeypatch.setattr(image_renderer, "render_image", refuse)
    visit = open_page("closures", lang=lang)
    press_actions(visit, "map", "export")
    visit.button(key=f"map_render_{lang}").click().run()
    assert not visit.exception
    assert image_renderer.RenderError(reason).format_message(lang) in plain(visit)
    assert get_heading(visit) != t("fault_title", lang)


# --- many at once ---


def test_200_sessions_connecting_at_once_all_see_their_page(site):
    from benchmarks.load import StreamlitVisitor
    from benchmarks.servers import Server

    async def one() -> str:
        visitor = StreamlitVisitor(Server("ours", int(site.rpartition(":")[2]), 0, 0))
        await visitor.connect()
        await everyone.wait()  # all 200 are there before the first page is asked for
        await visitor.open_page("about", "lang=it")
        await visitor.close()
        return "".join(visitor.html_fragments)

    async def crowd() -> list:
        async with asyncio.timeout(100):
            return await asyncio.gather(*(one() for _ in range(200)), return_exceptions=True)

    everyone = asyncio.Barrier(200)
    seen = asyncio.run(crowd())
    assert [fault for fault in seen if isinstance(fault, BaseException)] == []
    assert len(set(seen)) == 1
    assert f"<h1>{t('about_question', 'it')}</h1>" in seen[0]
