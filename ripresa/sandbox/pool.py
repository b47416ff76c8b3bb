"""The SQL sandbox: runs a visitor's query read-only in a worker process, with time, memory and row limits.

result = pool.run_sql("select geo, value from observations", session_id)    # waits
future = pool.submit_sql(sql, session_id)                                   # for a page with a cancel button
pool.cancel_sql(session_id)

Each raises QueryRejectedError for a query without a result.
"""

import atexit
import io
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TypedDict

import pandas as pd
import pyarrow as pa

from ripresa import logs, settings
from ripresa.database import query
from ripresa.i18n import t

SANDBOX_FOLDER = settings.PACKAGE / "sandbox"
WORKER_COUNT = settings.get_sql_worker_count()
MAX_SECONDS = 10.0  # of a query
MAX_QUEUE_SECONDS = 5.0  # of waiting for a free worker before "busy"
KILL_GRACE_SECONDS = 1.0  # after its time limit a worker that has not stopped is killed
MAX_ROWS = 10_000
MAX_RESULT_BYTES = 16 * 2**20
MAX_SQL_LENGTH = 20_000  # characters
DUCKDB_MEMORY_LIMIT = "256MB"  # counts only what DuckDB allocates itself
ADDRESS_SPACE_BYTES = 2 * 2**30  # memory limit of the worker process
NULLABLE_DTYPES = {
    pa.int8(): pd.Int8Dtype(),
    pa.int16(): pd.Int16Dtype(),
    pa.int32(): pd.Int32Dtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(),
    pa.uint16(): pd.UInt16Dtype(),
    pa.uint32(): pd.UInt32Dtype(),
    pa.uint64(): pd.UInt64Dtype(),
}


@dataclass(frozen=True, eq=False)
class QueryResult:
    """Name and SQL type of each column, the rows, whether rows were cut off, and the duration."""

    columns: tuple[tuple[str, str], ...]
    rows: pd.DataFrame
    truncated: bool
    seconds: float


class QueryRejectedError(ValueError):
    """A query without a result.

    `kind` is a key sandbox_* of data/locales/sandbox.toml, `engine_message` DuckDB's message, in English.
    """

    def __init__(self, kind: str, engine_message: str = "", **values: object) -> None:
        self.kind, self.engine_message = kind, engine_message.strip()
        first_line, _, self._more_lines = self.engine_message.partition("\n")
        self.values = {"words": first_line[:300], **values}
        super().__init__(self.format_message("en"))

    @property
    def hint(self) -> str:
        """What DuckDB adds after its first line: suggestions and the position of the error."""
        return self._more_lines.strip("\n")[:1000] if self.kind == "wrong" else ""

    def format_message(self, lang: str) -> str:
        """The message, one sentence."""
        return t(f"sandbox_{self.kind}", lang, **self.values)


class _ResponseHead(TypedDict, total=False):
    """The first line of a worker's response; "fault" and "words" only for an error."""

    columns: list[tuple[str, str]]
    truncated: bool
    seconds: float
    size: int
    last: bool  # the worker must be replaced
    fault: str
    words: str


@dataclass(eq=False)
class _Job:
    sql: str
    session_id: str
    seconds: float
    cancelled: threading.Event = field(default_factory=threading.Event)
    worker: "_WorkerProcess | None" = None


class _WorkerProcess:
    """A process that runs worker.py, with an empty environment."""

    def __init__(self) -> None:
        environment = {"PATH": os.defpath, "HOME": os.devnull, "LANG": "C.UTF-8"}
        if "SYSTEMROOT" in os.environ:  # Windows starts no process without it
            environment["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(SANDBOX_FOLDER / "worker.py"), str(ADDRESS_SPACE_BYTES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=SANDBOX_FOLDER,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise OSError("no pipes to the worker")
        self._stdin, self._stdout = self._process.stdin, self._process.stdout

    def run(self, request: Mapping[str, object]) -> tuple[_ResponseHead, bytes]:
        """The head and the Arrow stream of the response. Raises EOFError if the process ended before."""
        try:
            self._stdin.write(json.dumps(request).encode() + b"\n")
            self._stdin.flush()
        except OSError:
            raise EOFError from None
        line = self._stdout.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        head: _ResponseHead = json.loads(line)
        rows = self._stdout.read(head.get("size", 0))
        if len(rows) != head.get("size", 0):
            raise EOFError
        return head, rows

    def kill(self) -> None:
        """Ends the process; a thread in `run` gets EOFError."""
        self._process.kill()

    def close(self) -> None:
        """Ends the process and releases its pipes."""
        self._process.kill()
        self._process.wait()
        self._stdin.close()
        self._stdout.close()


class _WorkerPool:
    """Up to `size` workers, started when needed. A session has one query at a time, its latest."""

    def __init__(self, size: int) -> None:
        self._slots = threading.Semaphore(size)
        self._lock = threading.Lock()
        self._idle_workers: list[_WorkerProcess] = []
        self._jobs: dict[str, _Job] = {}

    def register(self, job: _Job) -> None:
        """Adds a query and cancels an earlier one of the same session."""
        with self._lock:
            earlier = self._jobs.get(job.session_id)
            self._jobs[job.session_id] = job
        if earlier:
            self._cancel_job(earlier)

    def execute(self, job: _Job) -> QueryResult:
        """The result of a registered query. Raises QueryRejectedError."""
        try:
            self._acquire_slot(job)
            try:
                with logs.log_duration("sql"):
                    return self._run_job(job)
            finally:
                self._slots.release()
        finally:
            with self._lock:
                if self._jobs.get(job.session_id) is job:
                    del self._jobs[job.session_id]

    def cancel(self, session_id: str) -> bool:
        """Cancels the session's query; False if it has none."""
        with self._lock:
            job = self._jobs.get(session_id)
        if job:
            self._cancel_job(job)
        return job is not None

    def close(self) -> None:
        """Ends every worker, so that a stopped server leaves none behind."""
        with self._lock:
            for job in self._jobs.values():
                if job.worker:
                    job.worker.kill()
            while self._idle_workers:
                self._idle_workers.pop().close()

    def _cancel_job(self, job: _Job) -> None:
        job.cancelled.set()
        with self._lock:
            if job.worker:
                job.worker.kill()

    def _acquire_slot(self, job: _Job) -> None:
        deadline = time.monotonic() + MAX_QUEUE_SECONDS
        while not self._slots.acquire(timeout=0.05):
            if job.cancelled.is_set():
                raise QueryRejectedError("cancelled")
            if time.monotonic() > deadline:
                raise QueryRejectedError("busy")

    def _run_job(self, job: _Job) -> QueryResult:
        query.get_data_version()  # builds the database if it is missing
        with self._lock:
            worker = self._idle_workers.pop() if self._idle_workers else None
        worker = worker or _WorkerProcess()
        with self._lock:
            job.worker = worker
        kill_timer = threading.Timer(job.seconds + KILL_GRACE_SECONDS, worker.kill)
        is_reusable, started = False, time.monotonic()
        try:
            if job.cancelled.is_set():
                raise QueryRejectedError("cancelled")
            kill_timer.start()
            head, rows = worker.run(_build_request(job))
            is_reusable = not head["last"]
        except EOFError:
            kind = "time" if time.monotonic() - started > job.seconds else "lost"
            if job.cancelled.is_set():
                kind = "cancelled"
            raise QueryRejectedError(kind, seconds=f"{job.seconds:g}") from None
        finally:
            kill_timer.cancel()
            with self._lock:
                job.worker = None
                is_reusable = is_reusable and not job.cancelled.is_set()
                if is_reusable:
                    self._idle_workers.append(worker)
            if not is_reusable:
                worker.close()
        if "fault" in head:
            raise QueryRejectedError(head["fault"], head["words"], seconds=f"{job.seconds:g}")
        return _build_result(head, rows)


_POOL = _WorkerPool(WORKER_COUNT)
atexit.register(_POOL.close)


def run_sql(sql: str, session_id: str = "", seconds: float = MAX_SECONDS) -> QueryResult:
    """The result of a query; an earlier query of the session is cancelled. Raises QueryRejectedError."""
    return _POOL.execute(_register_job(sql, session_id, seconds))


def submit_sql(sql: str, session_id: str = "", seconds: float = MAX_SECONDS) -> Future[QueryResult]:
    """`run_sql` in a thread: a future of the result or the QueryRejectedError."""
    job = _register_job(sql, session_id, seconds)
    future: Future[QueryResult] = Future()
    future.set_running_or_notify_cancel()

    def set_outcome() -> None:
        try:
            future.set_result(_POOL.execute(job))
        except BaseException as error:  # else the caller would wait for ever
            future.set_exception(error)

    threading.Thread(target=set_outcome, name="sql", daemon=True).start()
    return future


def cancel_sql(session_id: str) -> bool:
    """Cancels the session's query, running or queued; False if it has none."""
    return _POOL.cancel(session_id)


def _register_job(sql: str, session_id: str, seconds: float) -> _Job:
    if len(sql) > MAX_SQL_LENGTH:
        raise QueryRejectedError("long", length=len(sql), most=MAX_SQL_LENGTH)
    encodable_sql = sql.encode("utf-8", "replace").decode()
    session_id = session_id or f"{threading.get_ident()}-{time.monotonic_ns()}"
    job = _Job(encodable_sql, session_id, min(seconds, MAX_SECONDS))
    _POOL.register(job)
    return job


def _build_request(job: _Job) -> dict[str, object]:
    return {
        "sql": job.sql,
        "database": str(settings.get_database_path().resolve()),
        "rows": MAX_ROWS,
        "bytes": MAX_RESULT_BYTES,
        "memory": DUCKDB_MEMORY_LIMIT,
        "seconds": job.seconds,
    }


def _build_result(head: _ResponseHead, rows: bytes) -> QueryResult:
    table = pa.ipc.open_stream(io.BytesIO(rows)).read_all()
    names = _deduplicate_names([name for name, _ in head["columns"]])
    types = [column_type for _, column_type in head["columns"]]
    columns = {name: _convert_column(values) for name, values in zip(names, table.columns, strict=True)}
    return QueryResult(
        tuple(zip(names, types, strict=True)),
        pd.DataFrame(columns, columns=names),
        head["truncated"],
        head["seconds"],
    )


def _convert_column(values: pa.ChunkedArray) -> pd.Series:
    """A pandas column: integers with nulls stay integers, decimals become floats, dates ISO text."""
    if pa.types.is_decimal(values.type):
        values = values.cast(pa.float64())
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_date(values.type):
        values = values.cast(pa.string())
    types_mapper = NULLABLE_DTYPES.get if values.null_count else None
    series: pd.Series = values.to_pandas(date_as_object=False, types_mapper=types_mapper)
    return series


def _deduplicate_names(names: Sequence[str]) -> list[str]:
    """The names, with a number after a repeated one: a, a_2."""
    unique: list[str] = []
    for name in names:
        number, candidate = 1, name
        while candidate in unique:
            number += 1
            candidate = f"{name}_{number}"
        unique.append(candidate)
    return unique
