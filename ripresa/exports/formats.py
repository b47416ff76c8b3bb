"""The files of an export: CSV, CSV for Italian Excel, XLSX, Parquet, JSON, and a zip as a data package.

All contain the same table. Text that a spreadsheet would evaluate gets an apostrophe in the spreadsheet
formats (seal.escape_formula), which is removed on reading.
"""

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from ripresa.catalogue import get_universe
from ripresa.database.published_observation import KEY_COLUMNS
from ripresa.exports import citation
from ripresa.exports.export_table import COLUMNS, ExportedTable
from ripresa.exports.seal import (
    RECORD_SEPARATOR,
    UNIT_SEPARATOR,
    add_checksum,
    checksum,
    escape_formula,
    normalize_cell,
    serialize_seal,
)
from ripresa.filters import View
from ripresa.i18n import format_period, t, translate_fragments
from ripresa.settings import LANGS, SITE_NAME

if TYPE_CHECKING:
    from xlsxwriter.format import Format as CellFormat
    from xlsxwriter.worksheet import Worksheet

ARROW_TYPES = {"string": pa.string(), "number": pa.float64(), "integer": pa.int64(), "date": pa.date32()}
MAX_PROPERTY_LENGTH = 250  # Excel keeps at most 255 characters in a property
SHEET_NAMES = ("metadata", "notes")  # after the sheet with the data
MAX_COLUMN_WIDTH = 40  # characters
MAX_AREAS_IN_FILE_NAME = 3
REQUIRED_COLUMNS = ("indicator", "geo", "period", "check")
LICENCES = {"CC BY 4.0": ("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/")}


@dataclass(frozen=True)
class FileFormat:
    """A file format: suffix, media type and the function that writes it."""

    suffix: str
    media_type: str
    write: Callable[[ExportedTable], bytes]


def build_file(export: ExportedTable, file_format: str) -> bytes:
    """The file in one of FORMATS."""
    return FORMATS[file_format].write(export)


def build_file_name(rows: pd.DataFrame, view: View, version: str, file_format: str) -> str:
    """The file name of an export; `file_format` is one of FORMATS, or the suffix of an image."""
    suffix = FORMATS[file_format].suffix if file_format in FORMATS else f".{file_format}"
    return f"{build_file_stem(rows, view, version)}{suffix}"


def build_file_stem(rows: pd.DataFrame, view: View, version: str) -> str:
    """indicator[_sector]_area_period_lang_version, with the sector if all rows have the same."""
    sectors = set(rows["sector"])
    parts = [*sectors] if len(sectors) == 1 and sectors != {"all"} else []
    parts.append("-".join(view.geo) if 0 < len(view.geo) <= MAX_AREAS_IN_FILE_NAME else view.level)
    periods = sorted(rows["period"].unique()) or [view.period]
    if len(periods) == 1:
        parts.append(periods[0])
    else:
        parts.append("-".join(dict.fromkeys((periods[0][:4], periods[-1][:4]))))
    parts += [view.lang, version]
    return "_".join([view.indicator.id, *(re.sub(r"[^A-Za-z0-9.+-]+", "-", part) for part in parts)])


def build_metadata(export: ExportedTable) -> dict[str, str]:
    """The metadata of the table by name, in the language of the view and in reading order."""
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
    """CSV for analysis: UTF-8, comma, decimal point, header on row 1, missing cells empty."""
    return _write_delimited(export, ",", normalize_cell, "\n").encode()


def write_excel_csv(export: ExportedTable) -> bytes:
    """CSV for Italian Excel: byte order mark, semicolon, decimal comma, no text that becomes a date."""

    def format_number(value: object) -> str:
        return normalize_cell(value).replace(".", ",")

    return _write_delimited(export, ";", format_number, "\r\n", excel=True).encode("utf-8-sig")


def _write_delimited(
    export: ExportedTable,
    delimiter: str,
    format_number: Callable[[object], str],
    line_end: str,
    excel: bool = False,
) -> str:
    def format_text(text: str) -> str:
        return escape_formula(" ".join(text.split()), excel)

    output = io.StringIO()
    writer = csv.writer(output, delimiter=delimiter, lineterminator=line_end)
    writer.writerow(COLUMNS)
    columns = []
    for name, (kind, *_) in COLUMNS.items():
        format_cell = {"string": format_text, "date": normalize_cell}.get(kind, format_number)
        columns.append([format_cell(value) for value in export.table[name]])
    writer.writerows(zip(*columns, strict=True))
    return output.getvalue()


# --- XLSX ---


def write_xlsx(export: ExportedTable) -> bytes:
    """XLSX with the sheets data, metadata and notes; every text is a string, never a formula or a link."""
    import xlsxwriter  # imported late: 2 MB that few visitors need

    output = io.BytesIO()
    book = xlsxwriter.Workbook(
        output,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": False,
        },
    )
    metadata = build_metadata(export)
    book.set_properties(
        {
            "title": metadata["title"][:MAX_PROPERTY_LENGTH],
            "subject": metadata["indicator"][:MAX_PROPERTY_LENGTH],
            "author": SITE_NAME,
            "comments": metadata["source"][:MAX_PROPERTY_LENGTH],
            "created": datetime.combine(export.access_date, time(12)),
        }
    )
    text_sheets = _build_metadata_lines(export), _build_note_lines(export)
    seal = serialize_seal({**export.seal, "about": checksum_sheets(*text_sheets)})
    for index, start in enumerate(range(0, len(seal), MAX_PROPERTY_LENGTH)):
        part = seal[start : start + MAX_PROPERTY_LENGTH]
        book.set_custom_property(f"ripresa_seal_{index:02}", part, "text")
    decimals = _get_decimals(export)
    cell_formats = {
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "number": book.add_format({"num_format": f"{0:.{decimals}f}"}),
    }
    _write_data_sheet(book.add_worksheet(t("sheet_data", export.view.lang)), export, cell_formats)
    for name, lines in zip(SHEET_NAMES, text_sheets, strict=True):
        sheet = book.add_worksheet(t(f"sheet_{name}", export.view.lang))
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, 1, 110, cell_formats["wrap"])
        for line, (label, text) in enumerate(lines):
            sheet.write_string(line, 0, escape_formula(label), cell_formats["head"])
            sheet.write_string(line, 1, escape_formula(text), cell_formats["wrap"])
    book.close()
    return output.getvalue()


def _write_data_sheet(
    sheet: "Worksheet", export: ExportedTable, cell_formats: Mapping[str, "CellFormat"]
) -> None:
    table = export.table
    for index, (name, (kind, *_)) in enumerate(COLUMNS.items()):
        sheet.write_string(0, index, name, cell_formats["head"])
        longest = max([len(name), *(len(normalize_cell(value)) for value in table[name])])
        sheet.set_column(index, index, min(longest, MAX_COLUMN_WIDTH) + 2)
        for line, value in enumerate(table[name].tolist(), start=1):
            if pd.isna(value) or value == "":
                continue
            if kind == "string":
                sheet.write_string(line, index, escape_formula(value))
            elif kind == "date":
                sheet.write_datetime(line, index, datetime.combine(value, time()), cell_formats["date"])
            else:
                sheet.write_number(line, index, float(value), cell_formats.get(kind))
    sheet.freeze_panes(1, 0)
    if len(table):
        sheet.autofilter(0, 0, len(table), len(COLUMNS) - 1)


def _get_decimals(export: ExportedTable) -> int:
    """Decimals to display, enough for the value with most; the cells contain full precision."""
    texts = [normalize_cell(value) for name in ("value", "ci_low", "ci_high") for value in export.table[name]]
    decimals = [len(text.partition(".")[2]) for text in texts if len(text) < 10]
    return max([export.view.indicator.decimals, *decimals])


def _build_metadata_lines(export: ExportedTable) -> list[tuple[str, str]]:
    return [(t(f"about_{name}", export.view.lang), text) for name, text in build_metadata(export).items()]


def _build_note_lines(export: ExportedTable) -> list[tuple[str, str]]:
    lang = export.view.lang
    return [
        *((t("note", lang), note) for note in export.text.notes),
        *_describe_columns(lang).items(),
        (t("about_missing", lang), t("missing", lang)),
        (t("about_apostrophe", lang), t("apostrophe", lang)),
        (t("about_verify", lang), t("verify_how", lang)),
    ]


def checksum_sheets(*sheets: list[tuple[str, str]]) -> str:
    """The checksum of the sheets with metadata and notes."""
    lines = [UNIT_SEPARATOR.join(map(normalize_cell, line)) for sheet in sheets for line in sheet]
    return checksum(RECORD_SEPARATOR.join(lines))


def _describe_columns(lang: str) -> dict[str, str]:
    """The description of each column."""
    return {name: column[1 + LANGS.index(lang)] for name, column in COLUMNS.items()}


# --- Parquet and JSON ---


def write_parquet(export: ExportedTable) -> bytes:
    """Parquet with typed columns; metadata and seal are in the metadata of the schema."""
    metadata = json.dumps(build_metadata(export), ensure_ascii=False)
    seal = serialize_seal({**export.seal, "about": checksum(metadata)})
    fields = [
        pa.field(name, ARROW_TYPES[COLUMNS[name][0]], metadata={"description": description})
        for name, description in _describe_columns(export.view.lang).items()
    ]
    schema = pa.schema(fields, metadata={"about": metadata, "ripresa": seal})
    arrays = [
        pa.array(
            [None if pd.isna(value) else value for value in export.table[field.name].tolist()], field.type
        )
        for field in fields
    ]
    output = io.BytesIO()
    parquet.write_table(pa.Table.from_arrays(arrays, schema=schema), output, compression="zstd")
    return output.getvalue()


def write_json(export: ExportedTable) -> bytes:
    """JSON with seal, metadata, columns and the rows as objects; missing values are null."""
    description = {
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
    seal = add_checksum({**export.seal, "about": checksum_json_metadata(description)})
    return json.dumps({"seal": seal, **description, "rows": rows}, ensure_ascii=False, indent=1).encode()


def checksum_json_metadata(document: Mapping[str, object]) -> str:
    """The checksum of the metadata and columns of a JSON file."""
    content = {name: document.get(name) for name in ("about", "columns")}
    return checksum(json.dumps(content, ensure_ascii=False, sort_keys=True))


def _to_json_value(value: Any) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return None if pd.isna(value) else value


# --- zip ---


def write_zip(export: ExportedTable) -> bytes:
    """A zip with the table, datapackage.json (Frictionless), CSVW metadata, readmes and citations."""
    stem = build_file_stem(export.table, export.view, export.version)
    table = write_csv(export)
    citations = "\n\n".join(citation.format_citation(export, lang) for lang in LANGS)
    members = {
        f"{stem}.csv": table,
        f"{stem}.csv-metadata.json": write_csvw_metadata(export, f"{stem}.csv"),
        "README.md": render_readme(export, "en", stem).encode(),
        "LEGGIMI.md": render_readme(export, "it", stem).encode(),
        "citation.bib": citation.format_bibtex(export).encode(),
        "citation.ris": citation.format_ris(export).encode(),
        "citation.txt": f"{citations}\n".encode(),
    }
    descriptor = build_datapackage(export, f"{stem}.csv", table)
    descriptor["ripresa"] = add_checksum(
        {
            **export.seal,
            "about": checksum_descriptor(descriptor),
            "files": {name: hashlib.sha256(content).hexdigest() for name, content in members.items()},
        }
    )
    members = {
        "datapackage.json": json.dumps(descriptor, ensure_ascii=False, indent=1).encode(),
        **members,
    }
    day = export.access_date
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, (day.year, day.month, day.day, 12, 0, 0))
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return output.getvalue()


def build_datapackage(export: ExportedTable, path: str, table: bytes) -> dict[str, object]:
    """datapackage.json of one table, without the seal."""
    lang, indicator, metadata = export.view.lang, export.view.indicator, build_metadata(export)
    fields = []
    for name, description in _describe_columns(lang).items():
        kind = COLUMNS[name][0]
        field: dict[str, object] = {
            "name": name,
            "type": kind,
            "title": name if kind != "string" else description.partition(":")[0],
            "description": description,
        }
        if name in REQUIRED_COLUMNS:
            field["constraints"] = {"required": True}
        fields.append(field)
    return {
        "profile": "tabular-data-package",
        "name": re.sub(r"[^a-z0-9._-]+", "-", path.removesuffix(".csv").lower()),
        "title": metadata["title"],
        "description": f"{metadata['subtitle']}\n\n{metadata['definition']}\n\n{metadata['notes']}",
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
            {"title": SITE_NAME, "role": "wrangler"},
        ],
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": "data",
                "path": path,
                "title": metadata["indicator"],
                "format": "csv",
                "mediatype": "text/csv",
                "encoding": "utf-8",
                "bytes": len(table),
                "hash": f"sha256:{hashlib.sha256(table).hexdigest()}",
                "dialect": {"delimiter": ",", "header": True},
                "schema": {
                    "fields": fields,
                    "missingValues": [""],
                    "primaryKey": list(KEY_COLUMNS),
                },
            }
        ],
    }


def checksum_descriptor(descriptor: Mapping[str, object]) -> str:
    """The checksum of datapackage.json or of CSVW metadata, without the seal."""
    content = {name: value for name, value in descriptor.items() if name != "ripresa"}
    return checksum(json.dumps(content, ensure_ascii=False, sort_keys=True))


def write_csvw_metadata(export: ExportedTable, path: str) -> bytes:
    """CSVW metadata for a CSV, as <name>.csv-metadata.json, with the seal, for which a CSV has no place."""
    metadata, lang = build_metadata(export), export.view.lang
    descriptor: dict[str, object] = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": lang}],
        "url": path,
        "dc:title": metadata["title"],
        "dc:description": metadata["subtitle"],
        "dc:source": metadata["source"],
        "dc:license": metadata["licence"],
        "dc:bibliographicCitation": metadata["citation"],
        "dc:identifier": export.permalink,
        "dialect": {"header": True, "encoding": "utf-8", "delimiter": ","},
        "tableSchema": {
            "columns": [
                {
                    "name": name,
                    "titles": name,
                    "datatype": COLUMNS[name][0],
                    "dc:description": description,
                }
                for name, description in _describe_columns(lang).items()
            ]
        },
    }
    descriptor["ripresa"] = serialize_seal({**export.seal, "about": checksum_descriptor(descriptor)})
    return json.dumps(descriptor, ensure_ascii=False, indent=1).encode()


def render_readme(export: ExportedTable, lang: str, file_stem: str) -> str:
    """The readme of the zip in one language."""
    indicator = export.view.indicator
    sources = "\n".join(
        f"- {translate_fragments(source.publisher, lang)}, {source.name[lang]}. "
        f"{source.licence[lang]}. {source.url}\n  {source.note[lang]}"
        for source in export.sources
    )
    columns = "\n".join(f"| `{name}` | {text} |" for name, text in _describe_columns(lang).items())
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
    """The licences of the sources, each title once."""
    licences = {}
    for source in export.sources:
        title = source.licence[export.view.lang]
        name, path = LICENCES.get(source.licence["en"], ("", source.url))
        licences[title] = (
            {"name": name, "title": title, "path": path} if name else {"title": title, "path": path}
        )
    return list(licences.values())


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
