"""Parses a file to verify, in any export format, to rows of text cells and a seal.

Input is untrusted: files that are too large, truncated or foreign raise UnknownFileError and nothing else.
"""

import csv
import hashlib
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from difflib import SequenceMatcher
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
from pyarrow import parquet

from ripresa.coverage import get_area_names
from ripresa.database.published_observation import KEY_COLUMNS
from ripresa.exports import formats, image_metadata
from ripresa.exports.export_table import COLUMNS, NUMERIC_COLUMNS
from ripresa.exports.seal import (
    OBSERVATION_FIELDS,
    Seal,
    checksum,
    checksum_row,
    deserialize_seal,
    normalize_cell,
    parse_seal,
    unescape_formula,
    unpack_rows,
)
from ripresa.i18n import t

MAX_FILE_BYTES = 25_000_000  # of the file and of its uncompressed content
MAX_COLUMNS = 200  # of a worksheet
EXCERPT_LENGTH = 60  # characters; longer texts are cut to where they differ
SPREADSHEET_NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
# Columns that a file without seal needs to be compared, as those of the API and of the pages have.
UNSEALED_COLUMNS = {*KEY_COLUMNS, *OBSERVATION_FIELDS, "data_version"}
SEALED_COLUMNS = {"citations", "check"}  # columns of files with a seal only
OPTIONAL_COLUMNS = {"role"}  # columns that older files do not have
FORMER_COLUMNS = {  # names before 1.0; the columns, their order and so their checks are the same
    "starts": "period_start",
    "low": "ci_low",
    "high": "ci_high",
    "interval_reason": "no_ci_reason",
    "n_note": "sample_size_note",
    "base": "population",
    "drawn_from": "published_geo",
}
DATE_COLUMNS = {"period_start", "starts"}
EMPTY_XML = b"<none/>"


@dataclass(frozen=True)
class Finding:
    """A finding: its kind (of the translation detail_<kind>) and the placeholders of its message."""

    kind: str
    placeholders: tuple[tuple[str, str], ...] = ()

    def format_message(self, lang: str) -> str:
        """The finding as a sentence."""
        values = {name: value or "–" for name, value in self.placeholders}
        if len(values.get("was", "")) > EXCERPT_LENGTH and "found" in values:
            values["found"], values["was"] = _excerpt_difference(values["found"], values["was"])
        if "geo" in values:
            values["geo"] = get_area_names(lang).get(values["geo"], values["geo"])
        return t(f"detail_{self.kind}", lang, **values)


@dataclass
class ParsedFile:
    """A parsed file: its rows as text cells, its seal, and findings of the parser."""

    rows: list[dict[str, str]] = field(default_factory=list)
    seal: Seal | None = None
    observations: list[tuple[str, ...]] | None = None
    findings: list[Finding] = field(default_factory=list)
    unsealed: bool = False  # a file of the API or of a page, which has no seal
    is_former: bool = False  # made before 1.0, with the names of that time


class UnknownFileError(Exception):
    """The file is none of this site's export formats."""


def parse_file(file: bytes, sidecar: bytes | None = None) -> ParsedFile:
    """An export in any format, with today's names of columns. Raises UnknownFileError."""
    parsed = _parse_by_format(file, sidecar)
    if parsed.is_former and parsed.seal and "columns" in parsed.seal:
        columns = {FORMER_COLUMNS.get(name, name): check for name, check in parsed.seal["columns"].items()}
        parsed.seal = {**parsed.seal, "columns": columns}
    return parsed


def _parse_by_format(file: bytes, sidecar: bytes | None) -> ParsedFile:
    if len(file) > MAX_FILE_BYTES:
        raise UnknownFileError("too large")
    if image_metadata.detect_image_format(file):
        return _parse_image(file)
    if file.startswith(b"PK\x03\x04"):
        return _parse_archive(file)
    if file.startswith(b"PAR1"):
        return _parse_parquet(file)
    if file.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{"):
        return _parse_json(file)
    return _parse_csv(file, sidecar)


def _parse_image(file: bytes) -> ParsedFile:
    try:
        seal = image_metadata.extract_seal(file)
        if seal is None and image_metadata.has_seal_marker(file):
            raise image_metadata.DamagedImageError("a seal that cannot be read")
        if seal is None:
            raise UnknownFileError("no seal")
        is_former = "observations" not in seal and "figures" in seal
        packed_rows = str(seal.get("figures" if is_former else "observations", ""))
        observations = unpack_rows(packed_rows)
        parsed = ParsedFile(seal=seal, observations=observations, is_former=is_former)
        if image_metadata.checksum_drawing(file) != seal.get("drawing"):
            parsed.findings += _compare_svg_texts(file, seal) or [Finding("drawing")]
    except (image_metadata.DamagedImageError, ValueError):
        if not image_metadata.has_seal_marker(file):
            raise UnknownFileError("damaged") from None
        return _build_damaged_file()
    if any(len(row) != len(KEY_COLUMNS) + len(OBSERVATION_FIELDS) for row in observations):
        return ParsedFile(seal=seal, observations=[], findings=[Finding("seal")])
    return parsed


def find_invalid_rows(rows: list[dict[str, str]]) -> list[int]:
    """The indices of the rows whose checksum does not match."""
    return [
        index
        for index, row in enumerate(rows)
        if checksum_row(row[name] for name in get_checksum_columns(row)) != row["check"]
    ]


def get_checksum_columns(row: dict[str, str]) -> list[str]:
    """The columns that the checksum of a row covers: those of the file, which may be an older one."""
    return [name for name in row if name != "check"]


def _build_damaged_file() -> ParsedFile:
    """The result for an export that is damaged beyond parsing."""
    return ParsedFile(
        seal={"version": "", "view": "", "fingerprint": ""}, observations=[], findings=[Finding("damaged")]
    )


def _compare_svg_texts(file: bytes, seal: Seal) -> list[Finding]:
    """The texts of an SVG that differ from those in its seal."""
    if image_metadata.detect_image_format(file) != "svg" or "texts" not in seal:
        return []
    was, now = image_metadata.decode_svg_texts(seal["texts"]), image_metadata.extract_svg_texts(file)
    changed = [
        step for step in SequenceMatcher(None, was, now, autojunk=False).get_opcodes() if step[0] != "equal"
    ]
    return [
        Finding("text", (("found", " / ".join(now[c:d])), ("was", " / ".join(was[a:b]))))
        for _, a, b, c, d in changed
    ]


def _parse_csv(file: bytes, sidecar: bytes | None = None) -> ParsedFile:
    try:
        text = file.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = file.decode("cp1252")  # saved again by a spreadsheet
        except UnicodeDecodeError:
            raise UnknownFileError("not text") from None
    head = text.partition("\n")[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    try:
        lines = [
            line
            for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
            if line
        ]
    except csv.Error:
        raise UnknownFileError("not a table") from None
    parsed = _parse_table(
        lines[0] if lines else [],
        ([unescape_formula(item) for item in line] for line in lines[1:]),
        decimal="," if delimiter == ";" else ".",
    )
    parsed.seal = _parse_sidecar(sidecar, parsed) if sidecar else None
    return parsed


def _parse_sidecar(sidecar: bytes, parsed: ParsedFile) -> Seal | None:
    """The seal in the CSVW metadata of a CSV; adds a finding where the metadata was changed."""
    try:
        descriptor = _load_json(sidecar)
        seal = deserialize_seal(descriptor["ripresa"])
    except (ValueError, TypeError, KeyError):
        return None
    if seal and seal.get("about") != formats.checksum_descriptor(descriptor):
        parsed.findings.append(Finding("about"))
    return seal


def _parse_table(head: list[str], lines: Iterable[Sequence[object]], decimal: str = ".") -> ParsedFile:
    """Rows of text cells. Raises UnknownFileError where the header is not that of an export."""
    head = [name.strip() for name in head]
    is_former = bool(FORMER_COLUMNS.keys() & set(head)) and not set(FORMER_COLUMNS.values()) & set(head)
    if is_former:
        head = [FORMER_COLUMNS.get(name, name) for name in head]
    names = [name for name in COLUMNS if name in head or name not in OPTIONAL_COLUMNS]
    missing = [name for name in names if name not in head]
    if len(missing) > len(COLUMNS) // 2 or not {"check", "data_version"} & set(head):
        raise UnknownFileError("other columns")
    unsealed = set(head) >= UNSEALED_COLUMNS and not SEALED_COLUMNS & set(head)
    parsed = ParsedFile(unsealed=unsealed, is_former=is_former)
    if missing and not parsed.unsealed:
        parsed.findings = [Finding("header", (("columns", ", ".join(missing)),))]
        parsed.observations = []  # the cells cannot be checked
    for line in lines:
        row = dict(zip(head, line, strict=False))
        parsed.rows.append({name: _normalize_cell(row.get(name, ""), name, decimal) for name in names})
        if len(line) != len(head):
            parsed.findings.append(Finding("width", (("row", str(len(parsed.rows) + 1)),)))
    return parsed


def _normalize_cell(value: object, name: str, decimal: str) -> str:
    if not isinstance(value, str):
        return normalize_cell(value)
    if name in NUMERIC_COLUMNS and value:
        try:
            return normalize_cell(float(value.replace(",", ".") if decimal == "," else value))
        except ValueError:
            return value
    if name == "period_start" and (day := re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", value)):
        return f"{day[3]}-{day[2]}-{day[1]}"
    return normalize_cell(value)


def _parse_archive(file: bytes) -> ParsedFile:
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_FILE_BYTES:
                raise UnknownFileError("too large")
            members = {
                member.filename: archive.read(member) for member in archive.infolist() if not member.is_dir()
            }
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        if b"datapackage.json" not in file and b"docProps/custom.xml" not in file:
            raise UnknownFileError("not a zip") from None
        return _build_damaged_file()
    return _parse_xlsx(members) if "xl/workbook.xml" in members else _parse_data_package(members)


def _parse_data_package(members: dict[str, bytes]) -> ParsedFile:
    try:
        descriptor = _load_json(members["datapackage.json"])
        seal = parse_seal(descriptor.get("ripresa"))
        table = str(descriptor["resources"][0]["path"])
    except (KeyError, ValueError, TypeError, IndexError, AttributeError):
        raise UnknownFileError("no description") from None
    if seal is None:
        raise UnknownFileError("no seal")
    parsed = _parse_csv(members[table]) if table in members else ParsedFile(observations=[])
    parsed.seal = seal
    if seal.get("about") != formats.checksum_descriptor(descriptor):
        parsed.findings.append(Finding("about"))
    sealed = seal.get("files") or {}
    for name in {**sealed, **members}:
        if name == "datapackage.json" or (
            name in members and hashlib.sha256(members[name]).hexdigest() == sealed.get(name)
        ):
            continue
        if name not in members:
            parsed.findings.append(Finding("member_absent", (("member", name),)))
        elif name != table:
            kind = "member" if name in sealed else "member_new"
            parsed.findings.append(Finding(kind, (("member", name),)))
    if (
        table in members
        and not parsed.findings
        and not find_invalid_rows(parsed.rows)
        and hashlib.sha256(members[table]).hexdigest() != sealed.get(table)
    ):
        parsed.findings.append(Finding("member", (("member", table),)))
    return parsed


def _parse_xlsx(members: dict[str, bytes]) -> ParsedFile:
    """A workbook: the first sheet is the table, the next two are metadata and notes."""
    try:
        seal_parts = _read_seal_properties(members.get("docProps/custom.xml", EMPTY_XML))
        seal = deserialize_seal("".join(seal_parts[name] for name in sorted(seal_parts)))
        sheets = _parse_worksheets(members)
    except (ElementTree.ParseError, ValueError, IndexError, KeyError):
        if b"ripresa_seal" in members.get("docProps/custom.xml", b""):
            return _build_damaged_file()
        raise UnknownFileError("not a workbook") from None
    if not sheets or not sheets[0]:
        raise UnknownFileError("empty")
    head, *lines = [
        [unescape_formula(item) if isinstance(item, str) else item for item in line] for line in sheets[0]
    ]
    names = [str(item) for item in head]
    parsed = _parse_table(names, (_convert_dates(names, line) for line in lines))
    parsed.seal = seal
    if seal is None:  # without properties, which some programs drop, the checksums of the rows remain
        parsed.findings += [Finding("seal")] if seal_parts else []
    elif seal.get("about") != formats.checksum_sheets(*map(_get_text_pairs, sheets[1:3])):
        parsed.findings.append(Finding("about"))
    return parsed


def _read_seal_properties(xml: bytes) -> dict[str, str]:
    """The custom properties with the parts of the seal."""
    properties = {
        item.get("name") or "": "".join(item.itertext())
        for item in ElementTree.fromstring(_reject_entities(xml))
    }
    return {name: text for name, text in properties.items() if name.startswith("ripresa_seal_")}


def _parse_worksheets(members: dict[str, bytes]) -> list[list[list[object]]]:
    """The rows of each sheet, in the order of the workbook."""
    shared_strings = [
        " ".join("".join(text.text or "" for text in item.iter(f"{SPREADSHEET_NAMESPACE}t")).split())
        for item in ElementTree.fromstring(_reject_entities(members.get("xl/sharedStrings.xml", EMPTY_XML)))
    ]
    matches = [re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", name) for name in sorted(members)]
    ordered = sorted((match for match in matches if match), key=lambda match: int(match[1]))
    return [_parse_worksheet(_reject_entities(members[match[0]]), shared_strings) for match in ordered]


def _convert_dates(names: list[str], line: list[object]) -> list[object]:
    """A line as long as the header, with the serial numbers of Excel as dates."""
    line = line + [""] * (len(names) - len(line))
    return [
        _parse_excel_date(item) if name in DATE_COLUMNS else item
        for name, item in zip(names, line, strict=False)
    ]


def _get_text_pairs(lines: list[list[object]]) -> list[tuple[str, str]]:
    """The first two cells of each line, as the checksum of metadata and notes covers them."""
    padded = ([str(item) for item in line[:2]] + ["", ""] for line in lines)
    return [(unescape_formula(line[0]), unescape_formula(line[1])) for line in padded]


def _reject_entities(xml: bytes) -> bytes:
    """The XML, unless it declares entities (ValueError): they could expand without limit."""
    if b"<!ENTITY" in xml:
        raise ValueError("entities")
    return xml


def _parse_worksheet(xml: bytes, shared_strings: list[str]) -> list[list[object]]:
    """The rows of a sheet: numbers as float, texts as str, missing as ""."""
    lines = []
    for row in ElementTree.fromstring(xml).iter(f"{SPREADSHEET_NAMESPACE}row"):
        line: list[object] = []
        for item in row.iter(f"{SPREADSHEET_NAMESPACE}c"):
            index = _parse_column_index(item.get("r") or "")
            if index > MAX_COLUMNS:
                raise ValueError("too wide")
            line += [""] * (index - len(line))
            value = item.find(f"{SPREADSHEET_NAMESPACE}v")
            text = value.text or "" if value is not None else ""
            if item.get("t") == "s":
                line.append(shared_strings[int(text)])
            elif item.get("t") == "inlineStr":
                line.append("".join(part.text or "" for part in item.iter(f"{SPREADSHEET_NAMESPACE}t")))
            else:
                line.append(float(text) if text and item.get("t") in (None, "n") else text)
        lines.append(line)
    return lines


def _parse_column_index(reference: str) -> int:
    """The index of the column of a cell reference: 0 for A1, 27 for AB3; -1 without letters."""
    number = 0
    for letter in reference:
        if not "A" <= letter <= "Z":
            break
        number = 26 * number + ord(letter) - 64
    return number - 1


def _parse_excel_date(item: object) -> object:
    """The date of a serial number of Excel; other cells unchanged."""
    if isinstance(item, float) and 0 < item < 200_000:
        return date(1899, 12, 30) + timedelta(days=int(item))
    return item


def _parse_parquet(file: bytes) -> ParsedFile:
    try:
        parquet_file = parquet.ParquetFile(io.BytesIO(file))
        content = parquet_file.metadata
        size = sum(content.row_group(index).total_byte_size for index in range(content.num_row_groups))
        if size > MAX_FILE_BYTES or content.num_rows > MAX_FILE_BYTES // 100:
            raise UnknownFileError("too large")
        table = parquet_file.read()
        metadata = table.schema.metadata or {}
        seal = deserialize_seal(metadata.get(b"ripresa", b"").decode("utf-8", "replace"))
        lines = list(zip(*(table[name].to_pylist() for name in table.column_names), strict=True))
    except (pa.ArrowException, OSError, ValueError, KeyError):
        if b"ripresa" in file:
            return _build_damaged_file()
        raise UnknownFileError("not Parquet") from None
    parsed = _parse_table(table.column_names, lines)
    parsed.seal = seal
    if seal is None:
        parsed.findings += [] if parsed.unsealed else [Finding("seal")]
    elif seal.get("about") != checksum(metadata.get(b"about", b"")):
        parsed.findings.append(Finding("about"))
    return parsed


def _load_json(text: bytes) -> Any:
    """A JSON document. Raises ValueError on anything else and on a lone surrogate, which has no checksum."""
    try:
        document = json.loads(text.decode("utf-8-sig"))
        json.dumps(document, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("too deep") from None
    return document


def _parse_json(file: bytes) -> ParsedFile:
    try:
        document = _load_json(file)
    except ValueError:
        if b'"ripresa"' in file:
            return _build_damaged_file()
        raise UnknownFileError("not JSON") from None
    if isinstance(document, dict) and document.get("class") == "dataset":
        return _parse_jsonstat(document)
    seal = parse_seal(document.get("seal")) if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(document.get("rows"), list):
        raise UnknownFileError("no rows")
    rows = [row if isinstance(row, dict) else {} for row in document["rows"]]
    head = list(dict.fromkeys(name for row in rows for name in row)) if rows else list(COLUMNS)
    parsed = _parse_table(head, ([row.get(name) for name in head] for row in rows))
    if seal is None and not parsed.unsealed:
        raise UnknownFileError("no seal")
    parsed.seal = seal
    if seal and seal.get("about") != formats.checksum_json_metadata(document):
        parsed.findings.append(Finding("about"))
    return parsed


def _parse_jsonstat(document: dict[str, Any]) -> ParsedFile:
    """JSON-stat of the API: one row per cell."""
    try:
        extension = document["extension"]
        is_former = "ci_low" not in extension and "low" in extension
        columns = {FORMER_COLUMNS.get(name, name): values for name, values in extension.items()}
        version = extension["data_version"]
        codes = [document["dimension"][name]["category"]["index"] for name in KEY_COLUMNS]
        rows = []
        for cell, value in document["value"].items():
            position, key = int(cell), []
            for dimension_codes in reversed(codes):
                position, index = divmod(position, len(dimension_codes))
                key.append(dimension_codes[index])
            if position:
                raise IndexError(cell)
            values = (
                value,
                *(columns[name].get(cell) for name in ("ci_low", "ci_high", "n")),
                columns["state"].get(cell, "ok"),
            )
            rows.append([*reversed(key), *values, version])
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, IndexError):
        raise UnknownFileError("another cube") from None
    names = (*KEY_COLUMNS, *OBSERVATION_FIELDS, "data_version")
    return ParsedFile(
        [
            dict.fromkeys(COLUMNS, "") | dict(zip(names, map(normalize_cell, row), strict=True))
            for row in rows
        ],
        unsealed=True,
        is_former=is_former,
    )


def _excerpt_difference(text: str, original: str) -> tuple[str, str]:
    """Excerpts of two long texts from shortly before their first difference."""
    letters = enumerate(zip(text, original, strict=False))
    difference = next((i for i, (a, b) in letters if a != b), min(len(text), len(original)))
    start = max(difference - EXCERPT_LENGTH // 3, 0)
    end = start + EXCERPT_LENGTH

    def excerpt(content: str) -> str:
        return ("…" if start else "") + content[start:end] + ("…" if end < len(content) else "")

    return excerpt(text), excerpt(original)
