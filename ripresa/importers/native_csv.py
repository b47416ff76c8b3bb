"""A CSV in the project's own columns (those of data/raw); semicolons and decimal commas are accepted too."""

import csv
import re
from collections.abc import Iterator, Sequence
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
DECIMAL_COLUMNS = frozenset(("value", "ci_low", "ci_high", "se"))
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
    codes = {
        column: CodeList(root / "codes" / f"{name}.csv").codes_by_alias for column, name in CODE_LISTS.items()
    }
    dropped, observations = DroppedCells(), []
    for location, values in _iterate_rows(text):
        # With aliases replaced by codes duplicates are detected. The build rejects unknown codes.
        values |= {
            column: codes[column].get(values[column], values[column]) for column in codes if column in values
        }
        with error_location(location):
            observation = _parse_row(values, text.file_date)
        if isinstance(observation, DropReason):
            dropped.add(observation)
        else:
            observations.append(observation)
    if not observations:
        raise ImporterError(f"{text.name} has no row with a value: nothing to import.")
    table = slugify(text.name.lower().removesuffix(".gz").removesuffix(".csv").split("__")[-1])
    return ImportBatch(options.source, table or "own", remove_duplicates(observations, text.name), dropped)


def has_native_header(text: TextFile) -> bool:
    """Whether the header has the project's own columns."""
    columns = re.split(r"[,;]", text.first_line.strip().replace('"', ""))
    return {"indicator", "geo", "edition", "publisher"} <= set(columns)


def get_download_url(id: str) -> str:
    """Raises ImporterError: no address follows from the name of such a file."""
    raise ImporterError(
        f"{id} is not an address: a CSV with our own columns is downloaded from an https address."
    )


def _iterate_rows(text: TextFile) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows by column, without outer spaces and decimal commas, each with its place in the file."""
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
                    for column in values.keys() & DECIMAL_COLUMNS:
                        values[column] = values[column].replace(",", ".")
                yield location, values
        except csv.Error as error:
            raise ImporterError(
                f"{text.name}: not whole CSV ({error}); save it again as CSV UTF-8."
            ) from None


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
