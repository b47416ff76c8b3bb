"""Rows of the database or of a kept release, read as a stream."""

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from ripresa import settings
from ripresa.api.endpoints import VERSION_PATTERN
from ripresa.database import query
from ripresa.i18n import translate_fragments

BATCH_ROWS = 4096
UNLIMITED_ROWS = 10**15


def find_release_file(version: str) -> Path | None:
    """The file of an older version's observations, where there is one."""
    path = settings.DATA / "releases" / f"{version}.parquet"
    return path if re.fullmatch(VERSION_PATTERN, version) and path.exists() else None


class RowStream:
    """The rows of a question: how many in all, their schema, and the rows themselves once, in batches. `lines` makes each row one JSON text."""

    def __init__(self, sql: str, parameters: dict, version: str, as_json_text: bool = False):
        self._cursor_context = query.open_cursor()
        self._cursor, current = self._cursor_context.__enter__()
        named = {
            name: list(value) if isinstance(value, tuple) else value for name, value in parameters.items()
        } | {"version": version, "limit": parameters.get("limit") or UNLIMITED_ROWS}
        if version != current and (path := find_release_file(version)):
            literal = str(path).replace("'", "''")
            self._cursor.execute(f"create temp view observations as from read_parquet('{literal}')")
        if "$populations" in sql:
            populations = [
                text
                for (text,) in self._execute("select distinct population from observations", {}).fetchall()
            ]
            named |= {
                "populations": populations,
                "population_labels": [
                    translate_fragments(text, parameters["lang"], "population_") for text in populations
                ],
            }
        self.total: int = self._execute(build_count_query(sql), named).to_arrow_table().column(0)[0].as_py()
        self._reader = self._execute(
            f"select to_json(line) from ({sql}) line" if as_json_text else sql, named
        ).to_arrow_reader(BATCH_ROWS)
        self.schema: pa.Schema = self._reader.schema

    def iter_batches(self, max_rows: int = UNLIMITED_ROWS) -> Iterator[pa.RecordBatch]:
        """The rows, once; no batch begins beyond `most`."""
        try:
            for batch in self._reader:
                yield batch
                if (max_rows := max_rows - batch.num_rows) < 0:
                    return
        finally:
            self.close()

    def close(self) -> None:
        self._reader = None
        self._cursor_context.__exit__(None, None, None)

    def _execute(self, sql: str, named: dict) -> duckdb.DuckDBPyRelation:
        return self._cursor.sql(
            sql, params={name: value for name, value in named.items() if f"${name}" in sql}
        )


def build_count_query(sql: str) -> str:
    """The SQL that counts the rows of another, unsorted and uncut: only its first CTE, `selection`, is read."""
    selection, end, _ = sql.partition("\n)")
    return f"{selection}{end} select count(*) from selection" if end else f"select count(*) from ({sql})"
