"""Where contributed diagnoses are kept: one interface, an embedded SQLite file or PostgreSQL. Never the published database.

    python -m ripresa diagnosis init     make the tables (the embedded file makes its own)
    python -m ripresa diagnosis count    how many diagnoses are kept
    python -m ripresa diagnosis purge    delete what is past its time
    python -m ripresa diagnosis backup FILE     everything kept, as of one moment, in a new file that is itself an embedded store
    python -m ripresa diagnosis restore FILE    a backup into a store that is empty, then purge

RIPRESA_CONTRIBUTION_STORE is the path of the file (default contributions/diagnosis.sqlite3; a local disk, one machine) or postgresql://... (several replicas).
"""

import json
import os
import re
import sqlite3
import threading
import time
from calendar import monthrange
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from ripresa import settings
from ripresa.diagnosis.contribution import (
    CONTRIBUTION_FIELDS,
    Contribution,
    contribution_from_row,
    contribution_to_row,
    hash_withdrawal_code,
)
from ripresa.diagnosis.questionnaire_loader import get_questionnaire

TIMEOUT_SECONDS = 30  # seconds for a turn to write
MAX_CONNECTIONS = 8  # of one process to PostgreSQL: contributions are rare and short
ADVISORY_LOCK_ID = 5_023_020  # any fixed number: two commands never make the tables at once
MAX_ATTEMPTS = 3

COLUMN_TYPES = {
    "score": "double precision",
    "score_low": "double precision",
    "score_high": "double precision",
    "level": "integer",
}
NULLABLE_COLUMNS = tuple(COLUMN_TYPES)  # an incomplete diagnosis has no overall score
COLUMN_DEFINITIONS = ",\n    ".join(
    f"{name} {COLUMN_TYPES.get(name, 'text')}{'' if name in NULLABLE_COLUMNS else ' not null'}"
    for name in CONTRIBUTION_FIELDS[1:]
)
# Rows stand in the order of their random key, not of arrival; a code has its own table and only its hash.
CREATE_TABLES = (
    f"create table if not exists diagnosis (\n    diagnosis_id text primary key,\n    {COLUMN_DEFINITIONS}\n){{ordered}}",
    "create table if not exists withdrawal (code_hash text primary key, diagnosis_id text not null, expires_on text not null){ordered}",
    "create table if not exists release_state (release_id text primary key, month_to text not null, counts text not null, members text not null){ordered}",
)
INSERT_CONTRIBUTION = f"insert into diagnosis ({', '.join(CONTRIBUTION_FIELDS)}) values ({', '.join(':' + name for name in CONTRIBUTION_FIELDS)}) on conflict (diagnosis_id) do nothing"
INSERT_WITHDRAWAL_CODE = "insert into withdrawal (code_hash, diagnosis_id, expires_on) values (:code_hash, :diagnosis_id, :expires_on) on conflict (code_hash) do nothing"
TABLE_COLUMNS = {
    "diagnosis": CONTRIBUTION_FIELDS,
    "withdrawal": ("code_hash", "diagnosis_id", "expires_on"),
    "release_state": ("release_id", "month_to", "counts", "members"),
}
WITHDRAWABLE_IDS = "select diagnosis_id from withdrawal where expires_on >= :today"


class ContributionStoreError(RuntimeError):
    """The store cannot do it: one sentence, never with a row's content."""


class SqliteBackend:
    """An SQLite file in write-ahead mode with full synchronisation: a commit that returned survives the process and the power."""

    table_options, snapshot_statement = (
        " without rowid",
        "select 1",
    )  # its transactions already see one moment

    def __init__(self, path: Path):
        self.path = Path(path)

    @contextmanager
    def transaction(self) -> Iterator[Callable]:
        try:
            db = sqlite3.connect(self.path, timeout=TIMEOUT_SECONDS, isolation_level=None)
        except sqlite3.Error:
            raise ContributionStoreError(
                f"The file {self.path} cannot be opened: check the folder and its permissions."
            ) from None
        try:
            db.execute("pragma synchronous = full")
            db.execute("pragma secure_delete = on")
            db.execute("begin immediate")
            yield lambda sql, **values: db.execute(sql, values).fetchall()
            db.execute("commit")
        except sqlite3.Error as fault:
            raise ContributionStoreError(
                f"The store did not take it ({fault.sqlite_errorname}): try again."
            ) from None
        finally:
            db.close()  # an open transaction is rolled back

    def create_tables(self):
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            ignore = self.path.parent / ".gitignore"
            if self.path == settings.CONTRIBUTION_STORE and not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")
            self.path.touch(mode=0o600)
        except OSError as fault:
            raise ContributionStoreError(
                f"The file {self.path} cannot be written ({fault.strerror}): check the folder and its permissions."
            ) from None
        if self._enable_wal() < len(CREATE_TABLES):  # a file that has them opens without a turn to write
            with self.transaction() as run:
                for table in CREATE_TABLES:
                    run(table.format(ordered=self.table_options))

    def _enable_wal(self) -> int:
        """How many tables the file has. The mode is a property of the file; while another process sets it, this one waits."""
        until = time.monotonic() + TIMEOUT_SECONDS
        while True:
            db = sqlite3.connect(self.path, timeout=TIMEOUT_SECONDS)
            try:
                db.execute("pragma journal_mode = wal")
                return db.execute("select count(*) from sqlite_master where type = 'table'").fetchone()[0]
            except sqlite3.DatabaseError as fault:
                if (
                    not fault.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL"))
                    or time.monotonic() > until
                ):
                    raise ContributionStoreError(
                        f"The file {self.path} cannot be used ({fault.sqlite_errorname}): check it and its folder, or restore a backup."
                    ) from None
                time.sleep(0.05)
            finally:
                db.close()


class PostgresBackend:
    """A PostgreSQL database, for several replicas of the dashboard."""

    table_options, snapshot_statement = "", "set transaction isolation level repeatable read"

    def __init__(self, dsn: str):
        self.dsn = dsn
        self.connection_semaphore = threading.BoundedSemaphore(MAX_CONNECTIONS)

    @contextmanager
    def transaction(self) -> Iterator[Callable]:
        import psycopg
        from psycopg.rows import tuple_row

        try:
            with (
                self.connection_semaphore,
                psycopg.connect(self.dsn, connect_timeout=TIMEOUT_SECONDS, row_factory=tuple_row) as db,
            ):
                db.execute("set local synchronous_commit = on")
                yield lambda sql, **values: _fetch_rows(db.execute(re.sub(r":(\w+)", r"%(\1)s", sql), values))
        except psycopg.errors.UndefinedTable:
            raise ContributionStoreError(
                "The tables are missing: run python -m ripresa diagnosis init."
            ) from None
        except psycopg.Error as fault:  # its text may quote the row: only the class is told
            raise ContributionStoreError(
                f"PostgreSQL did not take it ({type(fault).__name__}): check RIPRESA_CONTRIBUTION_STORE and try again."
            ) from None

    def create_tables(self):
        with self.transaction() as run:
            run("select pg_advisory_xact_lock(:lock)", lock=ADVISORY_LOCK_ID)
            for table in CREATE_TABLES:
                run(table.format(ordered=self.table_options))


class ContributionStore:
    """The contributed diagnoses. Safe for many sessions at once: each call is one short transaction of its own."""

    def __init__(self, backend: SqliteBackend | PostgresBackend):
        self.backend = backend

    def create_tables(self):
        """Make the tables that are missing."""
        self.backend.create_tables()

    def add_contribution(self, contribution: Contribution, code: str, today: date):
        """Keep the row, and the hash of its code. When this returns, the row is on disk; adding it again changes nothing."""
        if any(
            value is None and name not in NULLABLE_COLUMNS
            for name, value in contribution_to_row(contribution).items()
        ):  # a server that refuses it would log it
            raise ContributionStoreError("The row is not complete: nothing was kept.") from None
        for attempt in range(MAX_ATTEMPTS):
            try:
                with self.backend.transaction() as run:
                    run(INSERT_CONTRIBUTION, **contribution_to_row(contribution))
                    run(
                        INSERT_WITHDRAWAL_CODE,
                        code_hash=hash_withdrawal_code(code),
                        diagnosis_id=contribution.diagnosis_id,
                        expires_on=get_code_expiry_date(today).isoformat(),
                    )
                return
            except ContributionStoreError:
                if attempt == MAX_ATTEMPTS - 1:
                    raise

    def withdraw(self, code: str, today: date) -> bool:
        """Delete the row this code was given for; False when there is none, or the code has expired."""
        with self.backend.transaction() as run:
            key = {"code_hash": hash_withdrawal_code(code)}
            found = run(
                "select diagnosis_id from withdrawal where code_hash = :code_hash and expires_on >= :today",
                **key,
                today=today.isoformat(),
            )
            for (diagnosis_id,) in found:
                run("delete from diagnosis where diagnosis_id = :diagnosis_id", diagnosis_id=diagnosis_id)
                run("delete from withdrawal where code_hash = :code_hash", **key)
        return bool(found)

    def count(self) -> int:
        """How many diagnoses are kept."""
        with self.backend.transaction() as run:
            return run("select count(*) from diagnosis")[0][0]

    def list_contributions(self) -> list[Contribution]:
        """Every diagnosis kept."""
        with self.backend.transaction() as run:
            return _contributions_from_rows(
                run(f"select {', '.join(CONTRIBUTION_FIELDS)} from diagnosis order by diagnosis_id")
            )

    def list_settled_contributions(self, month_to: str, today: date) -> list[Contribution]:
        """The diagnoses up to a month that can no longer be withdrawn: the only ones a release may count."""
        with self.backend.transaction() as run:
            found = run(
                f"select {', '.join(CONTRIBUTION_FIELDS)} from diagnosis where month <= :month_to and diagnosis_id not in ({WITHDRAWABLE_IDS}) order by diagnosis_id",
                month_to=month_to,
                today=today.isoformat(),
            )
        return _contributions_from_rows(found)

    def purge(self, today: date) -> int:
        """Delete the rows older than the retention and the codes past their time; gives the number of rows deleted."""
        oldest = subtract_months(today, get_questionnaire().privacy["retention_months"])
        with self.backend.transaction() as run:
            found = run("select count(*) from diagnosis where month < :oldest", oldest=oldest)[0][0]
            run("delete from diagnosis where month < :oldest", oldest=oldest)
            run("delete from withdrawal where expires_on < :today", today=today.isoformat())
        return found

    def copy_to(self, target: "ContributionStore") -> int:
        """Everything kept here, as of one moment, into another store that is empty; gives the number of diagnoses."""
        with self.backend.transaction() as run:
            run(self.backend.snapshot_statement)
            kept = {
                table: run(f"select {', '.join(columns)} from {table}")
                for table, columns in TABLE_COLUMNS.items()
            }
        with target.backend.transaction() as run:
            if any(run(f"select 1 from {table} limit 1") for table in TABLE_COLUMNS):
                raise ContributionStoreError(
                    "The store is not empty: a backup is restored into an empty one."
                )
            for table, columns in TABLE_COLUMNS.items():
                for row in kept[table]:
                    run(
                        f"insert into {table} ({', '.join(columns)}) values ({', '.join(':' + name for name in columns)})",
                        **dict(zip(columns, row, strict=True)),
                    )
        return len(kept["diagnosis"])

    def backup(self, path: Path) -> int:
        """A copy of the store in a new file, whole or not at all; gives the number of diagnoses."""
        if path.exists():
            raise ContributionStoreError(f"{path} is there already: name a new file.")
        draft = path.with_name(f".{path.name}.draft")
        draft.unlink(missing_ok=True)
        try:
            copy = open_store(str(draft))
            copied = self.copy_to(copy)
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)
        return copied

    def restore(self, path: Path, today: date) -> int:
        """A backup into this store, less what is past its time; gives the number of diagnoses now kept."""
        if not path.is_file():
            raise ContributionStoreError(f"{path} is not there: name the file that backup made.")
        with path.open("rb") as file:
            if file.read(16) != b"SQLite format 3\0":
                raise ContributionStoreError(
                    f"{path} is no backup of a diagnosis store: name the file that backup made."
                )
        ContributionStore(SqliteBackend(path)).copy_to(self)
        self.purge(today)
        return self.count()

    def list_releases(self) -> list[dict]:
        """What earlier releases counted, oldest first: release_id, month_to, counts, members (ids, of the last one only)."""
        with self.backend.transaction() as run:
            found = run(
                "select release_id, month_to, counts, members from release_state order by month_to, release_id"
            )
        return [
            {"release_id": r, "month_to": m, "counts": json.loads(c), "members": json.loads(ids)}
            for r, m, c, ids in found
        ]

    def record_release(
        self, release_id: str, month_to: str, counts: dict, member_ids: list[str], oldest_month: str
    ):
        """Keep what a release counted, to audit the next one against it; what is older than `oldest` is forgotten."""
        state = {
            "release_id": release_id,
            "month_to": month_to,
            "counts": json.dumps(counts),
            "members": json.dumps(sorted(member_ids)),
        }
        with self.backend.transaction() as run:
            run(
                "delete from release_state where release_id = :release_id or month_to < :oldest",
                release_id=release_id,
                oldest=oldest_month,
            )
            run("update release_state set members = '[]'")
            run(
                "insert into release_state (release_id, month_to, counts, members) values (:release_id, :month_to, :counts, :members)",
                **state,
            )


def open_store(address: str = "") -> ContributionStore:
    """The store at `address`, or where RIPRESA_CONTRIBUTION_STORE says; the embedded file is made if it is not there."""
    address = address or settings.get_contribution_store() or str(settings.CONTRIBUTION_STORE)
    if re.match(r"postgres(ql)?://", address):
        return ContributionStore(PostgresBackend(address))
    if "://" in address:
        raise ContributionStoreError(
            "RIPRESA_CONTRIBUTION_STORE is neither a path nor postgresql://...: set it to one of them."
        )
    store = ContributionStore(SqliteBackend(Path(address)))
    store.create_tables()
    return store


def get_code_expiry_date(today: date) -> date:
    """The last day a code works: the end of the month of the thirtieth day, so that the date kept does not tell the day of contribution."""
    day = today + timedelta(get_questionnaire().privacy["withdrawal_days"])
    return day.replace(day=monthrange(day.year, day.month)[1])


def subtract_months(today: date, months: int) -> str:
    """The month so many months before this one: (2026-11, 24) -> "2024-11"."""
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return f"{year:04}-{month + 1:02}"


def _fetch_rows(cursor) -> list[tuple]:
    return cursor.fetchall() if cursor.description else []


def _contributions_from_rows(found: list[tuple]) -> list[Contribution]:
    return [contribution_from_row(dict(zip(CONTRIBUTION_FIELDS, row, strict=True))) for row in found]
