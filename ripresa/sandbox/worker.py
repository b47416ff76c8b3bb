"""The worker process of the SQL sandbox (ripresa/sandbox/pool.py): runs one query at a time.

A separate process, because some DuckDB functions neither count towards the memory limit nor react to an
interrupt (repeat('a', 2000000000) takes 4 GB and half a minute), and because a crash must not end the server.
Started with `python -I` and an empty environment; imports nothing of this project.

Protocol: a request is one line of JSON on standard input; a response is one line of JSON on standard output,
followed by `size` bytes of Arrow IPC stream.
"""

import io
import json
import os
import re
import sys
import time
from collections.abc import Iterable, Sequence
from typing import TypedDict

import duckdb
import pyarrow as pa

if sys.platform != "win32":  # on Windows only the limits of DuckDB and of the pool apply
    import resource

# A COPY or an INSERT inside a WITH has other node types.
READ_ONLY_NODES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
EXPLAIN_PREFIX = re.compile(r"(?:\s|--[^\n]*\n)*explain\s+(?:analyze\s+|\([\w\s,]*\)\s*)?", re.IGNORECASE)
ERROR_KINDS = {
    "PermissionException": "locked",
    "InterruptException": "time",
    "OutOfMemoryException": "memory",
    "MemoryError": "memory",
    "ArrowMemoryError": "memory",
}
DUCKDB_SETTINGS: dict[str, str | int | float | list[str]] = {
    "threads": 1,
    "python_enable_replacements": False,
    "temp_directory": "",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
}
NUMERIC_TYPES = {
    f"{sign}{kind}" for sign in ("", "u") for kind in ("tinyint", "smallint", "integer", "bigint", "hugeint")
} | {"float", "double", "decimal"}
# Columns of other types are sent as DuckDB's text: [1, 2], 3 days.
NATIVE_TYPES = {*NUMERIC_TYPES, "boolean", "varchar", "enum", "date", "null"}
BATCH_ROWS = 1000
MAX_PEAK_BYTES = 600 * 2**20  # a process whose peak memory was above this is replaced


class Request(TypedDict):
    """A query, the path of the database and the limits: rows and bytes of the result, memory, seconds."""

    sql: str
    database: str
    rows: int
    bytes: int
    memory: str
    seconds: float


class QueryRejectedError(Exception):
    """A query without a result; the message is a key sandbox_* of data/locales/sandbox.toml."""


def open_database(database: str, memory: str, seconds: float) -> duckdb.DuckDBPyConnection:
    """An in-memory database with the published one attached read-only, without external access."""
    connection = duckdb.connect(
        config={**DUCKDB_SETTINGS, "memory_limit": memory, "max_execution_time": int(seconds * 1000)}
    )
    connection.execute("attach $path as published (read_only)", {"path": database})
    connection.execute("use published")
    connection.execute("set enable_external_access = false")
    # Without this, COPY can still read the attached file itself.
    connection.execute("set disabled_filesystems = 'LocalFileSystem'")
    connection.execute("set lock_configuration = true")
    return connection


def validate_statement(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Raises QueryRejectedError unless the text is one statement that only reads."""
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise QueryRejectedError("several" if statements else "empty")
    statement_type = statements[0].type.name
    explain = EXPLAIN_PREFIX.match(sql) if statement_type == "EXPLAIN" else None
    if explain:
        return validate_statement(connection, sql[explain.end() :])
    if statement_type != "SELECT":
        raise QueryRejectedError("not_a_question")
    tree: str = connection.execute("select json_serialize_sql($sql)", {"sql": sql}).fetchall()[0][0]
    if json.loads(tree)["error"] or set(re.findall(r'"type":"(\w+_NODE)"', tree)) - READ_ONLY_NODES:
        raise QueryRejectedError("not_a_question")


def execute_request(request: Request) -> tuple[dict[str, object], bytes]:
    """The head and the Arrow stream of a response; the head of an error has "fault" and "words"."""
    started = time.perf_counter()
    try:
        with open_database(request["database"], request["memory"], request["seconds"]) as connection:
            validate_statement(connection, request["sql"])
            relation = connection.sql(request["sql"])
            columns = [
                (name, str(column_type))
                for name, column_type in zip(relation.columns, relation.types, strict=True)
            ]
            relation = cast_to_native_types(relation)
            reader = relation.to_arrow_reader(BATCH_ROWS)
            batches, truncated = read_batches(reader, request["rows"], request["bytes"])
            rows = serialize_batches(reader.schema, batches)
            seconds = time.perf_counter() - started
            return {"columns": columns, "truncated": truncated, "seconds": seconds, "size": len(rows)}, rows
    except QueryRejectedError as error:
        return {"fault": str(error), "words": ""}, b""
    except (duckdb.Error, pa.ArrowException, MemoryError, ValueError) as error:
        message = str(error)
        kind = ERROR_KINDS.get(type(error).__name__, "wrong")
        if "configuration has been locked" in message:
            kind = "locked"
        return {"fault": kind, "words": message[:2000]}, b""


def cast_to_native_types(relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """The relation with columns of nested and other non-native types cast to text."""
    if all(column_type.id in NATIVE_TYPES for column_type in relation.types):
        return relation
    expressions = [
        f"#{index}" if column_type.id in NATIVE_TYPES else f"cast(#{index} as varchar)"
        for index, column_type in enumerate(relation.types, 1)
    ]
    return relation.project(
        ", ".join(f"{expression} as column{index}" for index, expression in enumerate(expressions, 1))
    )


def read_batches(
    batches: Iterable[pa.RecordBatch], max_rows: int, max_bytes: int
) -> tuple[list[pa.RecordBatch], bool]:
    """The batches up to the limits, and whether rows were cut off.

    Raises QueryRejectedError if the first batch alone is larger than `max_bytes`.
    """
    accepted: list[pa.RecordBatch] = []
    row_count = size = 0
    for batch in batches:
        size += batch.get_total_buffer_size()
        if size > max_bytes:
            if not accepted:
                raise QueryRejectedError("large")
            return accepted, True
        accepted.append(batch.slice(0, max_rows - row_count))
        row_count += batch.num_rows
        if row_count > max_rows:
            return accepted, True
    return accepted, False


def serialize_batches(schema: pa.Schema, batches: Sequence[pa.RecordBatch]) -> bytes:
    """The batches as an Arrow IPC stream."""
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, schema) as stream:
        for batch in batches:
            stream.write_batch(batch)
    return sink.getvalue()


def set_resource_limits(address_space_bytes: int) -> None:
    """Sets the limits of this process: memory limit, no written files, no core dump, low priority."""
    if sys.platform != "win32":
        os.nice(10)
        resource.setrlimit(resource.RLIMIT_AS, (address_space_bytes, address_space_bytes))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def has_exceeded_memory() -> bool:
    """Whether the peak memory of this process was above MAX_PEAK_BYTES."""
    if sys.platform == "win32":
        return False
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit > MAX_PEAK_BYTES


def main() -> None:
    """Answers requests until standard input is closed."""
    set_resource_limits(int(sys.argv[1]))
    for line in sys.stdin.buffer:
        head, rows = execute_request(json.loads(line))
        head["last"] = has_exceeded_memory()
        sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + rows)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
