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
from functools import lru_cache
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.parquet as parquet

from ripresa.database import query
from ripresa.database.build import KEY
from ripresa.exports import formats, image_metadata
from ripresa.exports import seal as fingerprint
from ripresa.exports.export_table import COLUMNS, NUMBERS
from ripresa.exports.seal import FIGURES, cell
from ripresa.i18n import t

MOST = 25_000_000  # bytes of a file, unpacked too
WIDEST = 200  # columns of a sheet
EXCERPT = 60  # characters of a text that are said whole
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
UNSEALED = {
    *KEY,
    *FIGURES,
    "data_version",
}  # what a file without seal must say to be compared: those of the open data routes and of the pages do
SEALED = {"citations", "check"}  # columns that come with a seal alone
LATER = {"role"}  # columns that files taken in earlier days do not have


@dataclass(frozen=True)
class Detail:
    """One finding: its kind (a phrase of words.toml, detail_<kind>) and the words in it."""

    kind: str
    words: tuple[tuple[str, str], ...] = ()

    def sentence(self, lang: str) -> str:
        """The finding in words."""
        values = {name: value or "–" for name, value in self.words}
        if len(values.get("was", "")) > EXCERPT and "found" in values:
            values["found"], values["was"] = _excerpt(values["found"], values["was"])
        if "geo" in values:
            values["geo"] = _names(lang).get(values["geo"], values["geo"])
        return t(f"detail_{self.kind}", lang, **values)


@dataclass
class Read:
    """A file as read: its rows as text cells, its seal, and what was found wrong on the way."""

    rows: list[dict[str, str]] = field(default_factory=list)
    seal: dict | None = None
    figures: list[tuple[str, ...]] | None = None
    faults: list[Detail] = field(default_factory=list)
    unsealed: bool = False  # as the open data routes and the pages give it: there is no seal to miss


class NotOurs(Exception):
    """The file holds nothing that this site writes."""


def read(file: bytes, beside: bytes | None = None) -> Read:
    """A file of ours, whatever its format. Raises NotOurs."""
    if len(file) > MOST:
        raise NotOurs("too large")
    if image_metadata.kind(file):
        return _image(file)
    if file.startswith(b"PK\x03\x04"):
        return _archive(file)
    if file.startswith(b"PAR1"):
        return _parquet(file)
    return _json(file) if file.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") else _csv(file, beside)


def _image(file: bytes) -> Read:
    try:
        seal = image_metadata.take(file)
        if seal is None:
            raise (
                image_metadata.Damaged("a seal that cannot be read")
                if image_metadata.marked(file)
                else NotOurs("no seal")
            )
        found = Read(seal=seal, figures=fingerprint.unpack(str(seal.get("observations", ""))))
        if image_metadata.drawing(file) != seal.get("drawing"):
            found.faults += _texts(file, seal) or [Detail("drawing")]
    except (image_metadata.Damaged, ValueError):
        if not image_metadata.marked(file):
            raise NotOurs("damaged") from None
        return _damaged()
    if any(len(row) != len(KEY) + len(FIGURES) for row in found.figures):
        return Read(seal=seal, figures=[], faults=[Detail("seal")])
    return found


def wrong_rows(rows: list[dict[str, str]]) -> list[int]:
    """The places of the rows whose check does not hold."""
    return [
        place
        for place, row in enumerate(rows)
        if fingerprint.row_check(row[name] for name in checked(row)) != row["check"]
    ]


def checked(row: dict[str, str]) -> list[str]:
    """The columns that the check of a row is of: those of the day it was taken."""
    return [name for name in row if name != "check"]


def _damaged() -> Read:
    """A file that was ours and cannot be read whole."""
    return Read(seal={"version": "", "view": "", "fingerprint": ""}, figures=[], faults=[Detail("damaged")])


def _texts(file: bytes, seal: dict) -> list[Detail]:
    """The words of an SVG that are not those it left with."""
    if image_metadata.kind(file) != "svg" or "texts" not in seal:
        return []
    was, now = image_metadata.listed(seal["texts"]), image_metadata.texts(file)
    changed = [
        step for step in SequenceMatcher(None, was, now, autojunk=False).get_opcodes() if step[0] != "equal"
    ]
    return [
        Detail("text", (("found", " / ".join(now[c:d])), ("was", " / ".join(was[a:b]))))
        for _, a, b, c, d in changed
    ]


def _csv(file: bytes, beside: bytes | None = None) -> Read:
    try:
        text = file.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = file.decode("cp1252")  # saved again by a spreadsheet
        except UnicodeDecodeError:
            raise NotOurs("not text") from None
    head = text.partition("\n")[0]
    mark = ";" if head.count(";") > head.count(",") else ","
    try:
        lines = [
            line for line in csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True) if line
        ]
    except csv.Error:
        raise NotOurs("not a table") from None
    found = _table(
        lines[0] if lines else [],
        ([fingerprint.original(item) for item in line] for line in lines[1:]),
        decimal="," if mark == ";" else ".",
    )
    found.seal = _sidecar(beside, found) if beside else None
    return found


def _sidecar(beside: bytes, found: Read) -> dict | None:
    try:
        described = _document(beside)
        seal = fingerprint.loads(described["ripresa"])
    except (ValueError, TypeError, KeyError):
        return None
    if seal and seal.get("about") != formats.descriptor_check(described):
        found.faults.append(Detail("about"))
    return seal


def _table(head: list[str], lines, decimal: str = ".") -> Read:
    """Rows of text cells under our header. Raises NotOurs where the header is not ours."""
    head = [name.strip() for name in head]
    names = [name for name in COLUMNS if name in head or name not in LATER]
    missing = [name for name in names if name not in head]
    if len(missing) > len(COLUMNS) // 2 or not {"check", "data_version"} & set(head):
        raise NotOurs("other columns")
    found = Read(unsealed=set(head) >= UNSEALED and not SEALED & set(head))
    if missing and not found.unsealed:
        found.faults, found.figures = (
            [Detail("header", (("columns", ", ".join(missing)),))],
            [],
        )  # nothing more can be said of its cells
    for line in lines:
        line = list(line)
        row = dict.fromkeys(names, "") | {name: value for name, value in zip(head, line) if name in names}
        found.rows.append({name: _cell(row[name], name, decimal) for name in names})
        if len(line) != len(head):
            found.faults.append(Detail("width", (("row", str(len(found.rows) + 1)),)))
    return found


def _cell(value: object, name: str, decimal: str) -> str:
    if not isinstance(value, str):
        return cell(value)
    if name in NUMBERS and value:
        try:
            return cell(float(value.replace(",", ".") if decimal == "," else value))
        except ValueError:
            return value
    if name == "period_start" and (day := re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", value)):
        return f"{day[3]}-{day[2]}-{day[1]}"
    return cell(value)


def _archive(file: bytes) -> Read:
    try:
        with zipfile.ZipFile(io.BytesIO(file)) as archive:
            if sum(member.file_size for member in archive.infolist()) > MOST:
                raise NotOurs("too large")
            members = {
                member.filename: archive.read(member) for member in archive.infolist() if not member.is_dir()
            }
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        if b"datapackage.json" not in file and b"docProps/custom.xml" not in file:
            raise NotOurs("not a zip") from None
        return _damaged()
    return _workbook(members) if "xl/workbook.xml" in members else _package(members)


def _package(members: dict[str, bytes]) -> Read:
    try:
        described = _document(members["datapackage.json"])
        seal = fingerprint.opened(described.get("ripresa"))
        table = str(described["resources"][0]["path"])
    except (KeyError, ValueError, TypeError, IndexError, AttributeError):
        raise NotOurs("no description") from None
    if seal is None:
        raise NotOurs("no seal")
    found = _csv(members[table]) if table in members else Read(figures=[])
    found.seal = seal
    if seal.get("about") != formats.descriptor_check(described):
        found.faults.append(Detail("about"))
    sealed = seal.get("files") or {}
    for name in {**sealed, **members}:
        if name == "datapackage.json" or (
            name in members and hashlib.sha256(members[name]).hexdigest() == sealed.get(name)
        ):
            continue
        if name != table or name not in members:
            found.faults.append(
                Detail(
                    "member_absent" if name not in members else "member" if name in sealed else "member_new",
                    (("member", name),),
                )
            )
    if (
        table in members
        and not found.faults
        and not wrong_rows(found.rows)
        and hashlib.sha256(members[table]).hexdigest() != sealed.get(table)
    ):
        found.faults.append(Detail("member", (("member", table),)))
    return found


def _workbook(members: dict[str, bytes]) -> Read:
    """A workbook read with the standard library: the first sheet is the table."""
    try:
        properties = ElementTree.fromstring(_no_entities(members.get("docProps/custom.xml", b"<none/>")))
        parts = {
            item.get("name"): "".join(item.itertext())
            for item in properties
            if (item.get("name") or "").startswith("ripresa_seal_")
        }
        seal = fingerprint.loads("".join(parts[name] for name in sorted(parts)))
        shared = [
            " ".join("".join(text.text or "" for text in item.iter(f"{SHEET}t")).split())
            for item in ElementTree.fromstring(_no_entities(members.get("xl/sharedStrings.xml", b"<none/>")))
        ]
        sheets = [
            _sheet(_no_entities(members[name]), shared)
            for name in sorted(
                (name for name in members if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)),
                key=lambda name: int(re.search(r"\d+", name)[0]),
            )
        ]
    except (ElementTree.ParseError, ValueError, IndexError, KeyError):
        return (
            _damaged()
            if b"ripresa_seal" in members.get("docProps/custom.xml", b"")
            else _raise(NotOurs("not a workbook"))
        )
    if not sheets or not sheets[0]:
        raise NotOurs("empty")
    lines = [
        [fingerprint.original(item) if isinstance(item, str) else item for item in line] for line in sheets[0]
    ]
    head = [str(item) for item in lines[0]]
    found = _table(
        head,
        (
            [
                _day(item) if name == "period_start" else item
                for name, item in zip(head, line + [""] * (len(head) - len(line)))
            ]
            for line in lines[1:]
        ),
    )
    found.seal = seal
    if seal is None and not parts:
        return found  # saved again by a program that drops the properties: the checks of the rows remain
    if seal is None:
        found.faults.append(Detail("seal"))
        return found
    beside = [
        [(str(line[0]) if line else "", str(line[1]) if len(line) > 1 else "") for line in sheet]
        for sheet in sheets[1:3]
    ]
    if seal.get("about") != formats.sheets_check(
        *([(fingerprint.original(a), fingerprint.original(b)) for a, b in lines] for lines in beside)
    ):
        found.faults.append(Detail("about"))
    return found


def _raise(fault: Exception):
    raise fault


def _no_entities(xml: bytes) -> bytes:
    if b"<!ENTITY" in xml:
        raise ValueError("entities")
    return xml


def _sheet(xml: bytes, shared: list[str]) -> list[list[object]]:
    """The rows of a sheet: numbers as float, texts as str, missing as ""."""
    lines = []
    for row in ElementTree.fromstring(xml).iter(f"{SHEET}row"):
        line: list[object] = []
        for item in row.iter(f"{SHEET}c"):
            place = _column(item.get("r") or "")
            if place > WIDEST:
                raise ValueError("too wide")
            line += [""] * (place - len(line))
            value = item.find(f"{SHEET}v")
            said = value.text or "" if value is not None else ""
            if item.get("t") == "s":
                line.append(shared[int(said)])
            elif item.get("t") == "inlineStr":
                line.append("".join(text.text or "" for text in item.iter(f"{SHEET}t")))
            else:
                line.append(float(said) if said and item.get("t") in (None, "n") else said)
        lines.append(line)
    return lines


def _column(reference: str) -> int:
    number = 0
    for letter in re.match(r"[A-Z]*", reference)[0]:
        number = 26 * number + ord(letter) - 64
    return number - 1


def _day(item: object) -> object:
    return (
        date(1899, 12, 30) + timedelta(days=int(item))
        if isinstance(item, float) and 0 < item < 200_000
        else item
    )


def _parquet(file: bytes) -> Read:
    try:
        opened = parquet.ParquetFile(io.BytesIO(file))
        if (
            sum(
                opened.metadata.row_group(place).total_byte_size
                for place in range(opened.metadata.num_row_groups)
            )
            > MOST
            or opened.metadata.num_rows > MOST // 100
        ):
            raise NotOurs("too large")
        table = opened.read()
        metadata = table.schema.metadata or {}
        seal = fingerprint.loads(metadata.get(b"ripresa", b"").decode("utf-8", "replace"))
        lines = list(zip(*(table[name].to_pylist() for name in table.column_names)))
    except (pa.ArrowException, OSError, ValueError, KeyError):
        return _damaged() if b"ripresa" in file else _raise(NotOurs("not Parquet"))
    found = _table(table.column_names, ([None if item is None else item for item in line] for line in lines))
    found.seal = seal
    if seal.get("about") != fingerprint.check(metadata.get(b"about", b"")) if seal else not found.unsealed:
        found.faults.append(Detail("about" if seal else "seal"))
    return found


def _document(text: bytes) -> object:
    """A JSON document. Raises ValueError on anything else, and on half a letter (\\ud800), of which no check can be made."""
    try:
        whole = json.loads(text.decode("utf-8-sig"))
        json.dumps(whole, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("too deep") from None
    return whole


def _json(file: bytes) -> Read:
    try:
        whole = _document(file)
    except ValueError:
        return _damaged() if b'"ripresa"' in file else _raise(NotOurs("not JSON"))
    if isinstance(whole, dict) and whole.get("class") == "dataset":
        return _cube(whole)
    seal = fingerprint.opened(whole.get("seal")) if isinstance(whole, dict) else None
    if not isinstance(whole, dict) or not isinstance(whole.get("rows"), list):
        raise NotOurs("no rows")
    rows = [row if isinstance(row, dict) else {} for row in whole["rows"]]
    head = list(dict.fromkeys(name for row in rows for name in row)) if rows else list(COLUMNS)
    found = _table(head, ([row.get(name) for name in head] for row in rows))
    if seal is None and not found.unsealed:
        raise NotOurs("no seal")
    found.seal = seal
    if seal and seal.get("about") != formats.document_check(whole):
        found.faults.append(Detail("about"))
    return found


def _cube(whole: dict) -> Read:
    """JSON-stat of the open data routes: one row a cell."""
    try:
        beside, version = whole["extension"], whole["extension"]["data_version"]
        codes = [whole["dimension"][name]["category"]["index"] for name in KEY]
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
        raise NotOurs("another cube") from None
    return Read(
        [
            dict.fromkeys(COLUMNS, "")
            | {name: cell(item) for name, item in zip((*KEY, *FIGURES, "data_version"), row)}
            for row in rows
        ],
        unsealed=True,
    )


def _excerpt(found: str, was: str) -> tuple[str, str]:
    """Where two long texts part, with a few letters around."""
    start = next((place for place, (a, b) in enumerate(zip(found, was)) if a != b), min(len(found), len(was)))
    cut = max(start - EXCERPT // 3, 0)
    return tuple(
        ("…" if cut else "") + text[cut : cut + EXCERPT] + ("…" if cut + EXCERPT < len(text) else "")
        for text in (found, was)
    )


@lru_cache(maxsize=2)
def _names(lang: str) -> dict[str, str]:
    return {row.code: row.name for row in query.ask("areas", level="any", lang=lang).itertuples()}
