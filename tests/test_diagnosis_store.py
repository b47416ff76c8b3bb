"""What is kept of a contribution, and that nothing acknowledged is ever lost: on the embedded file and on
PostgreSQL.
"""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ripresa.cli import diagnosis_commands
from ripresa.diagnosis.contribution import (
    CONTRIBUTION_FIELDS,
    ContributionError,
    Profile,
    build_contribution,
    generate_withdrawal_code,
    get_duration_class,
    get_missing_questions,
    hash_withdrawal_code,
)
from ripresa.diagnosis.contribution_store import (
    ContributionStoreError,
    get_code_expiry_date,
    open_store,
    subtract_months,
)
from ripresa.diagnosis.scoring import score_answers
from tests.helpers.diagnosis_cases import PROFILE, TODAY, answer_all, build_row

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = [
    "diagnosis_id",
    "version",
    "month",
    "country",
    "region",
    "sector",
    "size_class",
    "customers",
    "goal_1",
    "goal_2",
    "role",
    "language",
    "duration_class",
    "score",
    "score_low",
    "score_high",
    "level",
    "answers",
    "goals",
]


@pytest.fixture(params=["embedded", "postgresql"])
def address(request, tmp_path):
    if request.param == "embedded":
        return str(tmp_path / "diagnosis.sqlite3")
    postgres_server = request.getfixturevalue("postgres_server")
    store = open_store(postgres_server.address)
    store.create_tables()
    with store.backend.transaction() as run:
        for table in ("diagnosis", "withdrawal", "release_state"):
            run(f"delete from {table}")
    return postgres_server.address


@pytest.fixture
def store(address):
    return open_store(address)


def test_the_stored_row_has_exactly_these_columns(store, address):
    assert list(CONTRIBUTION_FIELDS) == COLUMNS
    store.add_contribution(build_row(), generate_withdrawal_code(), TODAY)
    with store.backend.transaction() as run:
        if address.startswith("postgresql"):
            found = run(
                "select column_name from information_schema.columns where table_name = 'diagnosis' "
                "order by ordinal_position"
            )
            codes = run(
                "select column_name from information_schema.columns where table_name = 'withdrawal' "
                "order by ordinal_position"
            )
        else:
            found, codes = (
                run("select name from pragma_table_info('diagnosis')"),
                run("select name from pragma_table_info('withdrawal')"),
            )
    assert [name for (name,) in found] == COLUMNS
    assert [name for (name,) in codes] == ["code_hash", "diagnosis_id", "expires_on"]


def test_a_row_comes_back_as_it_went_in(store):
    given = build_row(retain_records="dont_know", found_website=1)
    store.add_contribution(given, generate_withdrawal_code(), TODAY)
    assert store.list_contributions() == [given]
    assert given.month == "2026-11"
    assert json.loads(given.answers)["retain_records"] == "dont_know"
    assert json.loads(given.answers)["found_usability"] == "hidden_exclude"
    assert json.loads(given.goals)["known"] == [66.67, 66.67, 66.67, 3]
    assert "answers" not in repr(given)


def test_an_incomplete_diagnosis_is_kept_without_an_overall_score(store):
    given = build_contribution(score_answers({"known_social": 1}), PROFILE, "en", 100, TODAY)
    store.add_contribution(given, generate_withdrawal_code(), TODAY)
    assert (store.list_contributions()[0].score, store.list_contributions()[0].level) == (None, None)


def test_the_same_row_twice_is_kept_once(store):
    given, code = build_row(), generate_withdrawal_code()
    store.add_contribution(given, code, TODAY)
    store.add_contribution(given, code, TODAY)
    assert store.count() == 1


def test_a_code_takes_its_own_row_back_however_it_is_typed(store):
    mine, other, code = build_row(), build_row(), generate_withdrawal_code()
    store.add_contribution(mine, code, TODAY)
    store.add_contribution(other, generate_withdrawal_code(), TODAY)
    assert store.withdraw(code.lower().replace("-", " ").replace("0", "o"), date(2026, 12, 31))
    assert [r.diagnosis_id for r in store.list_contributions()] == [other.diagnosis_id]
    assert not store.withdraw(code, TODAY)


def test_a_code_works_to_the_end_of_the_month_of_its_thirtieth_day(store):
    code = generate_withdrawal_code()
    store.add_contribution(build_row(), code, TODAY)
    assert get_code_expiry_date(TODAY) == date(2026, 12, 31)
    assert get_code_expiry_date(date(2027, 1, 31)) == date(2027, 3, 31)
    assert not store.withdraw(code, date(2027, 1, 1))
    assert store.count() == 1


def test_only_the_hash_of_a_code_is_kept(store, tmp_path):
    code = generate_withdrawal_code()
    store.add_contribution(build_row(), code, TODAY)
    with store.backend.transaction() as run:
        assert run("select code_hash, expires_on from withdrawal") == [
            (hash_withdrawal_code(code), "2026-12-31")
        ]
    for file in tmp_path.iterdir():
        if file.is_file():
            assert code.encode() not in file.read_bytes()


def test_a_code_has_128_random_bits_in_letters_hard_to_misread():
    codes = {generate_withdrawal_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert {len(code) for code in codes} == {31}
    assert not set("".join(codes)) & set("ILOU")


def test_only_rows_that_can_no_longer_be_withdrawn_are_settled(store):
    early, late = build_row(today=date(2026, 8, 3)), build_row(today=date(2026, 9, 20))
    store.add_contribution(early, generate_withdrawal_code(), date(2026, 8, 3))
    store.add_contribution(late, generate_withdrawal_code(), date(2026, 9, 20))
    assert store.list_settled_contributions("2026-09", date(2026, 10, 5)) == [early]
    assert len(store.list_settled_contributions("2026-09", date(2026, 11, 1))) == 2
    assert store.list_settled_contributions("2026-08", date(2026, 12, 1)) == [early]


def test_rows_are_kept_for_24_months_and_expired_codes_are_destroyed(store):
    old, new = build_row(today=date(2024, 10, 31)), build_row(today=date(2024, 11, 1))
    store.add_contribution(old, generate_withdrawal_code(), date(2024, 10, 31))
    store.add_contribution(new, generate_withdrawal_code(), date(2024, 11, 1))
    assert subtract_months(TODAY, 24) == "2024-11"
    assert store.purge(TODAY) == 1
    assert store.list_contributions() == [new]
    with store.backend.transaction() as run:
        assert run("select count(*) from withdrawal") == [(0,)]


def test_a_release_remembers_members_only_of_the_last(store):
    store.record_release("2026-Q1", "2026-03", {"a": 1}, ["x", "y"], "2024-01")
    store.record_release("2026-Q2", "2026-06", {"a": 2}, ["x", "y", "z"], "2024-01")
    found = [(r["release_id"], r["counts"], r["members"]) for r in store.list_releases()]
    assert found == [("2026-Q1", {"a": 1}, []), ("2026-Q2", {"a": 2}, ["x", "y", "z"])]
    store.record_release("2028-Q2", "2028-06", {"a": 3}, [], "2026-06")
    assert [r["release_id"] for r in store.list_releases()] == ["2026-Q2", "2028-Q2"]


WORKER = """
import os, sys, threading
from dataclasses import replace
from datetime import date
from ripresa.diagnosis.contribution import generate_withdrawal_code
from ripresa.diagnosis.contribution_store import open_store
from tests.helpers.diagnosis_cases import build_row
store, today, start, base = open_store(sys.argv[1]), date(2026, 11, 22), threading.Barrier(25), build_row()
def go():
    start.wait()
    while True:
        given = replace(base, diagnosis_id=os.urandom(16).hex())
        store.add_contribution(given, generate_withdrawal_code(), today)
        os.write(1, (given.diagnosis_id + "\\n").encode())
for _ in range(25):
    threading.Thread(target=go).start()
"""


def test_what_was_acknowledged_survives_200_at_once_and_kill_9(address, request):
    workers = [
        subprocess.Popen([sys.executable, "-c", WORKER, address], cwd=ROOT, stdout=subprocess.PIPE)
        for _ in range(8)
    ]
    acknowledged = []
    for worker in random.sample(workers, len(workers)):
        acknowledged.append(worker.stdout.readline().decode().strip())  # it has begun
        time.sleep(random.uniform(0.02, 0.3))
        worker.send_signal(signal.SIGKILL)
    for worker in workers:
        lines = worker.stdout.read().decode().split("\n")
        acknowledged += [line for line in lines if len(line) == 32]
        worker.wait()
    if address.startswith("postgresql"):
        request.getfixturevalue("postgres_server").crash()
    rows = open_store(address).list_contributions()
    ids = [r.diagnosis_id for r in rows]
    assert len(acknowledged) >= 8
    assert set(acknowledged) <= set(ids)
    assert len(ids) == len(set(ids))
    whole = replace(build_row(), diagnosis_id="")
    assert all(replace(r, diagnosis_id="") == whole for r in rows)
    with open_store(address).backend.transaction() as run:
        assert run("select count(*) from withdrawal") == [(len(rows),)]


def test_200_sessions_at_once_are_all_kept(address):
    from threading import Thread

    store, given = open_store(address), [replace(build_row(), diagnosis_id=f"{i:032x}") for i in range(200)]
    threads = [
        Thread(target=store.add_contribution, args=(one, generate_withdrawal_code(), TODAY)) for one in given
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [r.diagnosis_id for r in store.list_contributions()] == [one.diagnosis_id for one in given]


def test_a_file_that_has_its_tables_opens_while_another_session_writes(tmp_path, monkeypatch):
    path = str(tmp_path / "diagnosis.sqlite3")
    open_store(path).add_contribution(build_row(), generate_withdrawal_code(), TODAY)
    monkeypatch.setattr("ripresa.diagnosis.contribution_store.TIMEOUT_SECONDS", 0.1)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        store = open_store(path)
        with pytest.raises(ContributionStoreError, match="SQLITE_BUSY"):  # the other does hold the turn
            store.add_contribution(build_row(), generate_withdrawal_code(), TODAY)


def test_many_processes_may_make_the_embedded_file_at_once(tmp_path):
    path = str(tmp_path / "new" / "diagnosis.sqlite3")
    make = (
        "import sys; from ripresa.diagnosis.contribution_store import open_store; "
        "open_store(sys.argv[1]).count()"
    )
    makers = [subprocess.Popen([sys.executable, "-c", make, path], cwd=ROOT) for _ in range(6)]
    assert [maker.wait() for maker in makers] == [0] * 6
    assert sqlite3.connect(path).execute("pragma journal_mode").fetchone() == ("wal",)
    assert os.stat(path).st_mode & 0o077 == 0


def run(capsys, *words) -> tuple[int, str]:
    """Exit status of python -m ripresa diagnosis, and what it printed."""
    code = diagnosis_commands.main([*map(str, words)])
    printed = capsys.readouterr()
    return code, (printed.out + printed.err).strip()


def test_the_command_makes_the_tables(address, monkeypatch, capsys):
    monkeypatch.setenv("RIPRESA_CONTRIBUTION_STORE", address)
    assert run(capsys, "init") == (0, "The tables are ready.")
    assert run(capsys, "count") == (0, "0 diagnoses kept.")
    assert run(capsys, "purge") == (0, "0 diagnoses past their time deleted.")
    with pytest.raises(SystemExit):
        run(capsys, "drop")
    assert "choose from" in capsys.readouterr().err


def test_a_backup_is_restored_whole_and_never_over_what_is_kept(address, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RIPRESA_CONTRIBUTION_STORE", address)
    store, code, file = open_store(address), generate_withdrawal_code(), tmp_path / "backup.sqlite3"
    today = date.today()
    for given, secret in (
        (build_row(today=today), code),
        (build_row(today=today), generate_withdrawal_code()),
    ):
        store.add_contribution(given, secret, today)
    store.record_release("2026-Q1", "2026-03", {"a": 1}, ["x"], "2024-01")
    before = store.list_contributions(), store.list_releases()
    status, sentence = run(capsys, "backup", file)
    assert status == 0
    assert sentence.startswith("2 diagnoses in ")
    assert os.stat(file).st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.glob("*backup*")] == ["backup.sqlite3"]
    status, sentence = run(capsys, "backup", file)
    assert status == 1
    assert "is there already" in sentence
    status, sentence = run(capsys, "restore", file)
    assert status == 1
    assert "not empty" in sentence
    with store.backend.transaction() as execute:
        for table in ("diagnosis", "withdrawal", "release_state"):
            execute(f"delete from {table}")
    assert run(capsys, "restore", file) == (0, "2 diagnoses kept.")
    assert (store.list_contributions(), store.list_releases()) == before
    assert store.withdraw(code, today)


def test_a_backup_that_is_not_there_or_is_not_one_is_a_sentence_and_nothing_is_kept(
    address, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("RIPRESA_CONTRIBUTION_STORE", address)
    (tmp_path / "notes.txt").write_text("not a backup " * 100)
    for name, reason in (("nothing.sqlite3", "is not there"), ("notes.txt", "is no backup")):
        status, sentence = run(capsys, "restore", tmp_path / name)
        assert status == 1
        assert reason in sentence
    assert run(capsys, "count") == (0, "0 diagnoses kept.")


def test_missing_tables_are_said_with_the_command_that_makes_them(postgres_server):
    store = open_store(postgres_server.address)
    store.create_tables()
    with store.backend.transaction() as run:
        run("alter table diagnosis rename to away")
    try:
        with pytest.raises(ContributionStoreError, match="run python -m ripresa diagnosis init"):
            store.count()
    finally:
        with store.backend.transaction() as run:
            run("alter table away rename to diagnosis")


def test_no_fault_of_the_store_tells_an_answer(store):
    broken = replace(build_row(), region=None)
    with pytest.raises(ContributionStoreError) as fault:
        store.add_contribution(broken, generate_withdrawal_code(), TODAY)
    assert str(fault.value) == "The row is not complete: nothing was kept."
    with pytest.raises(ContributionStoreError) as fault, store.backend.transaction() as run:
        run("insert into diagnosis (diagnosis_id, answers) values ('x', 'known_social')")
    assert "known_social" not in str(fault.value)
    assert fault.value.__cause__ is None
    assert fault.value.__suppress_context__


def test_an_address_of_another_kind_is_refused():
    with pytest.raises(ContributionStoreError, match="neither a path nor postgresql://"):
        open_store("mysql://somewhere/db")


def test_contributing_needs_the_profile_and_an_answer():
    assert get_missing_questions(Profile("ITC4", "I")) == ["size", "customers", "goals"]
    with pytest.raises(ContributionError, match="the profile needs: size, customers, goals"):
        build_contribution(score_answers(answer_all(1)), Profile("ITC4", "I"), "it", 60, TODAY)
    with pytest.raises(ContributionError, match="no answer"):
        build_contribution(score_answers({}), PROFILE, "it", 60, TODAY)
    with pytest.raises(ContributionError, match='profile "region" cannot be'):
        build_contribution(score_answers(answer_all(1)), replace(PROFILE, region="Milano"), "it", 60, TODAY)


def test_the_time_taken_is_kept_in_four_classes():
    assert [get_duration_class(minutes * 60) for minutes in (0, 4.9, 5, 8, 11.9, 12, 90)] == [
        "0-5",
        "0-5",
        "5-8",
        "8-12",
        "8-12",
        "12+",
        "12+",
    ]
