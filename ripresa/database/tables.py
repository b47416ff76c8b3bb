"""Writes a dataset to the tables of data/schema.sql."""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping

import duckdb
import pandas as pd

from ripresa import catalogue, settings
from ripresa.catalogue import Indicator
from ripresa.database.build_errors import BuildError
from ripresa.database.code_lists import CODE_LIST_COLUMNS
from ripresa.database.dataset import Dataset
from ripresa.database.published_observation import (
    KEY_COLUMNS,
    Citation,
    PublishedObservation,
    parse_period_start,
)

Row = Mapping[str, object]
CODE_TABLES = ("geographies", "sectors", "sizes", "genders", "editions")


def write_dataset(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, version: str, progress: Callable[[str], None]
) -> None:
    """Creates the schema, inserts every table and runs data/derive.sql. Raises BuildError."""
    connection.execute(settings.SCHEMA.read_text(encoding="utf-8"))
    _write_comments(connection)
    unique_citations = sorted({row.citation for row in dataset.rows})
    citations = {citation: number for number, citation in enumerate(unique_citations, start=1)}
    tables: dict[str, Iterable[Row]] = {
        "sources": (
            {**vars(source), **_expand_texts(source, "name", "licence", "note")}
            for source in dataset.sources.values()
        ),
        "indicators": map(_build_indicator_row, dataset.indicators.values()),
        **{table: dataset.code_lists[table].rows for table in CODE_TABLES},
        "claims": (
            {**row, "position": position, "evidence_value": row["evidence_value"] or None}
            for position, row in enumerate(dataset.claims)
        ),
        "resources": dataset.resources,
        "citations": ({"id": number, **citation._asdict()} for citation, number in citations.items()),
        "observations": (
            _build_observation_row(row, sources, dataset)
            for row, sources in sorted(dataset.observations, key=lambda pair: pair[0].key)
        ),
        "observation_citations": _build_citation_rows(dataset, citations),
        "excluded_observations": _build_excluded_rows(dataset, citations),
    }
    for table, rows in tables.items():
        _insert_rows(connection, table, rows)
    connection.execute(
        "create temp table share_counts (share varchar, numerator varchar, denominator varchar)"
    )
    connection.executemany(
        "insert into share_counts values (?, ?, ?)",
        [
            (indicator.id, indicator.share_counts["numerator"], indicator.share_counts["denominator"])
            for indicator in dataset.indicators.values()
            if indicator.share_counts
        ],
    )
    progress("deriving sums, changes and intervals")
    connection.execute(settings.DERIVATIONS.read_text(encoding="utf-8"))
    connection.execute(
        "insert into build select $version, $day, $rows, "
        "(select count(*) from observations), (select count(*) from excluded_observations)",
        {
            "version": version,
            "day": max(source.collected for source in dataset.sources.values()),
            "rows": len(dataset.rows),
        },
    )


def _write_comments(connection: duckdb.DuckDBPyConnection) -> None:
    """Comments every table and column as data/columns.toml describes it: "Italian | English"."""
    texts = tomllib.loads(settings.COLUMNS.read_text(encoding="utf-8"))
    tables = connection.execute(
        "select table_name, view_name is not null, list(column_name) from duckdb_columns() "
        "left join duckdb_views() on view_name = table_name and not duckdb_views.internal "
        "where duckdb_columns.database_name = current_database() and not duckdb_columns.internal group by all"
    ).fetchall()
    for table, is_view, columns in tables:
        description = texts["tables"][table]
        descriptions = texts["columns"] | description.get("columns", {})
        comments = {f'{"view" if is_view else "table"} "{table}"': description}
        comments |= {f'column "{table}"."{column}"': descriptions[column] for column in columns}
        for target, text in comments.items():
            comment = f"{text['it']} | {text['en']}".replace("'", "''")
            connection.execute(f"comment on {target} is '{comment}'")


def _expand_texts(declaration: object, *names: str) -> dict[str, str]:
    """The bilingual texts as columns name_it and name_en."""
    return {f"{name}_{lang}": getattr(declaration, name)[lang] for name in names for lang in settings.LANGS}


def _build_indicator_row(indicator: Indicator) -> dict[str, object]:
    sources = (indicator.source, *indicator.universes)
    return {
        **vars(indicator),
        **_expand_texts(indicator, "label", "short", "description", "note"),
        **{f"universe_{lang}": catalogue.get_universe(indicator, sources, lang) for lang in settings.LANGS},
        "breaks": " ".join(indicator.breaks),
    }


def _build_observation_row(
    row: PublishedObservation, sources: list[PublishedObservation], dataset: Dataset
) -> dict[str, object]:
    """The columns of an observation; sample size and interval come from any of its sources that has them."""
    candidates = [row, *sources]
    sample_size = next((source.n for source in candidates if source.n), "")
    intervals = [
        (source.ci_low, source.ci_high)
        for source in candidates
        if source.ci_low is not None and source.ci_high is not None
    ]
    low, high = next(((low, high) for low, high in intervals if low <= row.value <= high), (None, None))
    return {
        **vars(row),
        "period_start": parse_period_start(row.period),
        "ci_low": low,
        "ci_high": high,
        "n": int(sample_size) if sample_size.isdigit() else None,
        "sample_size_note": sample_size,
        "no_ci_reason": "" if low is not None else _get_no_ci_reason(row, dataset),
    }


def _get_no_ci_reason(row: PublishedObservation, dataset: Dataset) -> str:
    """Why an observation has no interval; the press prints observations of the indicator's own source."""
    if row.status == "derived":
        return "derived"
    source = dataset.sources[row.source]
    if source.kind == "press":
        source = dataset.sources[dataset.indicators[row.indicator].source]
    return "register" if source.kind == "register" else "no_error_published"


def _build_citation_rows(dataset: Dataset, citations: Mapping[Citation, int]) -> Iterator[Row]:
    for row, sources in dataset.observations:
        for source in sources:
            yield {
                **dict(zip(KEY_COLUMNS, row.key, strict=True)),
                "citation": citations[source.citation],
                "stated_value": source.value,
                "source_location": source.source_location,
            }


def _build_excluded_rows(dataset: Dataset, citations: Mapping[Citation, int]) -> Iterator[Row]:
    for row, reason in sorted(
        dataset.excluded_observations, key=lambda pair: (pair[0].key, pair[0].source_location)
    ):
        yield {
            **vars(row),
            "sample_size_note": row.n,
            "exclusion_reason": reason,
            "citation": citations[row.citation],
        }


def _insert_rows(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Row]) -> None:
    """Inserts rows by column name, ignoring keys that are not columns of the table."""
    columns = [
        name
        for (name,) in connection.execute(
            "select column_name from information_schema.columns "
            "where table_name = $table order by ordinal_position",
            {"table": table},
        ).fetchall()
    ]
    frame = pd.DataFrame([[row.get(name) for name in columns] for row in rows], columns=columns)
    if frame.empty:
        return
    connection.register("incoming", frame)
    try:
        connection.execute(f'insert into "{table}" by name select * from incoming')
    except (duckdb.ConstraintException, duckdb.ConversionException) as error:
        reason = str(error).splitlines()[0]
        raise BuildError(f"{_describe_input(table)}: {reason}; see data/schema.sql, table {table}.") from None
    connection.unregister("incoming")


def _describe_input(table: str) -> str:
    if table in ("claims", "resources"):
        return f"data/{table}.csv"
    return f"data/codes/{table}.csv" if table in CODE_LIST_COLUMNS else f"the {table} of data/raw"
