"""The process that answers one visitor's SQL at a time, locked: ripresa/sandbox/pool.py starts it, feeds it questions and ends it.

Why a process of its own: some functions of the engine neither count their memory nor listen to an interrupt (repeat('a', 2000000000) takes 4 GB and half a
minute), and a fault in it must not end the pages. It is started with -I and an empty environment, and reads no module of this project.

A question is a line of JSON on the standard input; an answer is a line of JSON on the standard output and, after it, `size` bytes of Arrow stream.
"""

import json
import os
import re
import sys
import time
from collections.abc import Iterator

import duckdb
import pyarrow as pa

READ_ONLY_NODES = {
    "SELECT_NODE",
    "SET_OPERATION_NODE",
    "RECURSIVE_CTE_NODE",
    "CTE_NODE",
}  # a COPY or an INSERT may stand inside a WITH, under other names
EXPLAIN_PREFIX = re.compile(r"(?:\s|--[^\n]*\n)*explain\s+(?:analyze\s+|\([\w\s,]*\)\s*)?", re.IGNORECASE)
ERROR_KINDS = {
    "PermissionException": "locked",
    "InterruptException": "time",
    "OutOfMemoryException": "memory",
    "MemoryError": "memory",
    "ArrowMemoryError": "memory",
}
DUCKDB_SETTINGS = {
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
NATIVE_TYPES = {
    *NUMERIC_TYPES,
    "boolean",
    "varchar",
    "enum",
    "date",
    "null",
}  # all other types are given as the engine writes them: [1, 2], 3 days
BATCH_ROWS = 1000
MAX_PEAK_BYTES = 600 * 2**20  # a process that once needed more memory than this is not used again


class QueryRejectedError(Exception):
    """Why there is no answer: one of the kinds of data/locales/sandbox.toml."""


def open_database(database: str, memory: str, seconds: float) -> duckdb.DuckDBPyConnection:
    """An empty database in memory with the published one attached read-only, and every door closed behind it."""
    connection = duckdb.connect(
        config={**DUCKDB_SETTINGS, "memory_limit": memory, "max_execution_time": int(seconds * 1000)}
    )
    connection.execute("attach $path as published (read_only)", {"path": database})
    connection.execute("use published")
    connection.execute("set enable_external_access = false")
    connection.execute(
        "set disabled_filesystems = 'LocalFileSystem'"
    )  # else the attached file itself stays open to COPY
    connection.execute("set lock_configuration = true")
    return connection


def validate_statement(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Raises Refused unless the text is one statement that only reads."""
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise QueryRejectedError("several" if statements else "empty")
    kind = statements[0].type.name
    if kind == "EXPLAIN":
        inner = EXPLAIN_PREFIX.match(sql)
        if not inner:
            raise QueryRejectedError("not_a_question")
        return validate_statement(connection, sql[inner.end() :])
    if kind != "SELECT":
        raise QueryRejectedError("not_a_question")
    tree = connection.execute("select json_serialize_sql($sql)", {"sql": sql}).fetchall()[0][0]
    if json.loads(tree)["error"] or set(re.findall(r'"type":"(\w+_NODE)"', tree)) - READ_ONLY_NODES:
        raise QueryRejectedError("not_a_question")


def execute_request(request: dict) -> tuple[dict, bytes]:
    """The head and the rows of an answer; a fault is an answer too."""
    started = time.perf_counter()
    try:
        with open_database(request["database"], request["memory"], request["seconds"]) as connection:
            validate_statement(connection, request["sql"])
            relation = connection.sql(request["sql"])
            columns = [(name, str(kind)) for name, kind in zip(relation.columns, relation.types)]
            if any(kind.id not in NATIVE_TYPES for kind in relation.types):
                relation = relation.project(
                    ", ".join(
                        f"{f'#{place}' if kind.id in NATIVE_TYPES else f'cast(#{place} as varchar)'} as column{place}"
                        for place, kind in enumerate(relation.types, 1)
                    )
                )
            reader = relation.to_arrow_reader(BATCH_ROWS)
            batches, truncated = read_batches(reader, request["rows"], request["bytes"])
            rows = serialize_batches(reader.schema, batches)
            return {
                "columns": columns,
                "truncated": truncated,
                "seconds": time.perf_counter() - started,
                "size": len(rows),
            }, rows
    except QueryRejectedError as fault:
        return {"fault": str(fault), "words": ""}, b""
    except (duckdb.Error, pa.ArrowException, MemoryError, ValueError) as fault:
        words = str(fault)
        kind = (
            "locked"
            if "configuration has been locked" in words
            else ERROR_KINDS.get(type(fault).__name__, "wrong")
        )
        return {"fault": kind, "words": words[:2000]}, b""


def read_batches(
    batches: Iterator[pa.RecordBatch], max_rows: int, max_bytes: int
) -> tuple[list[pa.RecordBatch], bool]:
    """As many rows as allowed, and whether there were more. Raises Refused where the first rows alone weigh too much."""
    kept, counted, weighed = [], 0, 0
    for batch in batches:
        weighed += batch.get_total_buffer_size()
        if weighed > max_bytes:
            if not kept:
                raise QueryRejectedError("large")
            return kept, True
        kept.append(batch.slice(0, max_rows - counted))
        counted += batch.num_rows
        if counted > max_rows:
            return kept, True
    return kept, False


def serialize_batches(schema: pa.Schema, batches: list[pa.RecordBatch]) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as stream:
        for batch in batches:
            stream.write_batch(batch)
    return sink.getvalue().to_pybytes()


def set_resource_limits(memory: int) -> None:
    """What the system itself will not let this process do, where it can say so: grow, write files, go before the pages."""
    try:
        import resource
    except ImportError:  # not on Windows: the engine's own limits and the end of the process remain
        return
    os.nice(10)
    for limit, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(limit, (most, most))


def has_exceeded_memory() -> bool:
    """Whether this process once needed so much memory that it should not be used again."""
    try:
        import resource
    except ImportError:
        return False
    return (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        > MAX_PEAK_BYTES
    )


def main() -> None:
    set_resource_limits(int(sys.argv[1]))
    out = sys.stdout.buffer
    for line in sys.stdin.buffer:
        head, rows = execute_request(json.loads(line))
        out.write(json.dumps({**head, "last": has_exceeded_memory()}).encode() + b"\n" + rows)
        out.flush()


if __name__ == "__main__":
    main()
