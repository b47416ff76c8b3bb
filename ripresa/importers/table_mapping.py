"""The official tables declared in import_tables.toml, and the mapping of their codes to the project's."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import duckdb

from ripresa import settings
from ripresa.database.code_lists import CodeList
from ripresa.importers import cell_reader, flags
from ripresa.importers.cell_reader import CellTable, Classifiers, CodeClassifier, Fields
from ripresa.importers.records import (
    DroppedCells,
    DropReason,
    ImportBatch,
    ImporterError,
    ObservationRecord,
    error_location,
    remove_duplicates,
)
from ripresa.importers.sdmx import strip_label

TABLES_FILE = settings.IMPORT_TABLES
BASE_YEAR = "2019"  # last year before the closures
AREA_LEVELS = {
    "countries": ("country", "group"),
    "italy": ("area", "macro"),
    "parts": ("area",),
    "any": ("country", "group", "area", "macro", "nuts1", "nuts2"),
}
NACE_KINDS = ("section", "aggregate", "division")


class SeriesMapping(TypedDict):
    """What one of the publisher's indicator codes becomes."""

    indicator: str
    edition: str
    unit: NotRequired[str]
    population: NotRequired[str]


@dataclass(frozen=True)
class TableMapping:
    """One table of import_tables.toml, where its keys are explained."""

    id: str
    publisher: str
    source: str
    title: str
    unit: str
    population: str
    areas: str
    series: dict[str, SeriesMapping]
    where: dict[str, list[str]] = field(default_factory=dict)
    indicator: str = ""
    sector: str = ""
    total: str = ""
    size: str = ""
    sizes: dict[str, str] = field(default_factory=dict)
    since: str = BASE_YEAR
    until: str = "9999"
    change: dict[str, str] = field(default_factory=dict)
    key: str = ""


@dataclass(frozen=True)
class CodeLookup:
    """The code lists of data/codes by the publishers' codes."""

    areas: dict[str, tuple[str, str]]  # publisher's code -> project's code, level
    sectors: frozenset[str]  # NACE codes

    @classmethod
    def load(cls, root: Path) -> "CodeLookup":
        geographies = CodeList(root / "codes" / "geographies.csv")
        levels = {row["code"]: row["level"] for row in geographies.rows}
        codes = {row["eu_code"]: row["code"] for row in geographies.rows if row["eu_code"]}
        codes |= {
            alias: code
            for alias, code in geographies.codes_by_alias.items()
            if (alias.startswith("IT") and alias != "ITA") or alias in ("EU27_2020", "EA")
        }
        sectors = CodeList(root / "codes" / "sectors.csv").rows
        return cls(
            {alias: (code, levels[code]) for alias, code in codes.items()},
            frozenset(row["code"] for row in sectors if row["kind"] in NACE_KINDS),
        )

    def find_area(self, name: str, areas: str) -> str | DropReason:
        """The project's code of an area, where it belongs to this key of AREA_LEVELS."""
        code, level = self.areas.get(name, ("", ""))
        if not code:
            return DropReason(
                "area not in data/codes/geographies.csv (smaller areas, or NUTS 2024 areas without an equal)",
                name,
            )
        if level in AREA_LEVELS[areas] or (areas == "italy" and code == "ITA"):
            return code
        return DropReason("area this indicator is not shown for", name)


@cache
def load_table_mappings() -> dict[str, TableMapping]:
    """Every declared table by id. A table that `extends` another inherits the keys that it does not set."""
    paragraphs: dict[str, dict[str, Any]] = tomllib.loads(TABLES_FILE.read_text(encoding="utf-8"))
    allowed_keys = {entry.name for entry in fields(TableMapping)}
    tables = {}
    for id, paragraph in paragraphs.items():
        values = paragraphs.get(paragraph.get("extends", ""), {}) | paragraph
        values.pop("extends", None)
        if unknown := set(values) - allowed_keys:
            raise ImporterError(
                f"data/catalogue/import_tables.toml, [{id}]: {', '.join(sorted(unknown))} is not known; "
                f"use some of: {', '.join(sorted(allowed_keys))}."
            )
        tables[id] = TableMapping(id=id, **values)
    return tables


def get_table_mapping(id: str, publisher: str, name: str) -> TableMapping:
    """The declared table of this id. Raises ImporterError with the ids of the publisher's tables."""
    tables = load_table_mappings()
    table = tables.get(id.lower())
    if table and table.publisher == publisher:
        return table
    known_ids = ", ".join(sorted(other.id for other in tables.values() if other.publisher == publisher))
    raise ImporterError(
        f"{name}: table {id or 'without a name'} feeds no indicator here; use one of: {known_ids} "
        "(--table ID says which, where the file does not)."
    )


def read_table(
    connection: duckdb.DuckDBPyConnection,
    cells: CellTable,
    table: TableMapping,
    *,
    citation: Mapping[str, str],
    root: Path,
    since: str,
    name: str,
) -> ImportBatch:
    """The observations of a table's cells, one per key, with the changes computed from them.

    citation: publisher, title, url and published. name: that of the file, for errors. Raises ImporterError.
    """
    dropped, levels = DroppedCells(), []
    classifiers = build_classifiers(cells, table, CodeLookup.load(root), since, name)
    for codes, texts in cell_reader.read_matching_cells(connection, cells, classifiers, dropped, name):
        with error_location(f"{name}, {codes['indicator']} of {codes['geo']}, {codes['period']}"):
            number = flags.parse_cell_value(*cells.parse_cell(*texts))
        if isinstance(number, DropReason):
            dropped.add(number)
            continue
        value, flag = number
        status = "provisional" if "p" in flag else "ok"
        levels.append(ObservationRecord(value=value, flag=flag, status=status, **codes, **citation))
    if not levels:
        raise ImporterError(
            f"{name} holds nothing for our indicators from table {table.id} ({dropped.get_main_reason()}): "
            "check the table and the extraction."
        )
    levels = remove_duplicates(levels, name)
    observations = levels + compute_changes_since_base_year(levels, table)
    return ImportBatch(table.source, table.id, observations, dropped, [citation["published"]])


def build_classifiers(
    cells: CellTable, table: TableMapping, lookup: CodeLookup, since: str, name: str
) -> Classifiers:
    """Classifiers of a table's series, areas and periods. Raises ImporterError for a missing dimension."""
    needed = [dimension for dimension in (table.indicator, table.sector, table.size) if dimension]
    candidates = {"geo": ["geo", "ref_area"], "time_period": ["time_period"]}
    candidates |= {dimension: [dimension] for dimension in needed}
    candidates |= {alternatives: alternatives.split("|") for alternatives in table.where}
    present = {
        label: next((dimension for dimension in dimensions if dimension in cells.dimensions), "")
        for label, dimensions in candidates.items()
    }
    missing = [label for label, dimension in present.items() if not dimension and label != "freq"]
    if missing:
        raise ImporterError(
            f"{name}: column {missing[0].replace('|', ' or ')} of table {table.id} is missing; "
            "ask the publisher for the whole table with its codes."
        )
    dimensions = list(dict.fromkeys(filter(None, (present[label] for label in (*needed, *table.where)))))
    first_year = max(since or table.since, table.since if table.since > BASE_YEAR else "")

    def classify_series(*codes: str) -> Fields | DropReason:
        return _classify_series(dict(zip(dimensions, codes, strict=True)), table, lookup)

    def classify_area(text: str) -> Fields | DropReason:
        geo = lookup.find_area(strip_label(text), table.areas)
        return geo if isinstance(geo, DropReason) else {"geo": geo}

    def classify_period(text: str) -> Fields | DropReason:
        return _classify_period(strip_label(text), first_year, table.until)

    return Classifiers(
        CodeClassifier(tuple(cells.dimensions[dimension] for dimension in dimensions), classify_series),
        CodeClassifier((cells.dimensions[present["geo"]],), classify_area),
        CodeClassifier((cells.dimensions["time_period"],), classify_period),
    )


def _classify_series(codes: dict[str, str], table: TableMapping, lookup: CodeLookup) -> Fields | DropReason:
    labels = codes
    codes = {dimension: strip_label(text) for dimension, text in labels.items()}
    for alternatives, allowed in table.where.items():
        for dimension in alternatives.split("|"):
            if dimension in codes and codes[dimension] not in allowed:
                return DropReason(f"{dimension} not used here", codes[dimension])
    indicator = codes.get(table.indicator, "any")
    series = _find_series(indicator, labels.get(table.indicator, ""), table)
    if series is None:
        return DropReason("indicator not used here", indicator)
    sector = codes.get(table.sector, table.total)
    if sector != table.total and sector not in lookup.sectors:
        return DropReason("sector not in data/codes/sectors.csv", sector)
    size = table.sizes.get(codes[table.size]) if table.size else "all"
    if size is None:
        return DropReason("size class not shown here", codes[table.size])
    population = (table.population, "" if indicator == "any" else indicator, series.get("population", ""))
    return {
        "indicator": series["indicator"],
        "edition": series["edition"],
        "unit": series.get("unit", table.unit),
        "population": "; ".join(filter(None, population)),
        "sector": "all" if sector == table.total else sector,
        "size": size,
    }


def _find_series(code: str, labelled_code: str, table: TableMapping) -> SeriesMapping | None:
    """The mapping of an indicator by its code, else by the beginning of its label."""
    if code in table.series:
        return table.series[code]
    label = labelled_code.partition(":")[2].strip().lower()
    return next((series for start, series in table.series.items() if label and label.startswith(start)), None)


def _classify_period(text: str, since: str, until: str) -> Fields | DropReason:
    """A year; ISTAT writes years as their first day."""
    year = text.removesuffix("-01-01")
    if len(year) != 4 or not year.isascii() or not year.isdigit():
        return DropReason("period is not a year", text)
    if year < since:
        return DropReason(f"before {since} (--since YEAR takes earlier years)")
    if year > until:
        return DropReason(f"after {until}, when the scope of this table ends")
    return {"period": year}


def compute_changes_since_base_year(
    levels: list[ObservationRecord], table: TableMapping
) -> list[ObservationRecord]:
    """Changes from 2019 in per cent, computed from the levels, so that a revised level revises its change."""
    if not table.change:
        return []
    base_values = {
        (level.geo, level.sector, level.size): Decimal(level.value)
        for level in levels
        if level.period == BASE_YEAR
    }
    changes = []
    for level in levels:
        base = base_values.get((level.geo, level.sector, level.size))
        if level.period > BASE_YEAR and base:
            change = replace(
                level,
                indicator=table.change["indicator"],
                population=table.change["population"],
                unit="% vs 2019",
                value=format(round(100 * (Decimal(level.value) / base - 1), 2), "f"),
                status="derived",
                confidence="medium",
            )
            changes.append(change)
    return changes
