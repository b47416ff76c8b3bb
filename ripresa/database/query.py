"""The SQL layer: one .sql file a question, asked by name, values only through $parameters, answers cached by data version."""

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache, wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import duckdb
import pandas as pd

from ripresa import logs, settings
from ripresa.database import build

P = ParamSpec("P")
R = TypeVar("R")
MAX_CACHED_RESULTS = 4096
FOLDER_PATTERN = re.compile(r"""[^\s"'(]*[/\\]""")
MAX_CACHED_CALLS = 64  # of each kind


class _Connection:
    """The read-only connection of this process; a swapped file is seen at the next question."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._signature: tuple | None = None
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._version = ""
        self._is_ensured = False

    def open(self) -> tuple[duckdb.DuckDBPyConnection, str]:
        """The connection and the data version. Raises build.BuildError in one sentence."""
        path = settings.get_database_path()
        stamp = _get_file_signature(path)
        if stamp is not None and stamp == self._signature and self._is_ensured:
            return self._connection, self._version
        with self._lock:
            if not self._is_ensured:
                build.ensure_database()
                self._is_ensured = True
            stamp = _get_file_signature(path)
            if stamp is None:
                build.ensure_database()
                stamp = _get_file_signature(path)
            if stamp != self._signature:
                connection = duckdb.connect(
                    config={
                        "threads": 1,
                        "memory_limit": "1GB",
                        "allocator_background_threads": True,
                        "python_enable_replacements": False,
                    }
                )
                try:
                    connection.execute("attach $path as published (read_only)", {"path": str(path)})
                    connection.execute("use published")
                    version = connection.execute("select version from build").fetchone()[0]
                except duckdb.Error as fault:
                    words = FOLDER_PATTERN.sub(
                        "", str(fault).splitlines()[0]
                    )  # visitors read it: no folder of this machine
                    raise build.BuildError(
                        f"{path.name} cannot be read ({words}): {build.get_recovery_hint()}."
                    ) from None
                build.check_schema(connection, path)
                self._connection, self._version, self._signature = connection, version, stamp
        return self._connection, self._version


_CONNECTION = _Connection()


def run_query(name: str, **values) -> pd.DataFrame:
    """The rows of queries/<name>.sql for these values; shared and cached, so read it and never change it.

    Lists are given as tuples. Raises KeyError where the file or a value it names is missing, build.BuildError without a database."""
    _, version = _CONNECTION.open()
    return _run_cached(
        version,
        name,
        tuple(
            sorted((key, tuple(value) if isinstance(value, list) else value) for key, value in values.items())
        ),
    )


@contextmanager
def open_cursor() -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    """A cursor of the shared read-only connection, in the published schema, and the data version: for answers too large to keep."""
    connection, current = _CONNECTION.open()
    with connection.cursor() as own:  # a cursor does not inherit the schema in use
        yield own.execute("use published"), current


def cache_per_data_version(function: Callable[P, R]) -> Callable[P, R]:
    """Decorator: caches a pure function of the data by its arguments (all hashable) and the data version."""

    @lru_cache(maxsize=MAX_CACHED_CALLS)
    def call_cached(version: str, *args: P.args, **kwargs: P.kwargs) -> R:
        return function(*args, **kwargs)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return call_cached(get_data_version(), *args, **kwargs)

    return call


def get_data_version() -> str:
    """Version of the database now in place."""
    return _CONNECTION.open()[1]


def get_cache_info() -> tuple[int, int, int]:
    """Answers found in the cache, asked of the database, and held now."""
    info = _run_cached.cache_info()
    return info.hits, info.misses, info.currsize


def list_queries() -> list[str]:
    """The questions there are."""
    return sorted(path.stem for path in settings.QUERIES.glob("*.sql"))


@cache
def load_sql(name: str) -> str:
    """The SQL of a question. Raises KeyError."""
    path = settings.QUERIES / f"{name}.sql"
    if not re.fullmatch(r"[a-z_]+", name) or not path.exists():
        raise KeyError(f"queries/{name}.sql is not there; the questions are: {', '.join(list_queries())}.")
    return path.read_text(encoding="utf-8")


def get_description(name: str) -> str:
    """The leading comment of a question: what it gives and for whom."""
    lines = []
    for line in load_sql(name).splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    return " ".join(lines)


@cache
def list_parameters(name: str) -> tuple[str, ...]:
    """The $parameters a question names."""
    code = re.sub(r"--[^\n]*", "", load_sql(name))
    return tuple(sorted(set(re.findall(r"\$([a-z_]+)", code))))


@lru_cache(maxsize=MAX_CACHED_RESULTS)
def _run_cached(version: str, name: str, values: tuple) -> pd.DataFrame:
    given = dict(values)
    missing = [key for key in list_parameters(name) if key not in given]
    if missing:
        raise KeyError(f"queries/{name}.sql needs {', '.join(missing)}.")
    wanted = {
        key: list(given[key]) if isinstance(given[key], tuple) else given[key]
        for key in list_parameters(name)
    }
    with logs.log_duration("query", name=name), open_cursor() as (own, _):
        return own.execute(load_sql(name), wanted).df()


def _get_file_signature(path: Path) -> tuple | None:
    try:
        seen = os.stat(path)
    except OSError:
        return None
    return str(path), seen.st_ino, seen.st_mtime_ns, seen.st_size
