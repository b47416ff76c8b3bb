"""The World Bank's API v2: its JSON, and the zip with a CSV that its pages offer."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ripresa.importers import flags
from ripresa.importers.records import (
    DroppedCells,
    DropReason,
    ImportBatch,
    ImporterError,
    ObservationRecord,
    ReadOptions,
    error_location,
    load_countries,
    normalize_decimal,
    remove_duplicates,
)
from ripresa.importers.text_files import TextFile

INDICATORS_BY_SERIES = {
    "IC.FRM.FEMM.ZS": "firms_woman_top_manager",
    "IC.FRM.FEMO.ZS": "firms_women_participation_ownership",
}
SOURCE = "worldbank_enterprise_surveys"
INDICATOR_URL = "https://data.worldbank.org/indicator/{id}"
DOWNLOAD_URL = "https://api.worldbank.org/v2/country/all/indicator/{id}?format=json&per_page=20000"
ACCEPT = "application/json"
MAX_BYTES = 64 << 20


class Cell(NamedTuple):
    """A value of a series, country and year; value: as written, empty where missing."""

    series: str
    country: str
    year: str
    value: str


def read(text: TextFile, root: Path, options: ReadOptions) -> ImportBatch:
    """The observations of a World Bank file. Raises ImporterError."""
    series_ids = " or ".join(INDICATORS_BY_SERIES)
    text.require_size(MAX_BYTES, f"take one indicator, {series_ids}")
    content = text.path.read_text(encoding="utf-8-sig")
    is_json = content.lstrip().startswith(("[", "{"))
    cells, last_update = (parse_api_response if is_json else parse_csv)(content, text.name)
    countries = {row["code"] for row in load_countries(root)}
    dropped, observations = DroppedCells(), []
    for cell in cells:
        drop = _find_drop_reason(cell, countries, options.since)
        if drop is None:
            with error_location(f"{text.name}, {cell.series} of {cell.country}, {cell.year}"):
                number = flags.parse_cell_value(cell.value)
            if not isinstance(number, DropReason):
                observations.append(_build_observation(cell, number[0], last_update or text.file_date))
                continue
            drop = number
        dropped.add(drop)
    if not observations:
        raise ImporterError(f"{text.name} holds no value of {series_ids}: download one of these indicators.")
    table = "_".join(
        sorted({INDICATORS_BY_SERIES[cell.series] for cell in cells if cell.series in INDICATORS_BY_SERIES})
    )
    note = f"updated {last_update}" if last_update else f"file of {text.file_date}"
    return ImportBatch(SOURCE, table, remove_duplicates(observations, text.name), dropped, [note])


def _find_drop_reason(cell: Cell, countries: set[str], since: str) -> DropReason | None:
    if cell.series not in INDICATORS_BY_SERIES:
        return DropReason("indicator not used here", cell.series)
    if cell.country not in countries:
        return DropReason(
            "groups of countries and areas not in data/codes/geographies.csv",
            cell.country or "without a code",
        )
    if not re.fullmatch(r"\d{4}", cell.year):
        return DropReason("period is not a year", cell.year)
    return DropReason(f"before {since}") if cell.year < since else None


def _build_observation(cell: Cell, value: str, last_update: str) -> ObservationRecord:
    return ObservationRecord(
        indicator=INDICATORS_BY_SERIES[cell.series],
        geo=cell.country,
        period=cell.year,
        edition="wbes",
        value=round_single_precision(value),
        unit="percent",
        population="formal private firms with 5 or more employees, survey weights",
        publisher="World Bank",
        title=f"World Development Indicators ({cell.series})",
        published=f"updated {last_update}",
        url=INDICATOR_URL.format(id=cell.series),
    )


def round_single_precision(value: str) -> str:
    """Removes the tail that single precision leaves: '27.8999996185303' is 27.9."""
    return value if len(value.partition(".")[2]) <= 5 else normalize_decimal(f"{float(value):.6g}")


def parse_api_response(content: str, name: str) -> tuple[list[Cell], str]:
    """The cells of an API response and the ISO date of its last update. Raises ImporterError."""
    try:
        response = json.loads(content, parse_float=str, parse_int=str)
        if (
            isinstance(response, list)
            and response
            and isinstance(response[0], dict)
            and "message" in response[0]
        ):
            message = response[0]["message"][0]["value"]
            raise ImporterError(f"{name} is a refusal ({message}): check the indicator and ask again.")
        header, rows = response
        if int(header["pages"]) > 1:
            raise ImporterError(
                f"{name} is page {header['page']} of {header['pages']}: "
                "ask for all on one page with per_page=20000."
            )
        if len(rows) != int(header["total"]):
            raise ImporterError(f"{name} holds {len(rows)} of {header['total']} values: download it again.")
        cells = [
            Cell(
                series=row["indicator"]["id"],
                country=row["countryiso3code"] or row["country"]["id"],
                year=row["date"],
                value="" if row["value"] is None else row["value"],
            )
            for row in rows
        ]
        if not all(isinstance(text, str) for cell in cells for text in cell):
            raise TypeError("a code or value is not text or number")
    except ImporterError:
        raise
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise ImporterError(
            f"{name} is not a whole answer of the World Bank's API v2 ({str(error)[:80]}): "
            "download it again with format=json."
        ) from None
    return cells, str(header.get("lastupdated") or "")[:10]


def parse_csv(content: str, name: str) -> tuple[list[Cell], str]:
    """The cells of the CSV in the World Bank's zip and the ISO date of its update. Raises ImporterError."""
    try:
        rows = [row for row in csv.reader(io.StringIO(content, newline=""), strict=True) if any(row)]
    except csv.Error as error:
        raise ImporterError(f"{name} is not whole CSV ({error}): download it again.") from None
    last_update = next((row[1] for row in rows if row[0] == "Last Updated Date" and len(row) > 1), "")
    start = next((position for position, row in enumerate(rows) if row[:1] == ["Country Name"]), None)
    if start is None or rows[start][1:4] != ["Country Code", "Indicator Name", "Indicator Code"]:
        raise ImporterError(
            f"{name}: the line of column names (Country Name, Country Code, Indicator Name, Indicator Code, "
            "years) is missing; download the CSV again."
        )
    match = re.match(r"\d{4}-\d\d-\d\d", last_update)
    return list(_iterate_cells(rows[start], rows[start + 1 :], name)), match[0] if match else ""


def _iterate_cells(header: list[str], rows: list[list[str]], name: str) -> Iterator[Cell]:
    for row in rows:
        if len(row) != len(header):
            raise ImporterError(
                f"{name}, {row[0][:40]!r}: {len(row)} columns where the header has {len(header)}; "
                "it is cut short, download it again."
            )
        for year, value in zip(header[4:], row[4:], strict=True):
            if year:
                yield Cell(row[3], row[1], year, value)


def get_download_url(id: str) -> str:
    """Address of an indicator. Raises ImporterError where it is not used here."""
    if id.upper() not in INDICATORS_BY_SERIES:
        raise ImporterError(f"{id} feeds no indicator here; use one of: {', '.join(INDICATORS_BY_SERIES)}.")
    return DOWNLOAD_URL.format(id=id.upper())
