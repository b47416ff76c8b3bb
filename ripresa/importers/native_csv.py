"""A CSV in the project's own columns (those of data/raw); semicolons and decimal commas are accepted too."""

import csv
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ripresa.database.code_lists import CodeList
from ripresa.importers import flags
from ripresa.importers.records import (
    IMPORT_COLUMNS,
    DroppedCells,
    DropReason,
    ImportBatch,
    ImporterError,
    ObservationRecord,
    ReadOptions,
    compute_confidence_interval,
    error_location,
    remove_duplicates,
    slugify,
)
from ripresa.importers.text_files import TextFile

REQUIRED_COLUMNS = ("indicator", "geo", "period", "edition", "value", "unit", "publisher", "title")
ALLOWED_COLUMNS = (*IMPORT_COLUMNS, "se")
DECIMAL_COLUMNS = ("value", "ci_low", "ci_high", "se")
CODE_LISTS = {
    "geo": "geographies",
    "sector": "sectors",
    "gender": "genders",
    "size": "sizes",
    "edition": "editions",
}
ACCEPT = "*/*"
MAX_BYTES = 64 << 20


def read(text: TextFile, root: Path, options: ReadOptions) -> ImportBatch:
    """The observations of a CSV in the project's own columns, of options.source. Raises ImporterError."""
    text.require_size(MAX_BYTES, "split it")
    dropped, observations = DroppedCells(), []
    with text.require_complete().path.open(encoding="utf-8-sig", newline="") as lines:
        delimiter = ";" if text.first_line.count(";") > 3 else ","
        reader = csv.DictReader(lines, delimiter=delimiter, strict=True)
        try:
            columns = reader.fieldnames or []
            _validate_header(columns, text.name)
            for number, row in enumerate(reader, start=2):
                location = f"{text.name}, row {number}"
                if None in row or None in row.values():
                    raise ImporterError(
                        f"{location}: {len(columns)} columns expected; "
                        f"a {delimiter!r} inside a text needs quotes around the text."
                    )
                values = {column: cell.strip() for column, cell in row.items()}
                if delimiter == ";":
                    values |= {
                        column: values[column].replace(",", ".")
                        for column in DECIMAL_COLUMNS
                        if column in values
                    }
                with error_location(location):
                    observation = _parse_row(values, text.file_date)
                if isinstance(observation, DropReason):
                    dropped.add(observation)
                else:
                    observations.append(observation)
        except csv.Error as error:
            raise ImporterError(
                f"{text.name}: not whole CSV ({error}); save it again as CSV UTF-8."
            ) from None
    if not observations:
        raise ImporterError(f"{text.name} has no row with a value: nothing to import.")
    table = slugify(text.name.lower().removesuffix(".gz").removesuffix(".csv").split("__")[-1])
    observations = remove_duplicates(_resolve_codes(observations, root), text.name)
    return ImportBatch(options.source, table or "own", observations, dropped)


def has_native_header(text: TextFile) -> bool:
    """Whether the header has the project's own columns."""
    columns = re.split(r"[,;]", text.first_line.strip().replace('"', ""))
    return {"indicator", "geo", "edition", "publisher"} <= set(columns)


def get_download_url(id: str) -> str:
    """Raises ImporterError: no address follows from the name of such a file."""
    raise ImporterError(
        f"{id} is not an address: a CSV with our own columns is downloaded from an https address."
    )


def _validate_header(columns: Sequence[str], name: str) -> None:
    allowed = f"our columns are: {', '.join(ALLOWED_COLUMNS)}."
    missing = [column for column in REQUIRED_COLUMNS if column not in columns]
    unknown = [column for column in columns if column not in ALLOWED_COLUMNS]
    repeated = [column for column in columns if columns.count(column) > 1]
    if missing:
        raise ImporterError(f"{name}, row 1: column {', '.join(missing)} is missing; {allowed}")
    if unknown:
        raise ImporterError(f"{name}, row 1: column {unknown[0]!r} is not one of ours; {allowed}")
    if repeated:
        raise ImporterError(f"{name}, row 1: column {repeated[0]!r} is there twice; {allowed}")


def _parse_row(values: dict[str, str], file_date: str) -> ObservationRecord | DropReason:
    """The observation of a row.

    Its interval comes from ci_low and ci_high, or from the standard error `se` where ci_low is empty.
    """
    number = flags.parse_cell_value(values.pop("value"), values.pop("flag", ""))
    if isinstance(number, DropReason):
        return number
    value, flag = number
    error = values.pop("se", "")
    if error and not values.get("ci_low"):
        values["ci_low"], values["ci_high"] = compute_confidence_interval(value, error)
    published = values.get("published", "")
    if not re.search(r"\d{4}-\d{2}-\d{2}", published):
        values["published"] = f"{published}; file of {file_date}" if published else f"file of {file_date}"
    values["status"] = values.get("status") or "ok"
    return ObservationRecord(value=value, flag=flag, **values)


def _resolve_codes(observations: list[ObservationRecord], root: Path) -> list[ObservationRecord]:
    """The observations with aliases replaced by codes, so that duplicates are detected.

    An unknown code is left for the build to reject.
    """
    codes = {
        column: CodeList(root / "codes" / f"{name}.csv").codes_by_alias for column, name in CODE_LISTS.items()
    }
    resolved = []
    for observation in observations:
        texts = {column: getattr(observation, column) for column in codes}
        resolved.append(
            replace(observation, **{column: codes[column].get(text, text) for column, text in texts.items()})
        )
    return resolved
