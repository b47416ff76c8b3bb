"""Rows of the database, or of an archived release, read in batches."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pyarrow as pa

from ripresa import settings
from ripresa.api.endpoints import VERSION_PATTERN, ParameterValue
from ripresa.database import query
from ripresa.i18n import translate_fragments

BATCH_ROWS = 4096
UNLIMITED_ROWS = 10**15


def find_release_file(version: str) -> Path | None:
    """The archived observations of an older version; None if they were not archived."""
    path = settings.DATA / "releases" / f"{version}.parquet"
    return path if re.fullmatch(VERSION_PATTERN, version) and path.exists() else None


class RowStream:
    """The result of a query: its row count, its schema, and its rows once, in batches.

    `as_json_text` turns each row into one column of JSON text. Must be read to the end or closed.
    """

    def __init__(
        self, sql: str, parameters: Mapping[str, ParameterValue], version: str, as_json_text: bool = False
    ) -> None:
        self._cursor_context = query.open_cursor()
        self._cursor, current_version = self._cursor_context.__enter__()
        if version != current_version and (path := find_release_file(version)):
            literal = str(path).replace("'", "''")
            self._cursor.execute(f"create temp view observations as from read_parquet('{literal}')")
        values: dict[str, object] = {
            name: list(value) if isinstance(value, tuple) else value for name, value in parameters.items()
        }
        values |= {"version": version, "limit": parameters.get("limit") or UNLIMITED_ROWS}
        if "$populations" in sql:
            values |= self._list_populations(str(parameters["lang"]))
        count = self._execute(build_count_query(sql), values).to_arrow_table()
        self.total: int = count.column(0)[0].as_py()
        if as_json_text:
            sql = f"select to_json(line) from ({sql}) line"
        self._reader = self._execute(sql, values).to_arrow_reader(BATCH_ROWS)
        self.schema: pa.Schema = self._reader.schema

    def iter_batches(self, max_rows: int = UNLIMITED_ROWS) -> Iterator[pa.RecordBatch]:
        """The rows, once; no batch begins beyond `max_rows`."""
        try:
            for batch in self._reader:
                yield batch
                max_rows -= batch.num_rows
                if max_rows < 0:
                    return
        finally:
            self.close()

    def close(self) -> None:
        """Returns the cursor to the connection."""
        self._reader = None
        self._cursor_context.__exit__(None, None, None)

    def _list_populations(self, lang: str) -> dict[str, object]:
        rows = self._cursor.sql("select distinct population from observations").fetchall()
        populations = [population for (population,) in rows]
        labels = [translate_fragments(population, lang, "population_") for population in populations]
        return {"populations": populations, "population_labels": labels}

    def _execute(self, sql: str, values: Mapping[str, object]) -> duckdb.DuckDBPyRelation:
        return self._cursor.sql(sql, params=select_parameters(sql, values))


def select_parameters(sql: str, values: Mapping[str, object]) -> dict[str, object]:
    """The values that the SQL uses: DuckDB refuses others."""
    return {name: value for name, value in values.items() if f"${name}" in sql}


def build_count_query(sql: str) -> str:
    """SQL that counts the rows of a query before sorting and paging, from its first CTE, `selection`."""
    selection, end, _ = sql.partition("\n)")
    return f"{selection}{end} select count(*) from selection" if end else f"select count(*) from ({sql})"
