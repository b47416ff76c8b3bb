"""Any CSV with our own columns (those of data/raw): semicolons and decimal commas are read too."""

import csv
import re
from dataclasses import replace
from pathlib import Path

from ripresa.database import build
from ripresa.importers import flags
from ripresa.importers.records import (
    IMPORT_COLUMNS,
    DroppedCells,
    DropReason,
    ImportBatch,
    ImporterError,
    ObservationRecord,
    compute_confidence_interval,
    remove_duplicates,
)
from ripresa.importers.text_files import TextFile

REQUIRED_COLUMNS = ("indicator", "geo", "period", "edition", "value", "unit", "publisher", "title")
ALLOWED_COLUMNS = (*IMPORT_COLUMNS, "se")
MAX_BYTES = 64 << 20


def read(text: TextFile, root: Path, source: str) -> ImportBatch:
    """The figures of a CSV with our columns, of one source family. Raises ImportFault."""
    if text.size > MAX_BYTES:
        raise ImporterError(f"{text.name} is larger than {MAX_BYTES >> 20} MB: split it.")
    dropped, figures = DroppedCells(), []
    with text.require_complete().path.open(encoding="utf-8-sig", newline="") as lines:
        delimiter = ";" if text.head.partition("\n")[0].count(";") > 3 else ","
        reader = csv.DictReader(lines, delimiter=delimiter, strict=True)
        try:
            _validate_header(reader.fieldnames or [], text.name)
            for line, row in enumerate(reader, start=2):
                if None in row or None in row.values():
                    raise ImporterError(
                        f"{text.name}, row {line}: {len(reader.fieldnames)} columns expected; a {delimiter!r} inside a text needs quotes around the text."
                    )
                figure = _parse_row(
                    {name: cell.strip() for name, cell in row.items()},
                    delimiter == ";",
                    f"{text.name}, row {line}",
                    text.file_date,
                )
                figures.append(figure) if isinstance(figure, ObservationRecord) else dropped.add(figure)
        except csv.Error as fault:
            raise ImporterError(
                f"{text.name}: not whole CSV ({fault}); save it again as CSV UTF-8."
            ) from None
    if not figures:
        raise ImporterError(f"{text.name} has no row with a value: nothing to import.")
    stem = re.sub(
        r"[^a-z0-9]+", "_", text.name.lower().removesuffix(".gz").removesuffix(".csv").split("__")[-1]
    ).strip("_")
    return ImportBatch(
        source, stem or "own", remove_duplicates(_resolve_codes(figures, root, text.name), text.name), dropped
    )


def has_native_header(text: TextFile) -> bool:
    """Whether the header is one of ours."""
    header = re.split(r"[,;]", text.head.partition("\n")[0].strip().replace('"', ""))
    return {"indicator", "geo", "edition", "publisher"} <= set(header)


def _validate_header(header: list[str], name: str) -> None:
    missing, unknown = (
        [one for one in REQUIRED_COLUMNS if one not in header],
        [one for one in header if one not in ALLOWED_COLUMNS],
    )
    if missing:
        raise ImporterError(
            f"{name}, row 1: column {', '.join(missing)} is missing; our columns are: {', '.join(ALLOWED_COLUMNS)}."
        )
    if unknown or len(set(header)) < len(header):
        twice = [one for one in header if header.count(one) > 1]
        raise ImporterError(
            f"{name}, row 1: column {(unknown or twice)[0]!r} is {'not one of ours' if unknown else 'there twice'}; our columns are: {', '.join(ALLOWED_COLUMNS)}."
        )


def _parse_row(row: dict[str, str], comma: bool, place: str, day: str) -> ObservationRecord | DropReason:
    """The figure of a row; an interval comes from ci_low and ci_high, or from se where the unit is percent."""
    said = {
        name: row[name].replace(",", ".")
        if comma and name in ("value", "ci_low", "ci_high", "se")
        else row[name]
        for name in row
    }
    try:
        number = flags.parse_cell_value(said.pop("value"), said.pop("flag", ""))
        if isinstance(number, DropReason):
            return number
        low, high = (
            compute_confidence_interval(number[0], said.pop("se", ""))
            if said.get("se") and not said.get("ci_low")
            else (said.get("ci_low", ""), said.get("ci_high", ""))
        )
    except ImporterError as fault:
        raise ImporterError(f"{place}: {fault}") from None
    said.pop("se", "")
    if not re.search(r"\d{4}-\d{2}-\d{2}", said.get("published", "")):
        said["published"] = (
            f"{said['published']}; file of {day}" if said.get("published") else f"file of {day}"
        )
    return ObservationRecord(
        **{
            **said,
            "status": said.get("status") or "ok",
            "value": number[0],
            "flag": number[1],
            "ci_low": low,
            "ci_high": high,
        }
    )


def _resolve_codes(figures: list[ObservationRecord], root: Path, name: str) -> list[ObservationRecord]:
    """The same figures, with the codes of their keys in our spelling, so that a repetition is seen; an unknown code is left for the build to name."""
    plurals = {
        "geo": "geographies",
        "sector": "sectors",
        "gender": "genders",
        "size": "sizes",
        "edition": "editions",
    }
    lists = {
        column: build.CodeList(root / "codes" / f"{plural}.csv").codes_by_alias
        for column, plural in plurals.items()
    }

    def ours(figure):
        return {
            column: names.get(getattr(figure, column), getattr(figure, column))
            for column, names in lists.items()
        }

    return [replace(figure, **ours(figure)) for figure in figures]
