"""The official tables that feed our indicators, as declared in tables.toml, and how their codes become ours."""

import tomllib
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from functools import cache
from pathlib import Path

from ripresa import settings
from ripresa.database import build
from ripresa.importers import cell_reader as streams
from ripresa.importers import flags as status
from ripresa.importers.cell_reader import CellTable, CodeClassifier
from ripresa.importers.records import (
    DroppedCells,
    DropReason,
    ImporterError,
    ObservationRecord,
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


@dataclass(frozen=True)
class TableMapping:
    """One paragraph of tables.toml."""

    id: str
    publisher: str
    source: str
    title: str
    unit: str
    population: str
    areas: str
    series: dict
    where: dict = field(default_factory=dict)
    indicator: str = ""
    sector: str = ""
    total: str = ""
    size: str = ""
    sizes: dict = field(default_factory=dict)
    since: str = BASE_YEAR
    until: str = "9999"
    change: dict = field(default_factory=dict)
    key: str = ""


@dataclass(frozen=True)
class CodeLookup:
    """The code lists of data/codes, as importers ask them."""

    areas: dict[str, tuple[str, str]]  # a publisher's code -> ours, level
    sectors: dict[str, str]  # NACE code -> ours

    @classmethod
    def load(cls, root: Path) -> "CodeLookup":
        geographies = build.CodeList(root / "codes" / "geographies.csv")
        level = {row["code"]: row["level"] for row in geographies.rows}
        areas = {row["eu_code"]: row["code"] for row in geographies.rows if row["eu_code"]}
        areas |= {
            name: found
            for name, found in geographies.codes_by_alias.items()
            if name.startswith("IT") and name != "ITA" or name in ("EU27_2020", "EA")
        }
        nace = ("section", "aggregate", "division")
        sectors = {
            row["code"]: row["code"]
            for row in build.CodeList(root / "codes" / "sectors.csv").rows
            if row["kind"] in nace
        }
        return cls({name: (found, level[found]) for name, found in areas.items()}, sectors)

    def find_area(self, name: str, wanted: str) -> str | DropReason:
        """Our code of an area, where it is one of those wanted."""
        found, level = self.areas.get(name, ("", ""))
        if not found:
            return DropReason(
                "area not in data/codes/geographies.csv (smaller areas, or NUTS 2024 areas without an equal)",
                name,
            )
        if level in AREA_LEVELS[wanted] or wanted == "italy" and found == "ITA":
            return found
        return DropReason("area this indicator is not shown for", name)


@cache
def load_table_mappings() -> dict[str, TableMapping]:
    """Every table by id. A paragraph `extends` another but for what it says."""
    paragraphs = tomllib.loads(TABLES_FILE.read_text(encoding="utf-8"))
    known = {entry.name for entry in fields(TableMapping)}
    found = {}
    for id, paragraph in paragraphs.items():
        whole = paragraphs.get(paragraph.get("extends"), {}) | {
            name: value for name, value in paragraph.items() if name != "extends"
        }
        if unknown := set(whole) - known:
            raise ImporterError(
                f"data/catalogue/import_tables.toml, [{id}]: {', '.join(sorted(unknown))} is not known; use some of: {', '.join(sorted(known))}."
            )
        found[id] = TableMapping(id=id, **whole)
    return found


def get_table_mapping(id: str, publisher: str, name: str) -> TableMapping:
    """The declared table of this id. Raises ImportFault naming those there are."""
    found = load_table_mappings().get(id.lower())
    if not found or found.publisher != publisher:
        known = ", ".join(
            sorted(table.id for table in load_table_mappings().values() if table.publisher == publisher)
        )
        raise ImporterError(
            f"{name}: table {id or 'without a name'} feeds no indicator here; use one of: {known} (--table ID says which, where the file does not)."
        )
    return found


def build_observations(
    own, cells: CellTable, table: TableMapping, lists: CodeLookup, citation: dict, since: str, name: str
) -> tuple[list[ObservationRecord], DroppedCells]:
    """The figures that a table's cells give, one a key, and what was left out. Raises ImportFault."""
    dropped, found = DroppedCells(), []
    series, area, time = build_classifiers(cells, table, lists, since, name)
    for of, where, when, texts in streams.read_matching_cells(own, cells, series, area, time, dropped, name):
        try:
            number = status.parse_cell_value(*cells.parse_cell(*texts))
        except ImporterError as fault:
            raise ImporterError(
                f"{name}, {of['indicator']} of {where['geo']}, {when['period']}: {fault}"
            ) from None
        if isinstance(number, DropReason):
            dropped.add(number)
            continue
        value, flags = number
        found.append(
            ObservationRecord(
                value=value,
                flag=flags,
                status="provisional" if "p" in flags else "ok",
                **of,
                **where,
                **when,
                **citation,
            )
        )
    if not found:
        most = dropped.format_lines()[0].strip() if dropped.counts else "it has no rows"
        raise ImporterError(
            f"{name} holds nothing for our indicators from table {table.id} ({most}): check the table and the extraction."
        )
    found = remove_duplicates(found, name)
    return found + compute_changes_since_base_year(found, table), dropped


def build_classifiers(
    cells: CellTable, table: TableMapping, lists: CodeLookup, since: str, name: str
) -> tuple[CodeClassifier, CodeClassifier, CodeClassifier]:
    """How the table's series, areas and times are sorted into figures. Raises ImportFault where a dimension is missing."""
    has = cells.dimensions
    where = next((one for one in ("geo", "ref_area") if one in has), "")
    asked = {one: next((column for column in one.split("|") if column in has), "") for one in table.where}
    needed = [one for one in (table.indicator, table.sector, table.size) if one]
    present = {
        "geo": where,
        "time_period": "time_period" in has,
        **{one: one in has for one in needed},
        **{one: column for one, column in asked.items() if one != "freq"},
    }
    missing = [one for one, column in present.items() if not column]
    if missing:
        raise ImporterError(
            f"{name}: column {missing[0].replace('|', ' or ')} of table {table.id} is missing; ask the publisher for the whole table with its codes."
        )
    names = list(dict.fromkeys([*needed, *filter(None, asked.values())]))

    def of(*codes: str) -> dict | DropReason:
        return _classify_series(dict(zip(names, codes)), table, lists)

    def area(text: str) -> dict | DropReason:
        geo = lists.find_area(strip_label(text), table.areas)
        return geo if isinstance(geo, DropReason) else {"geo": geo}

    def time(text: str) -> dict | DropReason:
        return _classify_period(
            strip_label(text),
            max(since or table.since, table.since if table.since > BASE_YEAR else ""),
            table.until,
        )

    return (
        CodeClassifier(tuple(has[one] for one in names), of),
        CodeClassifier((has[where],), area),
        CodeClassifier((has["time_period"],), time),
    )


def _classify_series(codes: dict[str, str], table: TableMapping, lists: CodeLookup) -> dict | DropReason:
    for columns, wanted in table.where.items():
        for one in columns.split("|"):
            if one in codes and strip_label(codes[one]) not in wanted:
                return DropReason(f"{one} not used here", strip_label(codes[one]))
    told = codes.get(table.indicator, "any")
    label = told.partition(":")[2].strip().lower()
    entry = table.series.get(strip_label(told)) or next(
        (entry for words, entry in table.series.items() if label and label.startswith(words)), None
    )
    if entry is None:
        return DropReason("indicator not used here", strip_label(told))
    sector = strip_label(codes.get(table.sector, table.total))
    if sector != table.total and sector not in lists.sectors:
        return DropReason("sector not in data/codes/sectors.csv", sector)
    size = table.sizes.get(strip_label(codes[table.size])) if table.size else "all"
    if size is None:
        return DropReason("size class not shown here", strip_label(codes[table.size]))
    population = "; ".join(
        part
        for part in (
            table.population,
            strip_label(told) if strip_label(told) not in ("any", "") else "",
            entry.get("population", ""),
        )
        if part
    )
    return {
        "indicator": entry["indicator"],
        "edition": entry["edition"],
        "unit": entry.get("unit", table.unit),
        "population": population,
        "sector": "all" if sector == table.total else lists.sectors[sector],
        "size": size,
    }


def _classify_period(text: str, since: str, until: str) -> dict | DropReason:
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
    """The change from 2019 that is computed from a table's own levels, so that a revised level never stands beside an old change."""
    if not table.change:
        return []
    start = {
        (figure.geo, figure.sector, figure.size): Decimal(figure.value)
        for figure in levels
        if figure.period == BASE_YEAR
    }
    found = []
    for figure in levels:
        base = start.get((figure.geo, figure.sector, figure.size))
        if figure.period > BASE_YEAR and base:
            value = format(round(100 * (Decimal(figure.value) / base - 1), 2), "f")
            computed = {
                "indicator": table.change["indicator"],
                "population": table.change["population"],
                "unit": "% vs 2019",
                "value": value,
                "status": "derived",
                "confidence": "medium",
            }
            found.append(replace(figure, **computed))
    return found
