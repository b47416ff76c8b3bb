"""The published database file: its version, its schema, and the file that the last build replaced."""

import os
import shutil
from functools import cache
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from ripresa import settings
from ripresa.database.build_errors import BuildError

LOCK_TIMEOUT = 120  # seconds
SCHEMA_COLUMNS_QUERY = (
    "select table_name, column_name from duckdb_columns() where database_name = $database and not internal"
)


def read_data_version(path: Path) -> str:
    """The data version of a database file, empty where it is missing or unreadable."""
    if not path.exists():
        return ""
    try:
        with duckdb.connect() as connection:
            connection.execute("attach $path as published (read_only)", {"path": str(path)})
            row = connection.execute("select version from published.build").fetchone()
            return str(row[0]) if row else ""
    except duckdb.Error:
        return ""


def check_schema(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Raises BuildError where the attached database lacks a table or a column of data/schema.sql."""
    columns = set(connection.execute(SCHEMA_COLUMNS_QUERY, {"database": "published"}).fetchall())
    if missing := sorted(_load_schema_columns() - columns):
        raise BuildError(
            f"{path.name} was made by another version of the code, {'.'.join(missing[0])} is not in it: "
            f"{get_recovery_hint()}."
        )


@cache
def _load_schema_columns() -> set[tuple[str, str]]:
    with duckdb.connect() as connection:
        connection.execute(settings.SCHEMA.read_text(encoding="utf-8"))
        return set(connection.execute(SCHEMA_COLUMNS_QUERY, {"database": "memory"}).fetchall())


def get_recovery_hint() -> str:
    """What to do about a database that cannot be used."""
    if settings.is_read_only():
        return "put the published database there again"
    return "delete it and start again, it will be rebuilt"


def get_lock(path: Path) -> FileLock:
    """The lock that every program changing this database file holds."""
    return FileLock(path.with_name(f".{path.name}.lock"), timeout=LOCK_TIMEOUT)


def get_previous_path(path: Path) -> Path:
    """The database that the last build replaced."""
    return path.with_name(f"{path.stem}.previous{path.suffix}")


def keep_as_previous(path: Path) -> None:
    """Makes a copy of the database the previous one, atomically."""
    os.replace(_link_or_copy(path), get_previous_path(path))


def swap_with_previous(path: Path) -> tuple[str, str]:
    """Exchanges the database with the previous one; returns the version restored and the version replaced.

    Raises BuildError.
    """
    previous = get_previous_path(path)
    restored, replaced = read_data_version(previous), read_data_version(path)
    if not restored:
        raise BuildError(f"{previous.name} is missing or cannot be read: there is nothing to go back to.")
    try:
        with get_lock(path):
            copy = _link_or_copy(path) if replaced else None
            os.replace(previous, path)
            if copy:
                os.replace(copy, previous)
    except (OSError, Timeout) as error:
        raise BuildError(
            f"{path.name} cannot be put back in {path.parent} ({error}): "
            "free or unlock the folder, then try again."
        ) from None
    return restored, replaced


def _link_or_copy(path: Path) -> Path:
    """A hard link to the file under a temporary name; a copy where the file system has no hard links."""
    copy = path.with_name(f".{path.name}.draft-{os.getpid()}.previous")
    copy.unlink(missing_ok=True)
    try:
        os.link(path, copy)
    except OSError:
        shutil.copyfile(path, copy)
    return copy
