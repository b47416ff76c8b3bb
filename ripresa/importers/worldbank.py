"""The World Bank's API v2: JSON, and the zip with a CSV that its pages offer."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

from ripresa.database import build
from ripresa.importers import flags
from ripresa.importers.records import (
    DroppedCells,
    DropReason,
    ImportBatch,
    ImporterError,
    ObservationRecord,
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

Cell = tuple[str, str, str, str]  # indicator id, country code, year, value as written


def read(text: TextFile, root: Path, table: str = "", since: str = "") -> ImportBatch:
    """The figures of a World Bank file. Raises ImportFault."""
    if text.size > MAX_BYTES:
        raise ImporterError(
            f"{text.name} is larger than {MAX_BYTES >> 20} MB: take one indicator, {' or '.join(INDICATORS_BY_SERIES)}."
        )
    content = text.path.read_text(encoding="utf-8-sig")
    found, updated = (
        parse_api_response(content, text.name)
        if content.lstrip().startswith(("[", "{"))
        else parse_csv(content, text.name)
    )
    countries = {
        row["code"]
        for row in build.CodeList(root / "codes" / "geographies.csv").rows
        if row["level"] == "country"
    }
    dropped, figures = DroppedCells(), []
    for id, country, year, value in found:
        figure = _build_observation(
            id, country, year, value, countries, since, updated or text.file_date, text.name
        )
        figures.append(figure) if isinstance(figure, ObservationRecord) else dropped.add(figure)
    if not figures:
        raise ImporterError(
            f"{text.name} holds no value of {' or '.join(INDICATORS_BY_SERIES)}: download one of these indicators."
        )
    table = "_".join(sorted({INDICATORS_BY_SERIES[id] for id, *_ in found if id in INDICATORS_BY_SERIES}))
    return ImportBatch(
        SOURCE,
        table,
        remove_duplicates(figures, text.name),
        dropped,
        [f"updated {updated}" if updated else f"file of {text.file_date}"],
    )


def _build_observation(
    id: str, country: str, year: str, value: str, countries: set[str], since: str, updated: str, name: str
) -> ObservationRecord | DropReason:
    if id not in INDICATORS_BY_SERIES:
        return DropReason("indicator not used here", id)
    if country not in countries:
        return DropReason(
            "groups of countries and areas not in data/codes/geographies.csv", country or "without a code"
        )
    if not re.fullmatch(r"\d{4}", year):
        return DropReason("period is not a year", year)
    if year < since:
        return DropReason(f"before {since}")
    try:
        number = flags.parse_cell_value(value)
    except ImporterError as fault:
        raise ImporterError(f"{name}, {id} of {country}, {year}: {fault}") from None
    if isinstance(number, DropReason):
        return number
    return ObservationRecord(
        indicator=INDICATORS_BY_SERIES[id],
        geo=country,
        period=year,
        edition="wbes",
        value=round_single_precision(number[0]),
        unit="percent",
        population="formal private firms with 5 or more employees, survey weights",
        publisher="World Bank",
        title=f"World Development Indicators ({id})",
        published=f"updated {updated}",
        url=INDICATOR_URL.format(id=id),
    )


def round_single_precision(value: str) -> str:
    """Without the tail that single precision leaves: '27.8999996185303' is 27.9."""
    return value if len(value.partition(".")[2]) <= 5 else flags.normalize_decimal(f"{float(value):.6g}")


def parse_api_response(content: str, name: str) -> tuple[list[Cell], str]:
    """The cells of an API answer and its day of update. Raises ImportFault."""
    try:
        answer = json.loads(content, parse_float=str, parse_int=str)
        if isinstance(answer, list) and answer and isinstance(answer[0], dict) and "message" in answer[0]:
            raise ImporterError(
                f"{name} is a refusal ({answer[0]['message'][0]['value']}): check the indicator and ask again."
            )
        about, rows = answer
        if int(about["pages"]) > 1:
            raise ImporterError(
                f"{name} is page {about['page']} of {about['pages']}: ask for all on one page with per_page=20000."
            )
        if len(rows) != int(about["total"]):
            raise ImporterError(f"{name} holds {len(rows)} of {about['total']} values: download it again.")
        found = [
            (
                row["indicator"]["id"],
                row["countryiso3code"] or row["country"]["id"],
                row["date"],
                "" if row["value"] is None else row["value"],
            )
            for row in rows
        ]
        if not all(isinstance(word, str) for cell in found for word in cell):
            raise TypeError("a code or value is not text or number")
    except ImporterError:
        raise
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as fault:
        raise ImporterError(
            f"{name} is not a whole answer of the World Bank's API v2 ({str(fault)[:80]}): download it again with format=json."
        ) from None
    return found, str(about.get("lastupdated") or "")[:10]


def parse_csv(content: str, name: str) -> tuple[list[Cell], str]:
    """The cells of the CSV in the World Bank's zip and its day of update. Raises ImportFault."""
    try:
        rows = [row for row in csv.reader(io.StringIO(content, newline=""), strict=True) if any(row)]
    except csv.Error as fault:
        raise ImporterError(f"{name} is not whole CSV ({fault}): download it again.") from None
    updated = next((row[1] for row in rows if row[0] == "Last Updated Date" and len(row) > 1), "")
    start = next((place for place, row in enumerate(rows) if row[:1] == ["Country Name"]), None)
    if start is None or rows[start][1:4] != ["Country Code", "Indicator Name", "Indicator Code"]:
        raise ImporterError(
            f"{name}: the line of column names (Country Name, Country Code, Indicator Name, Indicator Code, years) is missing; download the CSV again."
        )
    return list(_iterate_cells(rows[start], rows[start + 1 :], name)), updated[:10] if re.match(
        r"\d{4}-\d\d-\d\d", updated
    ) else ""


def _iterate_cells(header: list[str], rows: list[list[str]], name: str) -> Iterator[Cell]:
    for row in rows:
        if len(row) != len(header):
            raise ImporterError(
                f"{name}, {row[0][:40]!r}: {len(row)} columns where the header has {len(header)}; it is cut short, download it again."
            )
        yield from ((row[3], row[1], year, value) for year, value in zip(header[4:], row[4:]) if year)


def address(id: str) -> str:
    """Where an indicator is downloaded."""
    if id.upper() not in INDICATORS_BY_SERIES:
        raise ImporterError(f"{id} feeds no indicator here; use one of: {', '.join(INDICATORS_BY_SERIES)}.")
    return DOWNLOAD_URL.format(id=id.upper())
