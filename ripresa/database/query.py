"""Runs the SQL files of queries/ by name, with values only as $parameters; caches results by data version."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache, wraps
from itertools import takewhile
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import duckdb
import pandas as pd

from ripresa import logs, settings
from ripresa.database.build import ensure_database
from ripresa.database.build_errors import BuildError
from ripresa.database.database_file import check_schema, get_recovery_hint

FileSignature = tuple[str, int, int, int]  # path, inode, modification time and size
P = ParamSpec("P")
R = TypeVar("R")
MAX_CACHED_RESULTS = 4096
FOLDER_PATTERN = re.compile(r"""[^\s"'(]*[/\\]""")
MAX_CACHED_CALLS = 64  # of each function


class _Connection:
    """The read-only connection of this process; a swapped database file is opened at the next query."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._signature: FileSignature | None = None
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._version = ""
        self._is_ensured = False

    def open(self) -> tuple[duckdb.DuckDBPyConnection, str]:
        """The connection and the data version; builds the database first where needed. Raises BuildError."""
        path = settings.get_database_path()
        signature = _get_file_signature(path)
        if self._connection is None or signature is None or signature != self._signature:
            with self._lock:
                if signature is None or not self._is_ensured:
                    ensure_database()
                    self._is_ensured = True
                signature = _get_file_signature(path)
                if self._connection is None or signature != self._signature:
                    self._connection, self._version = _connect(path)
                    self._signature = signature
        return self._connection, self._version


def _connect(path: Path) -> tuple[duckdb.DuckDBPyConnection, str]:
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
        ((version,),) = connection.execute("select version from build").fetchall()
    except duckdb.Error as error:
        reason = FOLDER_PATTERN.sub("", str(error).splitlines()[0])  # shown to visitors: no server paths
        raise BuildError(f"{path.name} cannot be read ({reason}): {get_recovery_hint()}.") from None
    check_schema(connection, path)
    return connection, version


_CONNECTION = _Connection()


def run_query(name: str, **values: object) -> pd.DataFrame:
    """The rows of queries/<name>.sql for these values. The DataFrame is cached: never change it.

    Raises KeyError where the file or one of its parameters is missing, BuildError without a database.
    """
    hashable = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    return _run_cached(get_data_version(), name, tuple(sorted(hashable.items())))


def query_records(name: str, **values: object) -> list[dict[str, Any]]:
    """The rows of `run_query` as dicts by column name."""
    return cast(list[dict[str, Any]], run_query(name, **values).to_dict("records"))


@contextmanager
def open_cursor() -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    """A cursor of the shared read-only connection and the data version, for results too large to cache."""
    connection, version = _CONNECTION.open()
    with connection.cursor() as cursor:  # a cursor does not inherit the schema in use
        yield cursor.execute("use published"), version


def cache_per_data_version(function: Callable[P, R]) -> Callable[P, R]:
    """Decorator: caches a pure function of the data by its arguments (all hashable) and the data version."""

    def call_at_version(version: str, *args: P.args, **kwargs: P.kwargs) -> R:
        return function(*args, **kwargs)

    cached = lru_cache(maxsize=MAX_CACHED_CALLS)(call_at_version)
    call_cached = cast(Callable[Concatenate[str, P], R], cached)

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return call_cached(get_data_version(), *args, **kwargs)

    return call


def get_data_version() -> str:
    """Version of the published database."""
    return _CONNECTION.open()[1]


def get_cache_info() -> tuple[int, int, int]:
    """Hits, misses and current size of the cache of query results."""
    info = _run_cached.cache_info()
    return info.hits, info.misses, info.currsize


def list_queries() -> list[str]:
    """The names of all queries."""
    return sorted(path.stem for path in settings.QUERIES.glob("*.sql"))


@cache
def load_sql(name: str) -> str:
    """The SQL of a query. Raises KeyError."""
    path = settings.QUERIES / f"{name}.sql"
    if not re.fullmatch(r"[a-z_]+", name) or not path.exists():
        raise KeyError(f"queries/{name}.sql is not there; the queries are: {', '.join(list_queries())}.")
    return path.read_text(encoding="utf-8")


def get_description(name: str) -> str:
    """The leading comment of a query: its rows and their use."""
    comment = takewhile(lambda line: line.startswith("--"), load_sql(name).splitlines())
    return " ".join(line.removeprefix("--").strip() for line in comment)


@cache
def list_parameters(name: str) -> tuple[str, ...]:
    """The $parameters of a query, in alphabetical order."""
    code = re.sub(r"--[^\n]*", "", load_sql(name))
    return tuple(sorted(set(re.findall(r"\$([a-z_]+)", code))))


@lru_cache(maxsize=MAX_CACHED_RESULTS)
def _run_cached(version: str, name: str, values: tuple[tuple[str, object], ...]) -> pd.DataFrame:
    arguments = {key: list(value) if isinstance(value, tuple) else value for key, value in values}
    missing = [key for key in list_parameters(name) if key not in arguments]
    if missing:
        raise KeyError(f"queries/{name}.sql needs {', '.join(missing)}.")
    with logs.log_duration("query", name=name), open_cursor() as (cursor, _):
        return cursor.execute(load_sql(name), {key: arguments[key] for key in list_parameters(name)}).df()


def _get_file_signature(path: Path) -> FileSignature | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return str(path), status.st_ino, status.st_mtime_ns, status.st_size
