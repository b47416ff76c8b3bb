"""The SQL page's engine: one question of a visitor's own, read-only, bounded in time, memory and rows, in a process that can be ended.

answer = locked.ask("select geo, value from observations", token=session_id)     # waits; raises Refused
future = locked.submit(sql, token=session_id)                                    # for a page that shows a cancel button meanwhile
locked.cancel(session_id)
"""

import atexit
import io
import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field

import pandas as pd
import pyarrow as pa

from ripresa import logs, settings
from ripresa.database import query
from ripresa.i18n import t

SANDBOX_FOLDER = settings.PACKAGE / "sandbox"
WORKER_COUNT = settings.get_sql_worker_count()
MAX_SECONDS = 10.0  # of an answer
MAX_QUEUE_SECONDS = 5.0  # seconds for a free process before "busy"
KILL_GRACE_SECONDS = 1.0  # seconds past SECONDS: what does not stop by itself is ended
MAX_ROWS = 10_000
MAX_RESULT_BYTES = 16 * 2**20  # bytes of rows
MAX_SQL_LENGTH = 20_000  # characters of a question
DUCKDB_MEMORY_LIMIT = "256MB"  # what the engine counts
ADDRESS_SPACE_BYTES = 2 * 2**30  # what the system lets the process have, counted or not
NULLABLE_DTYPES = {
    pa.int8(): "Int8",
    pa.int16(): "Int16",
    pa.int32(): "Int32",
    pa.int64(): "Int64",
    pa.uint8(): "UInt8",
    pa.uint16(): "UInt16",
    pa.uint32(): "UInt32",
    pa.uint64(): "UInt64",
}


@dataclass(frozen=True, eq=False)
class QueryResult:
    """An answer: (name, SQL type) of each column, the rows under the same names, whether rows were left out, and how long it took."""

    columns: tuple[tuple[str, str], ...]
    rows: pd.DataFrame
    truncated: bool
    seconds: float


class QueryRejectedError(ValueError):
    """Why there is no answer: `kind` is a key of data/locales/sandbox.toml without its prefix sandbox_, `words` the engine's own words (English) where it has any."""

    def __init__(self, kind: str, engine_message: str = "", **values):
        self.kind, self.engine_message = kind, engine_message
        self.values = {"words": _get_first_line(engine_message), **values}
        super().__init__(self.format_message("en"))

    @property
    def hint(self) -> str:
        """What the engine adds to its first line: what may have been meant, and where."""
        return (
            self.engine_message.strip().partition("\n")[2].strip("\n")[:1000] if self.kind == "wrong" else ""
        )

    def format_message(self, lang: str) -> str:
        """One sentence in the language."""
        return t(f"sandbox_{self.kind}", lang, **self.values)


@dataclass(eq=False)
class _Job:
    sql: str
    session_id: str
    seconds: float
    cancelled: threading.Event = field(default_factory=threading.Event)
    worker: "_WorkerProcess | None" = None


class _WorkerProcess:
    """One worker process."""

    def __init__(self) -> None:
        nowhere = {"PATH": os.defpath, "HOME": os.devnull, "LANG": "C.UTF-8"} | {
            name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ
        }
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(SANDBOX_FOLDER / "worker.py"), str(ADDRESS_SPACE_BYTES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=nowhere,
            cwd=SANDBOX_FOLDER,
        )

    def run(self, request: dict) -> tuple[dict, bytes]:
        """The answer's head and rows. Raises EOFError where the process ended first."""
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise EOFError from None
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        head = json.loads(line)
        rows = self._process.stdout.read(head.get("size", 0))
        if len(rows) != head.get("size", 0):
            raise EOFError
        return head, rows

    def kill(self) -> None:
        self._process.kill()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


class _WorkerPool:
    """A few worker processes, started when first needed; a token has at most one question at a time, its newest."""

    def __init__(self, size: int):
        self._slots = threading.Semaphore(size)
        self._lock = threading.Lock()
        self._idle_workers: list[_WorkerProcess] = []
        self._jobs: dict[str, _Job] = {}

    def register(self, job: _Job) -> None:
        """Takes note of a question; an earlier one of the same token is cancelled."""
        with self._lock:
            before = self._jobs.get(job.session_id)
            self._jobs[job.session_id] = job
        if before:
            self._cancel_job(before)

    def execute(self, job: _Job) -> QueryResult:
        """The answer to a question that was entered. Raises Refused."""
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
        """Stops the question of a token; whether there was one."""
        with self._lock:
            question = self._jobs.get(session_id)
        if question:
            self._cancel_job(question)
        return question is not None

    def close(self) -> None:
        """Ends every process: a stopped server leaves none behind."""
        with self._lock:
            for question in self._jobs.values():
                if question.worker:
                    question.worker.kill()
            while self._idle_workers:
                self._idle_workers.pop().close()

    def _cancel_job(self, job: _Job) -> None:
        job.cancelled.set()
        with self._lock:
            if job.worker:
                job.worker.kill()

    def _acquire_slot(self, job: _Job) -> None:
        end = time.monotonic() + MAX_QUEUE_SECONDS
        while not self._slots.acquire(timeout=0.05):
            if job.cancelled.is_set():
                raise QueryRejectedError("cancelled")
            if time.monotonic() > end:
                raise QueryRejectedError("busy")

    def _run_job(self, job: _Job) -> QueryResult:
        query.get_data_version()  # builds the database where there is none
        with self._lock:
            process = self._idle_workers.pop() if self._idle_workers else None
        process = process or _WorkerProcess()
        with self._lock:
            job.worker = process
        clock = threading.Timer(job.seconds + KILL_GRACE_SECONDS, process.kill)
        fit, started = False, time.monotonic()
        try:
            if job.cancelled.is_set():
                raise QueryRejectedError("cancelled")
            clock.start()
            head, rows = process.run(
                {
                    "sql": job.sql,
                    "database": str(settings.get_database_path().resolve()),
                    "rows": MAX_ROWS,
                    "bytes": MAX_RESULT_BYTES,
                    "memory": DUCKDB_MEMORY_LIMIT,
                    "seconds": job.seconds,
                }
            )
            fit = not head["last"]
        except EOFError:
            kind = (
                "cancelled"
                if job.cancelled.is_set()
                else "time"
                if time.monotonic() - started > job.seconds
                else "lost"
            )
            raise QueryRejectedError(kind, seconds=f"{job.seconds:g}") from None
        finally:
            clock.cancel()
            with self._lock:
                job.worker = None
                if fit and not job.cancelled.is_set():
                    self._idle_workers.append(process)
                    process = None
            if process:
                process.close()
        if "fault" in head:
            raise QueryRejectedError(head["fault"], head["words"], seconds=f"{job.seconds:g}")
        return _build_result(head, rows)


_POOL = _WorkerPool(WORKER_COUNT)
atexit.register(_POOL.close)


def run_sql(sql: str, session_id: str = "", seconds: float = MAX_SECONDS) -> QueryResult:
    """The answer to one SQL question. `token` names who asks: a new question of theirs cancels the one before. Raises Refused."""
    return _POOL.execute(_register_job(sql, session_id, seconds))


def submit_sql(sql: str, session_id: str = "", seconds: float = MAX_SECONDS) -> "Future[QueryResult]":
    """The same, without waiting: the future gives the Result or raises Refused."""
    question, future = _register_job(sql, session_id, seconds), Future()
    future.set_running_or_notify_cancel()

    def work() -> None:
        try:
            future.set_result(_POOL.execute(question))
        except BaseException as fault:  # whatever it is, the one who waits must be told
            future.set_exception(fault)

    threading.Thread(target=work, name="sql", daemon=True).start()
    return future


def cancel_sql(session_id: str) -> bool:
    """Stops the question of this token, running or waiting; whether there was one."""
    return _POOL.cancel(session_id)


def _register_job(sql: str, session_id: str, seconds: float) -> _Job:
    if len(sql) > MAX_SQL_LENGTH:
        raise QueryRejectedError("long", length=len(sql), most=MAX_SQL_LENGTH)
    readable = sql.encode("utf-8", "replace").decode()
    question = _Job(
        readable, session_id or f"{threading.get_ident()}-{time.monotonic_ns()}", min(seconds, MAX_SECONDS)
    )
    _POOL.register(question)
    return question


def _build_result(head: dict, rows: bytes) -> QueryResult:
    with pa.ipc.open_stream(io.BytesIO(rows)) as stream:
        table = stream.read_all()
    names = _deduplicate_names([name for name, _ in head["columns"]])
    frame = pd.DataFrame(
        {name: _convert_column(values) for name, values in zip(names, table.columns)}, columns=names
    )
    return QueryResult(
        tuple(zip(names, (kind for _, kind in head["columns"]))), frame, head["truncated"], head["seconds"]
    )


def _convert_column(values: pa.ChunkedArray) -> pd.Series:
    """A column as pandas holds it best: whole numbers with gaps stay whole, decimals and huge numbers become plain ones, days become text (2024-01-31)."""
    if pa.types.is_decimal(values.type):
        values = values.cast(pa.float64())
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_date(values.type):
        values = values.cast(pa.string())
    if values.type in NULLABLE_DTYPES and values.null_count:
        return pd.Series(values.to_pylist(), dtype=NULLABLE_DTYPES[values.type])
    return values.to_pandas(date_as_object=False)


def _deduplicate_names(names: list[str]) -> list[str]:
    """The names, a repeated one with its number: a, a_2."""
    given: list[str] = []
    for name in names:
        number, free = 1, name
        while free in given:
            number += 1
            free = f"{name}_{number}"
        given.append(free)
    return given


def _get_first_line(words: str) -> str:
    return words.strip().splitlines()[0][:300] if words.strip() else ""
