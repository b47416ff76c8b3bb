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
import tomllib
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cache

import pandas as pd
import pyarrow as pa

from ripresa import logs, settings
from ripresa.database import build, query

HERE = settings.PACKAGE / "sandbox"
WORKERS = settings.sql_workers()
SECONDS = 10.0  # of an answer
WAIT = 5.0  # seconds for a free process before "busy"
GRACE = 1.0  # seconds past SECONDS: what does not stop by itself is ended
ROWS = 10_000
SIZE = 16 * 2**20  # bytes of rows
LENGTH = 20_000  # characters of a question
MEMORY = "256MB"  # what the engine counts
SPACE = 2 * 2**30  # what the system lets the process have, counted or not
NULLABLE = {
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
class Result:
    """An answer: (name, SQL type) of each column, the rows under the same names, whether rows were left out, and how long it took."""

    columns: tuple[tuple[str, str], ...]
    rows: pd.DataFrame
    truncated: bool
    seconds: float


class Refused(ValueError):
    """Why there is no answer: `kind` is a key of data/locales/sandbox.toml, `words` the engine's own words (English) where it has any."""

    def __init__(self, kind: str, words: str = "", **values):
        self.kind, self.words = kind, words
        self.values = {"words": _first(words), **values}
        super().__init__(self.say("en"))

    @property
    def more(self) -> str:
        """What the engine adds to its first line: what may have been meant, and where."""
        return self.words.strip().partition("\n")[2].strip("\n")[:1000] if self.kind == "wrong" else ""

    def say(self, lang: str) -> str:
        """One sentence in the language."""
        return _sentences()[self.kind][lang].format(**self.values)


@dataclass(eq=False)
class _Question:
    sql: str
    token: str
    seconds: float
    cancelled: threading.Event = field(default_factory=threading.Event)
    process: "_Process | None" = None


class _Process:
    """One worker process."""

    def __init__(self) -> None:
        nowhere = {"PATH": os.defpath, "HOME": os.devnull, "LANG": "C.UTF-8"} | {
            name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ
        }
        self._child = subprocess.Popen(
            [sys.executable, "-I", str(HERE / "worker.py"), str(SPACE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=nowhere,
            cwd=HERE,
        )

    def ask(self, question: dict) -> tuple[dict, bytes]:
        """The answer's head and rows. Raises EOFError where the process ended first."""
        try:
            self._child.stdin.write(json.dumps(question).encode() + b"\n")
            self._child.stdin.flush()
        except OSError:
            raise EOFError from None
        line = self._child.stdout.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        head = json.loads(line)
        rows = self._child.stdout.read(head.get("size", 0))
        if len(rows) != head.get("size", 0):
            raise EOFError
        return head, rows

    def kill(self) -> None:
        self._child.kill()

    def end(self) -> None:
        self._child.kill()
        self._child.wait()
        self._child.stdin.close()
        self._child.stdout.close()


class _Pool:
    """A few worker processes, started when first needed; a token has at most one question at a time, its newest."""

    def __init__(self, size: int):
        self._places = threading.Semaphore(size)
        self._lock = threading.Lock()
        self._idle: list[_Process] = []
        self._asked: dict[str, _Question] = {}

    def enter(self, question: _Question) -> None:
        """Takes note of a question; an earlier one of the same token is cancelled."""
        with self._lock:
            before = self._asked.get(question.token)
            self._asked[question.token] = question
        if before:
            self._stop(before)

    def answer(self, question: _Question) -> Result:
        """The answer to a question that was entered. Raises Refused."""
        try:
            self._wait(question)
            try:
                with logs.timed("sql"):
                    return self._answer(question)
            finally:
                self._places.release()
        finally:
            with self._lock:
                if self._asked.get(question.token) is question:
                    del self._asked[question.token]

    def cancel(self, token: str) -> bool:
        """Stops the question of a token; whether there was one."""
        with self._lock:
            question = self._asked.get(token)
        if question:
            self._stop(question)
        return question is not None

    def close(self) -> None:
        """Ends every process: a stopped server leaves none behind."""
        with self._lock:
            for question in self._asked.values():
                if question.process:
                    question.process.kill()
            while self._idle:
                self._idle.pop().end()

    def _stop(self, question: _Question) -> None:
        question.cancelled.set()
        with self._lock:
            if question.process:
                question.process.kill()

    def _wait(self, question: _Question) -> None:
        end = time.monotonic() + WAIT
        while not self._places.acquire(timeout=0.05):
            if question.cancelled.is_set():
                raise Refused("cancelled")
            if time.monotonic() > end:
                raise Refused("busy")

    def _answer(self, question: _Question) -> Result:
        query.version()  # builds the database where there is none
        with self._lock:
            process = self._idle.pop() if self._idle else None
        process = process or _Process()
        with self._lock:
            question.process = process
        clock = threading.Timer(question.seconds + GRACE, process.kill)
        fit, started = False, time.monotonic()
        try:
            if question.cancelled.is_set():
                raise Refused("cancelled")
            clock.start()
            head, rows = process.ask(
                {
                    "sql": question.sql,
                    "database": str(build.database().resolve()),
                    "rows": ROWS,
                    "bytes": SIZE,
                    "memory": MEMORY,
                    "seconds": question.seconds,
                }
            )
            fit = not head["last"]
        except EOFError:
            kind = (
                "cancelled"
                if question.cancelled.is_set()
                else "time"
                if time.monotonic() - started > question.seconds
                else "lost"
            )
            raise Refused(kind, seconds=f"{question.seconds:g}") from None
        finally:
            clock.cancel()
            with self._lock:
                question.process = None
                if fit and not question.cancelled.is_set():
                    self._idle.append(process)
                    process = None
            if process:
                process.end()
        if "fault" in head:
            raise Refused(head["fault"], head["words"], seconds=f"{question.seconds:g}")
        return _result(head, rows)


_POOL = _Pool(WORKERS)
atexit.register(_POOL.close)


def ask(sql: str, token: str = "", seconds: float = SECONDS) -> Result:
    """The answer to one SQL question. `token` names who asks: a new question of theirs cancels the one before. Raises Refused."""
    return _POOL.answer(_entered(sql, token, seconds))


def submit(sql: str, token: str = "", seconds: float = SECONDS) -> "Future[Result]":
    """The same, without waiting: the future gives the Result or raises Refused."""
    question, future = _entered(sql, token, seconds), Future()
    future.set_running_or_notify_cancel()

    def work() -> None:
        try:
            future.set_result(_POOL.answer(question))
        except BaseException as fault:  # whatever it is, the one who waits must be told
            future.set_exception(fault)

    threading.Thread(target=work, name="sql", daemon=True).start()
    return future


def cancel(token: str) -> bool:
    """Stops the question of this token, running or waiting; whether there was one."""
    return _POOL.cancel(token)


def _entered(sql: str, token: str, seconds: float) -> _Question:
    if len(sql) > LENGTH:
        raise Refused("long", length=len(sql), most=LENGTH)
    readable = sql.encode("utf-8", "replace").decode()
    question = _Question(
        readable, token or f"{threading.get_ident()}-{time.monotonic_ns()}", min(seconds, SECONDS)
    )
    _POOL.enter(question)
    return question


def _result(head: dict, rows: bytes) -> Result:
    with pa.ipc.open_stream(io.BytesIO(rows)) as stream:
        table = stream.read_all()
    names = _unique([name for name, _ in head["columns"]])
    frame = pd.DataFrame({name: _column(values) for name, values in zip(names, table.columns)}, columns=names)
    return Result(
        tuple(zip(names, (kind for _, kind in head["columns"]))), frame, head["truncated"], head["seconds"]
    )


def _column(values: pa.ChunkedArray) -> pd.Series:
    """A column as pandas holds it best: whole numbers with gaps stay whole, decimals and huge numbers become plain ones, days become text (2024-01-31)."""
    if pa.types.is_decimal(values.type):
        values = values.cast(pa.float64())
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_date(values.type):
        values = values.cast(pa.string())
    if values.type in NULLABLE and values.null_count:
        return pd.Series(values.to_pylist(), dtype=NULLABLE[values.type])
    return values.to_pandas(date_as_object=False)


def _unique(names: list[str]) -> list[str]:
    """The names, a repeated one with its number: a, a_2."""
    given: list[str] = []
    for name in names:
        number, free = 1, name
        while free in given:
            number += 1
            free = f"{name}_{number}"
        given.append(free)
    return given


def _first(words: str) -> str:
    return words.strip().splitlines()[0][:300] if words.strip() else ""


@cache
def _sentences() -> dict[str, dict[str, str]]:
    return tomllib.loads((settings.LOCALES / "sandbox.toml").read_text(encoding="utf-8"))
