"""Files as verify reads them: any of our formats, from a stranger, back to rows of text cells and a seal.

Nothing here is trusted: what is too large, not whole or not ours is said, never raised further than NotOurs.
"""

import csv
import hashlib
import io
import json
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from datetime import date, timedelta
from difflib import SequenceMatcher
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.parquet as parquet

from ripresa.coverage import get_area_names
from ripresa.database.published_observation import KEY_COLUMNS
from ripresa.exports import formats, image_metadata
from ripresa.exports import seal as fingerprint
from ripresa.exports.export_table import COLUMNS, NUMERIC_COLUMNS
from ripresa.exports.seal import OBSERVATION_FIELDS, normalize_cell
from ripresa.i18n import t

MAX_FILE_BYTES = 25_000_000  # bytes of a file, unpacked too
MAX_COLUMNS = 200  # columns of a sheet
EXCERPT_LENGTH = 60  # characters of a text that are said whole
SPREADSHEET_NAMESPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
UNSEALED_COLUMNS = {
    *KEY_COLUMNS,
    *OBSERVATION_FIELDS,
    "data_version",
}  # what a file without seal must say to be compared: those of the open data routes and of the pages do
SEALED_COLUMNS = {"citations", "check"}  # columns that come with a seal alone
OPTIONAL_COLUMNS = {"role"}  # columns that files taken in earlier days do not have
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


@dataclass(frozen=True)
class Finding:
    """One finding: its kind (a phrase of words.toml, detail_<kind>) and the words in it."""

    kind: str
    placeholders: tuple[tuple[str, str], ...] = ()

    def format_message(self, lang: str) -> str:
        """The finding in words."""
        values = {name: value or "–" for name, value in self.placeholders}
        if len(values.get("was", "")) > EXCERPT_LENGTH and "found" in values:
            values["found"], values["was"] = _excerpt_difference(values["found"], values["was"])
        if "geo" in values:
            values["geo"] = get_area_names(lang).get(values["geo"], values["geo"])
        return t(f"detail_{self.kind}", lang, **values)


@dataclass
class ParsedFile:
    """A file as read: its rows as text cells, its seal, and what was found wrong on the way."""

    rows: list[dict[str, str]] = field(default_factory=list)
    seal: dict | None = None
    observations: list[tuple[str, ...]] | None = None
    findings: list[Finding] = field(default_factory=list)
    unsealed: bool = False  # as the open data routes and the pages give it: there is no seal to miss
    is_former: bool = False  # made before 1.0, with the names of that time


class UnknownFileError(Exception):
    """The file holds nothing that this site writes."""


def parse_file(file: bytes, sidecar: bytes | None = None) -> ParsedFile:
    """A file of ours, whatever its format, with the names of today. Raises UnknownFileError."""
    parsed = _parse_by_format(file, sidecar)
    if parsed.is_former and parsed.seal and "columns" in parsed.seal:
        columns = {FORMER_COLUMNS.get(name, name): check for name, check in parsed.seal["columns"].items()}
        parsed.seal = parsed.seal | {"columns": columns}
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
    return (
        _parse_json(file)
        if file.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{")
        else _parse_csv(file, sidecar)
    )


def _parse_image(file: bytes) -> ParsedFile:
    try:
        seal = image_metadata.extract_seal(file)
        if seal is None:
            raise (
                image_metadata.DamagedImageError("a seal that cannot be read")
                if image_metadata.has_seal_marker(file)
                else UnknownFileError("no seal")
            )
        is_former = "observations" not in seal and "figures" in seal
        packed_rows = str(seal.get("figures" if is_former else "observations", ""))
        found = ParsedFile(seal=seal, observations=fingerprint.unpack_rows(packed_rows), is_former=is_former)
        if image_metadata.checksum_drawing(file) != seal.get("drawing"):
            found.findings += _compare_svg_texts(file, seal) or [Finding("drawing")]
    except (image_metadata.DamagedImageError, ValueError):
        if not image_metadata.has_seal_marker(file):
            raise UnknownFileError("damaged") from None
        return _build_damaged_file()
    if any(len(row) != len(KEY_COLUMNS) + len(OBSERVATION_FIELDS) for row in found.observations):
        return ParsedFile(seal=seal, observations=[], findings=[Finding("seal")])
    return found


def find_invalid_rows(rows: list[dict[str, str]]) -> list[int]:
    """The places of the rows whose check does not hold."""
    return [
        place
        for place, row in enumerate(rows)
        if fingerprint.checksum_row(row[name] for name in get_checksum_columns(row)) != row["check"]
    ]


def get_checksum_columns(row: dict[str, str]) -> list[str]:
    """The columns that the check of a row is of: those of the day it was taken."""
    return [name for name in row if name != "check"]


def _build_damaged_file() -> ParsedFile:
    """A file that was ours and cannot be read whole."""
    return ParsedFile(
        seal={"version": "", "view": "", "fingerprint": ""}, observations=[], findings=[Finding("damaged")]
    )


def _compare_svg_texts(file: bytes, seal: dict) -> list[Finding]:
    """The words of an SVG that are not those it left with."""
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
    mark = ";" if head.count(";") > head.count(",") else ","
    try:
        lines = [
            line for line in csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True) if line
        ]
    except csv.Error:
        raise UnknownFileError("not a table") from None
    found = _parse_table(
        lines[0] if lines else [],
        ([fingerprint.unescape_formula(item) for item in line] for line in lines[1:]),
        decimal="," if mark == ";" else ".",
    )
    found.seal = _parse_sidecar(sidecar, found) if sidecar else None
    return found


def _parse_sidecar(beside: bytes, found: ParsedFile) -> dict | None:
    try:
        described = _load_json(beside)
        seal = fingerprint.loads(described["ripresa"])
    except (ValueError, TypeError, KeyError):
        return None
    if seal and seal.get("about") != formats.checksum_descriptor(described):
        found.findings.append(Finding("about"))
    return seal


def _parse_table(head: list[str], lines, decimal: str = ".") -> ParsedFile:
    """Rows of text cells under our header. Raises NotOurs where the header is not ours."""
    head = [name.strip() for name in head]
    is_former = bool(FORMER_COLUMNS.keys() & set(head)) and not set(FORMER_COLUMNS.values()) & set(head)
    if is_former:
        head = [FORMER_COLUMNS.get(name, name) for name in head]
    names = [name for name in COLUMNS if name in head or name not in OPTIONAL_COLUMNS]
    missing = [name for name in names if name not in head]
    if len(missing) > len(COLUMNS) // 2 or not {"check", "data_version"} & set(head):
        raise UnknownFileError("other columns")
    unsealed = set(head) >= UNSEALED_COLUMNS and not SEALED_COLUMNS & set(head)
    found = ParsedFile(unsealed=unsealed, is_former=is_former)
    if missing and not found.unsealed:
        found.findings, found.observations = (
            [Finding("header", (("columns", ", ".join(missing)),))],
            [],
        )  # nothing more can be said of its cells
    for line in lines:
        line = list(line)
        row = dict.fromkeys(names, "") | {name: value for name, value in zip(head, line) if name in names}
        found.rows.append({name: _normalize_cell(row[name], name, decimal) for name in names})
        if len(line) != len(head):
            found.findings.append(Finding("width", (("row", str(len(found.rows) + 1)),)))
    return found


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
        described = _load_json(members["datapackage.json"])
        seal = fingerprint.parse_seal(described.get("ripresa"))
        table = str(described["resources"][0]["path"])
    except (KeyError, ValueError, TypeError, IndexError, AttributeError):
        raise UnknownFileError("no description") from None
    if seal is None:
        raise UnknownFileError("no seal")
    found = _parse_csv(members[table]) if table in members else ParsedFile(observations=[])
    found.seal = seal
    if seal.get("about") != formats.checksum_descriptor(described):
        found.findings.append(Finding("about"))
    sealed = seal.get("files") or {}
    for name in {**sealed, **members}:
        if name == "datapackage.json" or (
            name in members and hashlib.sha256(members[name]).hexdigest() == sealed.get(name)
        ):
            continue
        if name != table or name not in members:
            found.findings.append(
                Finding(
                    "member_absent" if name not in members else "member" if name in sealed else "member_new",
                    (("member", name),),
                )
            )
    if (
        table in members
        and not found.findings
        and not find_invalid_rows(found.rows)
        and hashlib.sha256(members[table]).hexdigest() != sealed.get(table)
    ):
        found.findings.append(Finding("member", (("member", table),)))
    return found


def _parse_xlsx(members: dict[str, bytes]) -> ParsedFile:
    """A workbook read with the standard library: the first sheet is the table."""
    try:
        properties = ElementTree.fromstring(_reject_entities(members.get("docProps/custom.xml", b"<none/>")))
        parts = {
            item.get("name"): "".join(item.itertext())
            for item in properties
            if (item.get("name") or "").startswith("ripresa_seal_")
        }
        seal = fingerprint.loads("".join(parts[name] for name in sorted(parts)))
        shared = [
            " ".join("".join(text.text or "" for text in item.iter(f"{SPREADSHEET_NAMESPACE}t")).split())
            for item in ElementTree.fromstring(
                _reject_entities(members.get("xl/sharedStrings.xml", b"<none/>"))
            )
        ]
        sheets = [
            _parse_worksheet(_reject_entities(members[name]), shared)
            for name in sorted(
                (name for name in members if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)),
                key=lambda name: int(re.search(r"\d+", name)[0]),
            )
        ]
    except (ElementTree.ParseError, ValueError, IndexError, KeyError):
        return (
            _build_damaged_file()
            if b"ripresa_seal" in members.get("docProps/custom.xml", b"")
            else _raise(UnknownFileError("not a workbook"))
        )
    if not sheets or not sheets[0]:
        raise UnknownFileError("empty")
    lines = [
        [fingerprint.unescape_formula(item) if isinstance(item, str) else item for item in line]
        for line in sheets[0]
    ]
    head = [str(item) for item in lines[0]]
    found = _parse_table(
        head,
        (
            [
                _parse_excel_date(item) if name in DATE_COLUMNS else item
                for name, item in zip(head, line + [""] * (len(head) - len(line)))
            ]
            for line in lines[1:]
        ),
    )
    found.seal = seal
    if seal is None and not parts:
        return found  # saved again by a program that drops the properties: the checks of the rows remain
    if seal is None:
        found.findings.append(Finding("seal"))
        return found
    beside = [
        [(str(line[0]) if line else "", str(line[1]) if len(line) > 1 else "") for line in sheet]
        for sheet in sheets[1:3]
    ]
    if seal.get("about") != formats.checksum_sheets(
        *(
            [(fingerprint.unescape_formula(a), fingerprint.unescape_formula(b)) for a, b in lines]
            for lines in beside
        )
    ):
        found.findings.append(Finding("about"))
    return found


def _raise(fault: Exception):
    raise fault


def _reject_entities(xml: bytes) -> bytes:
    if b"<!ENTITY" in xml:
        raise ValueError("entities")
    return xml


def _parse_worksheet(xml: bytes, shared: list[str]) -> list[list[object]]:
    """The rows of a sheet: numbers as float, texts as str, missing as ""."""
    lines = []
    for row in ElementTree.fromstring(xml).iter(f"{SPREADSHEET_NAMESPACE}row"):
        line: list[object] = []
        for item in row.iter(f"{SPREADSHEET_NAMESPACE}c"):
            place = _parse_column_index(item.get("r") or "")
            if place > MAX_COLUMNS:
                raise ValueError("too wide")
            line += [""] * (place - len(line))
            value = item.find(f"{SPREADSHEET_NAMESPACE}v")
            said = value.text or "" if value is not None else ""
            if item.get("t") == "s":
                line.append(shared[int(said)])
            elif item.get("t") == "inlineStr":
                line.append("".join(text.text or "" for text in item.iter(f"{SPREADSHEET_NAMESPACE}t")))
            else:
                line.append(float(said) if said and item.get("t") in (None, "n") else said)
        lines.append(line)
    return lines


def _parse_column_index(reference: str) -> int:
    number = 0
    for letter in re.match(r"[A-Z]*", reference)[0]:
        number = 26 * number + ord(letter) - 64
    return number - 1


def _parse_excel_date(item: object) -> object:
    return (
        date(1899, 12, 30) + timedelta(days=int(item))
        if isinstance(item, float) and 0 < item < 200_000
        else item
    )


def _parse_parquet(file: bytes) -> ParsedFile:
    try:
        opened = parquet.ParquetFile(io.BytesIO(file))
        if (
            sum(
                opened.metadata.row_group(place).total_byte_size
                for place in range(opened.metadata.num_row_groups)
            )
            > MAX_FILE_BYTES
            or opened.metadata.num_rows > MAX_FILE_BYTES // 100
        ):
            raise UnknownFileError("too large")
        table = opened.read()
        metadata = table.schema.metadata or {}
        seal = fingerprint.loads(metadata.get(b"ripresa", b"").decode("utf-8", "replace"))
        lines = list(zip(*(table[name].to_pylist() for name in table.column_names)))
    except (pa.ArrowException, OSError, ValueError, KeyError):
        return _build_damaged_file() if b"ripresa" in file else _raise(UnknownFileError("not Parquet"))
    found = _parse_table(
        table.column_names, ([None if item is None else item for item in line] for line in lines)
    )
    found.seal = seal
    if seal.get("about") != fingerprint.checksum(metadata.get(b"about", b"")) if seal else not found.unsealed:
        found.findings.append(Finding("about" if seal else "seal"))
    return found


def _load_json(text: bytes) -> object:
    """A JSON document. Raises ValueError on anything else, and on half a letter (\\ud800), of which no check can be made."""
    try:
        whole = json.loads(text.decode("utf-8-sig"))
        json.dumps(whole, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("too deep") from None
    return whole


def _parse_json(file: bytes) -> ParsedFile:
    try:
        whole = _load_json(file)
    except ValueError:
        return _build_damaged_file() if b'"ripresa"' in file else _raise(UnknownFileError("not JSON"))
    if isinstance(whole, dict) and whole.get("class") == "dataset":
        return _parse_jsonstat(whole)
    seal = fingerprint.parse_seal(whole.get("seal")) if isinstance(whole, dict) else None
    if not isinstance(whole, dict) or not isinstance(whole.get("rows"), list):
        raise UnknownFileError("no rows")
    rows = [row if isinstance(row, dict) else {} for row in whole["rows"]]
    head = list(dict.fromkeys(name for row in rows for name in row)) if rows else list(COLUMNS)
    found = _parse_table(head, ([row.get(name) for name in head] for row in rows))
    if seal is None and not found.unsealed:
        raise UnknownFileError("no seal")
    found.seal = seal
    if seal and seal.get("about") != formats.checksum_json_metadata(whole):
        found.findings.append(Finding("about"))
    return found


def _parse_jsonstat(whole: dict) -> ParsedFile:
    """JSON-stat of the open data routes: one row a cell."""
    try:
        extension = whole["extension"]
        is_former = "ci_low" not in extension and "low" in extension
        beside = {FORMER_COLUMNS.get(name, name): values for name, values in extension.items()}
        version = extension["data_version"]
        codes = [whole["dimension"][name]["category"]["index"] for name in KEY_COLUMNS]
        rows = []
        for place, value in whole["value"].items():
            inside, key = int(place), []
            for have in reversed(codes):
                inside, at = divmod(inside, len(have))
                key.append(have[at])
            if inside:
                raise IndexError(place)
            figures = (
                value,
                *(beside[name].get(place) for name in ("ci_low", "ci_high", "n")),
                beside["state"].get(place, "ok"),
            )
            rows.append([*reversed(key), *figures, version])
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, IndexError):
        raise UnknownFileError("another cube") from None
    return ParsedFile(
        [
            dict.fromkeys(COLUMNS, "")
            | {
                name: normalize_cell(item)
                for name, item in zip((*KEY_COLUMNS, *OBSERVATION_FIELDS, "data_version"), row)
            }
            for row in rows
        ],
        unsealed=True,
        is_former=is_former,
    )


def _excerpt_difference(found: str, was: str) -> tuple[str, str]:
    """Where two long texts part, with a few letters around."""
    start = next((place for place, (a, b) in enumerate(zip(found, was)) if a != b), min(len(found), len(was)))
    cut = max(start - EXCERPT_LENGTH // 3, 0)
    return tuple(
        ("…" if cut else "")
        + text[cut : cut + EXCERPT_LENGTH]
        + ("…" if cut + EXCERPT_LENGTH < len(text) else "")
        for text in (found, was)
    )
