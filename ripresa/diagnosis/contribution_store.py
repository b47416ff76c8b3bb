"""The store of contributed diagnoses: an embedded SQLite file or PostgreSQL, never the published database.

    python -m ripresa diagnosis init            create the tables (the embedded file creates its own)
    python -m ripresa diagnosis count           how many diagnoses are stored
    python -m ripresa diagnosis purge           delete what is past its retention
    python -m ripresa diagnosis backup FILE     a consistent copy in a new file, itself an embedded store
    python -m ripresa diagnosis restore FILE    a backup into an empty store, then purge

RIPRESA_CONTRIBUTION_STORE is the path of the file (default contributions/diagnosis.sqlite3; on a local disk
of one machine) or postgresql://... (several replicas).
"""

import json
import re
import sqlite3
import threading
import time
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypedDict

from ripresa import settings
from ripresa.diagnosis.contribution import CONTRIBUTION_FIELDS, Contribution, hash_withdrawal_code
from ripresa.diagnosis.published_file import ReleaseRow
from ripresa.diagnosis.questionnaire_loader import get_questionnaire
from ripresa.disclosure.linked_tables import SnapshotRecord
from ripresa.disclosure.recoding import StoredBlocks
from ripresa.files import atomic_write, delete_drafts

TIMEOUT_SECONDS = 30  # to wait for the write lock
MAX_CONNECTIONS = 8  # of one process to PostgreSQL: contributions are rare and short
ADVISORY_LOCK_ID = 5_023_020  # any fixed number: serialises the creation of the tables
MAX_ATTEMPTS = 3

TABLE_COLUMNS = {
    "diagnosis": CONTRIBUTION_FIELDS,
    "withdrawal": ("code_hash", "diagnosis_id", "expires_on"),
    "release_state": ("release_id", "month_to", "counts", "members"),
}
COLUMN_TYPES = {
    "score": "double precision",
    "score_low": "double precision",
    "score_high": "double precision",
    "level": "integer",
}
NULLABLE_COLUMNS = tuple(COLUMN_TYPES)  # an incomplete diagnosis has no overall score
# Rows are ordered by their random key, so that the order of arrival is not stored. Withdrawal codes have a
# table of their own, which holds only their hash.
COLUMN_DEFINITIONS = {
    name: f"{name} {COLUMN_TYPES[name]}" if name in NULLABLE_COLUMNS else f"{name} text not null"
    for columns in TABLE_COLUMNS.values()
    for name in columns
}
CREATE_TABLES = tuple(
    f"create table if not exists {table} ({', '.join(COLUMN_DEFINITIONS[name] for name in columns)},"
    f" primary key ({columns[0]}))"
    for table, columns in TABLE_COLUMNS.items()
)
SELECT_CONTRIBUTIONS = f"select {', '.join(CONTRIBUTION_FIELDS)} from diagnosis"
# In the statements {name} is a parameter, which each backend writes in its own style.
SETTLED_CONDITION = (
    "month <= {month_to}"
    " and diagnosis_id not in (select diagnosis_id from withdrawal where expires_on >= {today})"
)

Row = tuple[Any, ...]  # as the driver returns it
Execute = Callable[..., list[Row]]  # runs a statement with named parameters and returns its rows


class ContributionStoreError(RuntimeError):
    """The store cannot do it: one sentence, never with the content of a row."""


class ReleaseState(TypedDict):
    """What a release counted, stored to audit the next one against it."""

    comparability: str
    partition: StoredBlocks
    rows: list[ReleaseRow]
    categories: StoredBlocks
    n: Mapping[str, Mapping[str, int]]
    families: Mapping[str, SnapshotRecord]


class StoredRelease(TypedDict):
    """A past release; `members` are the ids it counted, of the last release only."""

    release_id: str
    month_to: str
    counts: ReleaseState
    members: list[str]


class SqliteBackend:
    """An SQLite file in write-ahead mode, fully synchronised: a commit survives any crash."""

    # What makes a transaction read the state of one moment: here it always does.
    snapshot_statement = "select 1"

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    @contextmanager
    def transaction(self) -> Iterator[Execute]:
        try:
            connection = sqlite3.connect(self.path, timeout=TIMEOUT_SECONDS, isolation_level=None)
        except sqlite3.Error:
            raise ContributionStoreError(
                f"The file {self.path} cannot be opened: check the folder and its permissions."
            ) from None

        def execute(sql: str, **parameters: object) -> list[Row]:
            return connection.execute(_write_parameters(sql, parameters, ":{}"), parameters).fetchall()

        try:
            execute("pragma synchronous = full")
            execute("pragma secure_delete = on")
            execute("begin immediate")
            yield execute
            execute("commit")
        except sqlite3.Error as error:
            raise ContributionStoreError(
                f"The store did not take it ({error.sqlite_errorname}): try again."
            ) from None
        finally:
            connection.close()  # rolls an open transaction back

    def create_tables(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            gitignore = self.path.parent / ".gitignore"
            if self.path == settings.CONTRIBUTION_STORE and not gitignore.exists():
                gitignore.write_text("*\n", encoding="utf-8")
            self.path.touch(mode=0o600)
        except OSError as error:
            raise ContributionStoreError(
                f"The file {self.path} cannot be written ({error.strerror}): "
                "check the folder and its permissions."
            ) from None
        if self._enable_wal() < len(CREATE_TABLES):  # with all tables no write lock is needed
            with self.transaction() as execute:
                for statement in CREATE_TABLES:
                    execute(f"{statement} without rowid")

    def _enable_wal(self) -> int:
        """Sets the journal mode of the file, waiting while another process does, and counts its tables."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        retryable = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL")
        while True:
            connection = sqlite3.connect(self.path, timeout=TIMEOUT_SECONDS)
            try:
                connection.execute("pragma journal_mode = wal")
                tables = connection.execute("select name from sqlite_master where type = 'table'")
                return len(tables.fetchall())
            except sqlite3.DatabaseError as error:
                if not error.sqlite_errorname.startswith(retryable) or time.monotonic() > deadline:
                    raise ContributionStoreError(
                        f"The file {self.path} cannot be used ({error.sqlite_errorname}): "
                        "check it and its folder, or restore a backup."
                    ) from None
                time.sleep(0.05)
            finally:
                connection.close()


class PostgresBackend:
    """A PostgreSQL database, for several replicas of the dashboard."""

    snapshot_statement = "set transaction isolation level repeatable read"

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.connection_semaphore = threading.BoundedSemaphore(MAX_CONNECTIONS)

    @contextmanager
    def transaction(self) -> Iterator[Execute]:
        import psycopg  # only where it is used: the embedded store starts without it

        try:
            with (
                self.connection_semaphore,
                psycopg.connect(self.dsn, connect_timeout=TIMEOUT_SECONDS) as connection,
            ):

                def execute(sql: str, **parameters: object) -> list[Row]:
                    cursor = connection.execute(_write_parameters(sql, parameters, "%({})s"), parameters)
                    return cursor.fetchall() if cursor.description else []

                execute("set local synchronous_commit = on")
                yield execute
        except psycopg.errors.UndefinedTable:
            raise ContributionStoreError(
                "The tables are missing: run python -m ripresa diagnosis init."
            ) from None
        except psycopg.Error as error:  # its text may quote the row: only the class is reported
            raise ContributionStoreError(
                f"PostgreSQL did not take it ({type(error).__name__}): "
                "check RIPRESA_CONTRIBUTION_STORE and try again."
            ) from None

    def create_tables(self) -> None:
        with self.transaction() as execute:
            execute("select pg_advisory_xact_lock({lock})", lock=ADVISORY_LOCK_ID)
            for statement in CREATE_TABLES:
                execute(statement)


class ContributionStore:
    """The contributed diagnoses. Safe for concurrent sessions: each call is one short transaction."""

    def __init__(self, backend: SqliteBackend | PostgresBackend) -> None:
        self.backend = backend

    def create_tables(self) -> None:
        """Creates the tables that are missing."""
        self.backend.create_tables()

    def add_contribution(self, contribution: Contribution, code: str, today: date) -> None:
        """Stores the row and the hash of its withdrawal code, durably; adding it again changes nothing."""
        values = asdict(contribution)
        if any(value is None and name not in NULLABLE_COLUMNS for name, value in values.items()):
            # checked here, because a server that rejects a row would log it
            raise ContributionStoreError("The row is not complete: nothing was kept.")
        expires_on = get_code_expiry_date(today).isoformat()
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                with self.backend.transaction() as execute:
                    execute(f"{_write_insert('diagnosis')} on conflict (diagnosis_id) do nothing", **values)
                    execute(
                        f"{_write_insert('withdrawal')} on conflict (code_hash) do nothing",
                        code_hash=hash_withdrawal_code(code),
                        diagnosis_id=contribution.diagnosis_id,
                        expires_on=expires_on,
                    )
                return
            except ContributionStoreError:
                if attempt == MAX_ATTEMPTS:
                    raise

    def withdraw(self, code: str, today: date) -> bool:
        """Deletes the row that belongs to this code; False when there is none or the code has expired."""
        with self.backend.transaction() as execute:
            rows = execute(
                "delete from withdrawal where code_hash = {code_hash} and expires_on >= {today}"
                " returning diagnosis_id",
                code_hash=hash_withdrawal_code(code),
                today=today.isoformat(),
            )
            for (diagnosis_id,) in rows:
                execute("delete from diagnosis where diagnosis_id = {id}", id=diagnosis_id)
        return bool(rows)

    def count(self) -> int:
        """The number of diagnoses stored."""
        with self.backend.transaction() as execute:
            ((count,),) = execute("select count(*) from diagnosis")
        return int(count)

    def list_contributions(self) -> list[Contribution]:
        """Every diagnosis stored, by id."""
        with self.backend.transaction() as execute:
            rows = execute(f"{SELECT_CONTRIBUTIONS} order by diagnosis_id")
        return [Contribution(*row) for row in rows]

    def list_settled_contributions(self, month_to: str, today: date) -> list[Contribution]:
        """The diagnoses up to a month that can no longer be withdrawn: a release may count only these."""
        with self.backend.transaction() as execute:
            rows = execute(
                f"{SELECT_CONTRIBUTIONS} where {SETTLED_CONDITION} order by diagnosis_id",
                month_to=month_to,
                today=today.isoformat(),
            )
        return [Contribution(*row) for row in rows]

    def purge(self, today: date) -> int:
        """Deletes the rows past their retention and the expired codes; returns the number of rows deleted."""
        oldest = subtract_months(today, get_questionnaire().privacy["retention_months"])
        with self.backend.transaction() as execute:
            deleted = execute(
                "delete from diagnosis where month < {oldest} returning diagnosis_id", oldest=oldest
            )
            execute("delete from withdrawal where expires_on < {today}", today=today.isoformat())
        return len(deleted)

    def copy_to(self, target: "ContributionStore") -> int:
        """Copies a consistent snapshot into an empty store; returns the number of diagnoses."""
        with self.backend.transaction() as execute:
            execute(self.backend.snapshot_statement)
            rows = {
                table: execute(f"select {', '.join(columns)} from {table}")
                for table, columns in TABLE_COLUMNS.items()
            }
        with target.backend.transaction() as execute:
            if any(execute(f"select 1 from {table} limit 1") for table in TABLE_COLUMNS):
                raise ContributionStoreError(
                    "The store is not empty: a backup is restored into an empty one."
                )
            for table, columns in TABLE_COLUMNS.items():
                for row in rows[table]:
                    execute(_write_insert(table), **dict(zip(columns, row, strict=True)))
        return len(rows["diagnosis"])

    def backup(self, path: Path) -> int:
        """Writes a copy of the store to a new file, atomically; returns the number of diagnoses."""
        if path.exists():
            raise ContributionStoreError(f"{path} is there already: name a new file.")
        delete_drafts(path)
        with atomic_write(path) as draft:
            return self.copy_to(open_store(str(draft)))

    def restore(self, path: Path, today: date) -> int:
        """Copies a backup into this store and purges it; returns the number of diagnoses now stored."""
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

    def list_releases(self) -> list[StoredRelease]:
        """Earlier releases, oldest first."""
        with self.backend.transaction() as execute:
            rows = execute(
                "select release_id, month_to, counts, members from release_state"
                " order by month_to, release_id"
            )
        return [
            StoredRelease(
                release_id=release_id,
                month_to=month_to,
                counts=json.loads(counts),
                members=json.loads(members),
            )
            for release_id, month_to, counts, members in rows
        ]

    def record_release(
        self,
        release_id: str,
        month_to: str,
        counts: ReleaseState,
        member_ids: Sequence[str],
        oldest_month: str,
    ) -> None:
        """Stores what a release counted and deletes the releases before `oldest_month`."""
        with self.backend.transaction() as execute:
            execute(
                "delete from release_state where release_id = {release_id} or month_to < {oldest_month}",
                release_id=release_id,
                oldest_month=oldest_month,
            )
            execute("update release_state set members = '[]'")
            execute(
                _write_insert("release_state"),
                release_id=release_id,
                month_to=month_to,
                counts=json.dumps(counts),
                members=json.dumps(sorted(member_ids)),
            )


def open_store(address: str = "") -> ContributionStore:
    """The store at `address`, by default RIPRESA_CONTRIBUTION_STORE; creates an embedded file."""
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
    """The last day a withdrawal code works: the end of the month of the thirtieth day.

    A date so coarse does not reveal the day of the contribution.
    """
    day = today + timedelta(get_questionnaire().privacy["withdrawal_days"])
    return day.replace(day=monthrange(day.year, day.month)[1])


def subtract_months(today: date, months: int) -> str:
    """The month that many months before a day: (2026-11-22, 24) -> "2024-11"."""
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return f"{year:04}-{month + 1:02}"


def _write_insert(table: str) -> str:
    columns = TABLE_COLUMNS[table]
    parameters = ", ".join(f"{{{name}}}" for name in columns)
    return f"insert into {table} ({', '.join(columns)}) values ({parameters})"


def _write_parameters(sql: str, parameters: Mapping[str, object], style: str) -> str:
    """The statement with each {name} written as a named parameter of a driver, such as ":name"."""
    return sql.format(**{name: style.format(name) for name in parameters})
