"""The files of an export: CSV, CSV for Italian Excel, XLSX, Parquet, JSON and a zip with its description. All hold the same table.

Text that a spreadsheet would run is neutralised in the spreadsheet formats (fingerprint.neutral): one apostrophe in front, taken away on reading.
"""

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet

from ripresa.catalogue import get_universe
from ripresa.exports import citation
from ripresa.exports import seal as fingerprint
from ripresa.exports.export_table import COLUMNS, NUMERIC_COLUMNS, ExportedTable
from ripresa.exports.seal import escape_formula, normalize_cell
from ripresa.filters import View
from ripresa.i18n import format_period, t, translate_fragments
from ripresa.settings import LANGS

ARROW_TYPES = {"string": pa.string(), "number": pa.float64(), "integer": pa.int64(), "date": pa.date32()}
MAX_PROPERTY_LENGTH = 250  # Excel keeps at most 255 characters in a property
SHEET_NAMES = ("data", "metadata", "notes")
MAX_AREAS_IN_FILE_NAME = 3
LICENCES = {"CC BY 4.0": ("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/")}


@dataclass(frozen=True)
class FileFormat:
    """One way to take the table: file ending, what a browser calls it, what writes it."""

    suffix: str
    media_type: str
    write: Callable[[ExportedTable], bytes]


def build_file(export: ExportedTable, file_format: str) -> bytes:
    """The file in one of FORMATS."""
    return FORMATS[file_format].write(export)


def build_file_name(rows: pd.DataFrame, view: View, version: str, file_format: str) -> str:
    """indicator_sector_area_period_lang_version.ending, without the sector where it is the total; `form` is one of FORMATS, or the ending of an image."""
    ending = FORMATS[file_format].suffix if file_format in FORMATS else f".{file_format}"
    return f"{build_file_stem(rows, view, version)}{ending}"


def build_file_stem(rows: pd.DataFrame, view: View, version: str) -> str:
    """A file's name without its ending."""
    area = "-".join(view.geo) if 0 < len(view.geo) <= MAX_AREAS_IN_FILE_NAME else view.level
    sector = (
        rows["sector"].unique() if rows["sector"].nunique() == 1 and (rows["sector"] != "all").any() else ()
    )
    periods = sorted(rows["period"].unique()) if len(rows) else [view.period]
    period = (
        periods[0]
        if len(periods) == 1
        else f"{periods[0][:4]}-{periods[-1][:4]}"
        if periods[0][:4] != periods[-1][:4]
        else periods[0][:4]
    )
    return "_".join(
        re.sub(r"[^A-Za-z0-9.+-]+", "-", part) if place else part
        for place, part in enumerate((view.indicator.id, *sector, area, period, view.lang, version))
    )


def build_metadata(export: ExportedTable) -> dict[str, str]:
    """What a reader must know of the table, in the language of the view: words by name, in reading order."""
    lang, indicator = export.view.lang, export.view.indicator
    return {
        "title": export.text.title,
        "subtitle": export.text.subtitle,
        "indicator": indicator.label[lang],
        "definition": indicator.description[lang],
        "universe": _describe_universe(export, lang),
        "notes": "\n".join(export.text.notes),
        "source": export.text.source,
        "licence": "; ".join(dict.fromkeys(source.licence[lang] for source in export.sources)),
        "publisher_address": "; ".join(dict.fromkeys(source.url for source in export.sources)),
        "data_version": export.version,
        "taken": export.access_date.isoformat(),
        "link": export.permalink,
        "citation": citation.format_citation(export, lang),
        "fingerprint": export.seal["fingerprint"],
    }


# --- CSV ---


def write_csv(export: ExportedTable) -> bytes:
    """CSV as analysts read it: UTF-8, comma, decimal point, header on row 1, missing cells empty."""
    return _write_delimited(export, ",", lambda value: normalize_cell(value), "\n").encode()


def write_excel_csv(export: ExportedTable) -> bytes:
    """CSV as Italian Excel opens it: byte order mark, semicolon, decimal comma, and no text it would turn into a date."""
    return (
        b"\xef\xbb\xbf"
        + _write_delimited(
            export, ";", lambda value: normalize_cell(value).replace(".", ","), "\r\n", excel=True
        ).encode()
    )


def _write_delimited(
    export: ExportedTable, mark: str, number: Callable[[object], str], end: str, excel: bool = False
) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark, lineterminator=end)
    writer.writerow(COLUMNS)
    columns = [
        [number(value) for value in export.table[name]]
        if name in NUMERIC_COLUMNS
        else [
            normalize_cell(value) if kind == "date" else escape_formula(_collapse_whitespace(value), excel)
            for value in export.table[name]
        ]
        for name, (kind, *_) in COLUMNS.items()
    ]
    writer.writerows(zip(*columns))
    return out.getvalue()


def _collapse_whitespace(text: str) -> str:
    return " ".join(text.split())


# --- XLSX ---


def write_xlsx(export: ExportedTable) -> bytes:
    """XLSX with the sheets data, metadata and notes; every text is text, never a formula or a link."""
    import xlsxwriter  # 2 MB, and a moment of the start, that a visitor seldom needs

    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": False,
        },
    )
    words = build_metadata(export)
    book.set_properties(
        {
            "title": words["title"][:250],
            "subject": words["indicator"][:250],
            "author": "Ripresa digitale",
            "comments": words["source"][:250],
            "created": datetime.combine(export.access_date, time(12)),
        }
    )
    extra = _build_metadata_lines(export), _build_note_lines(export)
    seal = fingerprint.dumps(export.seal | {"about": checksum_sheets(*extra)})
    for place, start in enumerate(range(0, len(seal), MAX_PROPERTY_LENGTH)):
        book.set_custom_property(
            f"ripresa_seal_{place:02}", seal[start : start + MAX_PROPERTY_LENGTH], "text"
        )
    look = {
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "number": book.add_format(
            {"num_format": "0" + ("." + "0" * _get_decimals(export) if _get_decimals(export) else "")}
        ),
    }
    _write_data_sheet(book.add_worksheet(t("sheet_data", export.view.lang)), export, look)
    for title, lines in zip(SHEET_NAMES[1:], extra):
        sheet = book.add_worksheet(t(f"sheet_{title}", export.view.lang))
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, 1, 110, look["wrap"])
        for place, (left, right) in enumerate(lines):
            sheet.write_string(place, 0, escape_formula(left), look["head"])
            sheet.write_string(place, 1, escape_formula(right), look["wrap"])
    book.close()
    return out.getvalue()


def _write_data_sheet(sheet, export: ExportedTable, look: dict) -> None:
    table = export.table
    for place, (name, (kind, *_)) in enumerate(COLUMNS.items()):
        sheet.write_string(0, place, name, look["head"])
        longest = max([len(name), *(len(normalize_cell(value)) for value in table[name])])
        sheet.set_column(place, place, min(longest, 40) + 2)
        for line, value in enumerate(table[name].tolist(), start=1):
            if kind in ("number", "integer"):
                if not pd.isna(value):
                    sheet.write_number(
                        line, place, float(value), look["number"] if kind == "number" else None
                    )
            elif kind == "date":
                if value is not None:
                    sheet.write_datetime(line, place, datetime.combine(value, time()), look["date"])
            elif value:
                sheet.write_string(line, place, escape_formula(value))
    sheet.freeze_panes(1, 0)
    if len(table):
        sheet.autofilter(0, 0, len(table), len(COLUMNS) - 1)


def _get_decimals(export: ExportedTable) -> int:
    """Decimals to show, enough for the finest value; the cell holds the figure whole."""
    return max(
        [
            export.view.indicator.decimals,
            *(
                len(normalize_cell(value).partition(".")[2])
                for name in ("value", "ci_low", "ci_high")
                for value in export.table[name]
                if len(normalize_cell(value)) < 10
            ),
        ]
    )


def _build_metadata_lines(export: ExportedTable) -> list[tuple[str, str]]:
    return [(t(f"about_{name}", export.view.lang), text) for name, text in build_metadata(export).items()]


def _build_note_lines(export: ExportedTable) -> list[tuple[str, str]]:
    lang, place = export.view.lang, 1 + LANGS.index(export.view.lang)
    return [
        *((t("note", lang), note) for note in export.text.notes),
        *((name, column[place]) for name, column in COLUMNS.items()),
        (t("about_missing", lang), t("missing", lang)),
        (t("about_apostrophe", lang), t("apostrophe", lang)),
        (t("about_verify", lang), t("verify_how", lang)),
    ]


def checksum_sheets(*sheets: list[tuple[str, str]]) -> str:
    """The check of the sheets beside the data."""
    return fingerprint.checksum(
        fingerprint.RECORD_SEPARATOR.join(
            fingerprint.UNIT_SEPARATOR.join(map(normalize_cell, line)) for lines in sheets for line in lines
        )
    )


# --- Parquet and JSON ---


def write_parquet(export: ExportedTable) -> bytes:
    """Parquet with typed columns; description and seal in its metadata."""
    words = json.dumps(build_metadata(export), ensure_ascii=False)
    fields = [
        pa.field(
            name,
            ARROW_TYPES[kind],
            metadata={"description": (italian, english)[LANGS.index(export.view.lang)]},
        )
        for name, (kind, italian, english) in COLUMNS.items()
    ]
    schema = pa.schema(
        fields,
        metadata={
            "about": words,
            "ripresa": fingerprint.dumps(export.seal | {"about": fingerprint.checksum(words)}),
        },
    )
    arrays = [
        pa.array(
            [None if pd.isna(value) else value for value in export.table[field.name].tolist()], field.type
        )
        for field in fields
    ]
    out = io.BytesIO()
    parquet.write_table(pa.Table.from_arrays(arrays, schema=schema), out, compression="zstd")
    return out.getvalue()


def write_json(export: ExportedTable) -> bytes:
    """JSON: the seal, what to know, the columns, the rows as objects; missing is null."""
    described = {
        "about": build_metadata(export),
        "columns": {
            name: {"type": kind, "it": italian, "en": english}
            for name, (kind, italian, english) in COLUMNS.items()
        },
    }
    rows = [
        {name: _to_json_value(value) for name, value in row.items()}
        for row in export.table[list(COLUMNS)].to_dict("records")
    ]
    whole = {
        "seal": fingerprint.add_checksum(export.seal | {"about": checksum_json_metadata(described)}),
        **described,
        "rows": rows,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def checksum_json_metadata(described: dict) -> str:
    """The check of what a JSON file says about its rows."""
    return fingerprint.checksum(
        json.dumps(
            {name: described.get(name) for name in ("about", "columns")}, ensure_ascii=False, sort_keys=True
        )
    )


def _to_json_value(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else None if pd.isna(value) else value


# --- zip ---


def write_zip(export: ExportedTable) -> bytes:
    """A zip that stands alone: the table, datapackage.json (Frictionless), CSVW metadata, a readme in both languages, citations."""
    own = build_file_stem(export.table, export.view, export.version)
    table = write_csv(export)
    members = {
        f"{own}.csv": table,
        f"{own}.csv-metadata.json": write_csvw_metadata(export, f"{own}.csv"),
        "README.md": render_readme(export, "en", own).encode(),
        "LEGGIMI.md": render_readme(export, "it", own).encode(),
        "citation.bib": citation.format_bibtex(export).encode(),
        "citation.ris": citation.format_ris(export).encode(),
        "citation.txt": "\n\n".join(citation.format_citation(export, lang) for lang in LANGS).encode()
        + b"\n",
    }
    described = build_datapackage(export, f"{own}.csv", table)
    seal = export.seal | {
        "about": checksum_descriptor(described),
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in members.items()},
    }
    members = {
        "datapackage.json": json.dumps(
            {**described, "ripresa": fingerprint.add_checksum(seal)}, ensure_ascii=False, indent=1
        ).encode(),
        **members,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for member, content in members.items():
            archive.writestr(
                zipfile.ZipInfo(
                    member,
                    (export.access_date.year, export.access_date.month, export.access_date.day, 12, 0, 0),
                ),
                content,
                zipfile.ZIP_DEFLATED,
            )
    return out.getvalue()


def build_datapackage(export: ExportedTable, path: str, table: bytes) -> dict:
    """datapackage.json of one table, without the seal."""
    lang, indicator, words = export.view.lang, export.view.indicator, build_metadata(export)
    place = LANGS.index(lang)
    fields = [
        {
            "name": name,
            "type": kind,
            "title": name if kind != "string" else column[place].partition(":")[0],
            "description": column[place],
            **(
                {"constraints": {"required": True}} if name in ("indicator", "geo", "period", "check") else {}
            ),
        }
        for name, (kind, *column) in COLUMNS.items()
    ]
    return {
        "profile": "tabular-data-package",
        "name": re.sub(r"[^a-z0-9._-]+", "-", path.removesuffix(".csv").lower()),
        "title": words["title"],
        "description": f"{words['subtitle']}\n\n{words['definition']}\n\n{words['notes']}",
        "homepage": export.permalink,
        "version": export.version,
        "created": f"{export.access_date.isoformat()}T12:00:00Z",
        "keywords": [indicator.id, indicator.topic],
        "licenses": _build_licences(export),
        "sources": [
            {
                "title": f"{translate_fragments(source.publisher, lang)}, {source.name[lang]}",
                "path": source.url,
            }
            for source in export.sources
        ],
        "contributors": [
            *(
                {"title": translate_fragments(source.publisher, lang), "role": "publisher"}
                for source in export.sources
            ),
            {"title": "Ripresa digitale", "role": "wrangler"},
        ],
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": "data",
                "path": path,
                "title": words["indicator"],
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "bytes": len(table),
                "hash": f"sha256:{hashlib.sha256(table).hexdigest()}",
                "dialect": {"delimiter": ",", "header": True},
                "schema": {
                    "fields": fields,
                    "missingValues": [""],
                    "primaryKey": ["indicator", "geo", "sector", "gender", "size", "period", "edition"],
                },
            }
        ],
    }


def checksum_descriptor(described: dict) -> str:
    """The check of datapackage.json, its seal aside."""
    return fingerprint.checksum(
        json.dumps(
            {name: value for name, value in described.items() if name != "ripresa"},
            ensure_ascii=False,
            sort_keys=True,
        )
    )


def write_csvw_metadata(export: ExportedTable, path: str) -> bytes:
    """CSVW metadata that lies beside a CSV as <name>.csv-metadata.json, with the seal the CSV itself cannot carry."""
    kinds = {"string": "string", "number": "number", "integer": "integer", "date": "date"}
    words, lang = build_metadata(export), export.view.lang
    described = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": lang}],
        "url": path,
        "dc:title": words["title"],
        "dc:description": words["subtitle"],
        "dc:source": words["source"],
        "dc:license": words["licence"],
        "dc:bibliographicCitation": words["citation"],
        "dc:identifier": export.permalink,
        "dialect": {"header": True, "encoding": "utf-8", "delimiter": ","},
        "tableSchema": {
            "columns": [
                {
                    "name": name,
                    "titles": name,
                    "datatype": kinds[kind],
                    "dc:description": column[LANGS.index(lang)],
                }
                for name, (kind, *column) in COLUMNS.items()
            ]
        },
    }
    return json.dumps(
        {**described, "ripresa": fingerprint.dumps(export.seal | {"about": checksum_descriptor(described)})},
        ensure_ascii=False,
        indent=1,
    ).encode()


def render_readme(export: ExportedTable, lang: str, file_stem: str) -> str:
    """What the zip holds, for a person, in one language."""
    place, indicator = 1 + LANGS.index(lang), export.view.indicator
    sources = "\n".join(
        f"- {translate_fragments(source.publisher, lang)}, {source.name[lang]}. {source.licence[lang]}. {source.url}\n  {source.note[lang]}"
        for source in export.sources
    )
    columns = "\n".join(f"| `{name}` | {column[place]} |" for name, column in COLUMNS.items())
    notes = f"\n{indicator.note[lang]}\n" if indicator.note.get(lang) else ""
    return t(
        "readme",
        lang,
        label=export.format_label(lang),
        about=indicator.description[lang],
        universe=_describe_universe(export, lang),
        notes=notes,
        sources=sources,
        columns=columns,
        file=f"{file_stem}.csv",
        version=export.version,
        day=format_period(export.access_date.isoformat(), lang),
        link=export.permalink,
        citation=citation.format_citation(export, lang),
        rows=len(export.table),
        missing=t("missing", lang),
        apostrophe=t("apostrophe", lang),
        verify=t("verify_how", lang),
        fingerprint=export.seal["fingerprint"],
    )


def _describe_universe(export: ExportedTable, lang: str) -> str:
    return get_universe(export.view.indicator, [source.id for source in export.sources], lang)


def _build_licences(export: ExportedTable) -> list[dict[str, str]]:
    found = []
    for source in export.sources:
        name, path = LICENCES.get(source.licence["en"], ("", source.url))
        found.append(
            {**({"name": name} if name else {}), "title": source.licence[export.view.lang], "path": path}
        )
    return list({licence["title"]: licence for licence in found}.values())


FORMATS = {
    "csv": FileFormat(".csv", "text/csv", write_csv),
    "excel": FileFormat("_excel.csv", "text/csv", write_excel_csv),
    "xlsx": FileFormat(
        ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write_xlsx
    ),
    "parquet": FileFormat(".parquet", "application/vnd.apache.parquet", write_parquet),
    "json": FileFormat(".json", "application/json", write_json),
    "zip": FileFormat(".zip", "application/zip", write_zip),
}
