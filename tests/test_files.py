"""Atomic writes: the old file or the new one, never a part, and no draft left behind."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from ripresa.diagnosis.contribution_store import open_store
from ripresa.files import atomic_write, delete_drafts, write_atomically


def write_half(path):
    with atomic_write(path) as draft:
        draft.write_text("half")
        raise RuntimeError


def test_a_write_that_fails_leaves_the_old_file_and_no_draft(tmp_path):
    path = tmp_path / "table.csv"
    write_atomically(path, "old")
    with pytest.raises(RuntimeError):
        write_half(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_threads_that_write_one_file_do_not_share_a_draft(tmp_path):
    path, contents = tmp_path / "script.js", [str(number) * 50_000 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda content: write_atomically(path, content), contents * 5))
    assert path.read_text() in contents
    assert list(tmp_path.iterdir()) == [path]


def test_drafts_of_interrupted_writes_are_deleted_with_their_logs(tmp_path):
    path = tmp_path / "backup.sqlite3"
    others = [tmp_path / ".other.sqlite3.draft-1", tmp_path / "backup.sqlite3"]
    leftovers = [tmp_path / f".backup.sqlite3.draft{ending}" for ending in ("", "-1", "-1-ab-wal")]
    for file in (*others, *leftovers):
        file.touch()
    delete_drafts(path)
    assert set(tmp_path.iterdir()) == set(others)


def test_a_backup_is_not_stopped_by_an_interrupted_one(tmp_path):
    store = open_store(str(tmp_path / "store.sqlite3"))
    leftover = tmp_path / ".backup.sqlite3.draft-1"
    leftover.write_bytes(b"contributions that a withdrawal would not reach")
    assert store.backup(tmp_path / "backup.sqlite3") == 0
    assert not leftover.exists()
