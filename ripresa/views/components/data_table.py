"""Rows as a table a reader can check: HTML in the visitor's language on the page, clean CSV in the file."""

import re
from html import escape

import pandas as pd

from ripresa.database.query import get_data_version
from ripresa.exports.seal import escape_formula
from ripresa.i18n import (
    MISSING_TEXT,
    format_interval,
    format_number,
    format_period,
    format_value,
    t,
    translate_fragments,
)

CELL_FORMATTERS = {
    "geo_name": lambda row, unit, decimals, lang: (
        t("reference", lang, name=row["geo_name"]) if row.get("role") == "reference" else row["geo_name"]
    ),
    "sector_name": lambda row, unit, decimals, lang: row["sector_name"],
    "gender_name": lambda row, unit, decimals, lang: row["gender_name"],
    "size_name": lambda row, unit, decimals, lang: row["size_name"],
    "period": lambda row, unit, decimals, lang: format_period(row["period"], lang),
    "value": lambda row, unit, decimals, lang: format_value(row["value"], unit, decimals, lang),
    "since": lambda row, unit, decimals, lang: row["since"],
    "interval": lambda row, unit, decimals, lang: (
        format_interval(row["ci_low"], row["ci_high"], unit, decimals, lang) or MISSING_TEXT
    ),
    "n": lambda row, unit, decimals, lang: row["sample_size_note"] or format_number(row["n"], lang),
    "status": lambda row, unit, decimals, lang: t(f"status_{row['status']}", lang),
    "edition_name": lambda row, unit, decimals, lang: row["edition_name"],
    "source_name": lambda row, unit, decimals, lang: row["source_name"],
    "documents": lambda row, unit, decimals, lang: row["documents"],
}
INTERNAL_LINK = re.compile(
    r"#|[a-z_]+\?lang="
)  # addresses of this dashboard; others than these and the web's are no links
MAX_UNSCROLLED_ROWS = 25  # rows; a table with no more shows them all
LONG_TEXT_LENGTH = 60  # characters from which a column is given room
NUMERIC_COLUMNS = ("value", "interval", "n")
COLUMNS_IF_PRESENT = ("since", "documents")  # shown when the rows bring them
COLUMNS_IF_VARYING = {
    "sector_name": "sector",
    "gender_name": "gender",
    "size_name": "size",
}  # shown when the rows differ or are not the total
COLUMNS_IF_NOT_NULL = {"interval": "ci_low", "n": "n"}  # shown when any row has one


def render_observations(rows: pd.DataFrame, indicator, lang: str, caption: str) -> str:
    """Rows of observations as an HTML table, with the columns that say something for these rows."""
    names = [name for name in CELL_FORMATTERS if _is_informative_column(rows, name)]
    body = [
        {name: CELL_FORMATTERS[name](row, indicator.unit, indicator.decimals, lang) for name in names}
        for row in rows.to_dict("records")
    ]
    heads = {name: t(f"column_{name}", lang) for name in names}
    return render_table(body, heads, caption, numeric_columns=NUMERIC_COLUMNS)


def render_table(
    rows: list[dict],
    headers: dict[str, str],
    caption: str,
    numeric_columns: tuple[str, ...] = (),
    stacked: bool = False,
    link_target: str = "_self",
) -> str:
    """A plain table: `heads` gives the columns and their words, `body` the cells as text. The first column names the row.
    stacked: on a narrow screen each row is a card, and its cells say their column. tab: where links to other pages of the dashboard open."""
    first = next(iter(headers))
    long = [
        name
        for name in headers
        if any(
            not isinstance(row.get(name), list) and len(str(row.get(name))) > LONG_TEXT_LENGTH for row in rows
        )
    ]
    head = "".join(
        f'<th scope="col"{_build_class_attribute(name, numeric_columns, long)}>{escape(word)}</th>'
        for name, word in headers.items()
    )
    lines, named = (
        [],
        {name: f' data-head="{escape(word)}"' if stacked else "" for name, word in headers.items()},
    )
    for row in rows:
        cells = "".join(
            f"<td{_build_class_attribute(name, numeric_columns, long)}{named[name]}>{_render_cell(row.get(name), link_target)}</td>"
            for name in headers
            if name != first
        )
        lines.append(
            f'<tr><th scope="row"{_build_class_attribute(first, numeric_columns, [])}>{_render_cell(row.get(first), link_target)}</th>{cells}</tr>'
        )
    return (
        f'<div class="table{" stacked" if stacked else ""}{" table--full" if len(rows) <= MAX_UNSCROLLED_ROWS else ""}"><p>{escape(caption)}</p><div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table aria-label="{escape(caption)}"><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div></div>'
    )


def build_csv(rows: pd.DataFrame) -> bytes:
    """The rows as they are: header on line 1, codes and plain decimals, missing cells empty, no cell a spreadsheet would run."""
    safe = rows.copy()
    for name in safe.select_dtypes(include=["object", "string"]).columns:
        safe[name] = [escape_formula(value) if isinstance(value, str) else value for value in safe[name]]
    return safe.to_csv(index=False, lineterminator="\n").encode()


def build_observations_csv(rows: pd.DataFrame, lang: str) -> bytes:
    """Figures as a file: the population of each in the reader's language, and the data version."""
    return build_csv(
        rows.assign(
            population=[translate_fragments(text, lang, "population_") for text in rows["population"]],
            data_version=get_data_version(),
        )
    )


def _is_informative_column(rows: pd.DataFrame, name: str) -> bool:
    if name in COLUMNS_IF_VARYING:
        code = rows[COLUMNS_IF_VARYING[name]]
        return code.nunique() > 1 or bool((code != "all").any())
    if name in COLUMNS_IF_PRESENT:
        return name in rows
    if name in COLUMNS_IF_NOT_NULL:
        return bool(rows[COLUMNS_IF_NOT_NULL[name]].notna().any())
    return True


def _build_class_attribute(name: str, numbers: tuple[str, ...], long: list[str]) -> str:
    return ' class="number"' if name in numbers else ' class="long"' if name in long else ""


def _render_cell(value, link_target: str = "_self") -> str:
    """Text is escaped; a (text, address) pair becomes a link, a list of them several. A third word is the whole name of a link that many rows
    repeat: the Tab key passes by, and the page offers another way there."""
    if isinstance(value, list):
        return " ".join(map(_render_cell, value)) or MISSING_TEXT
    if isinstance(value, tuple):
        text, address, *name = value
        where = (
            'target="_blank" rel="noopener"'
            if address.startswith(("https://", "http://"))
            else f'target="{link_target if address[0] != "#" else "_self"}"'
            if INTERNAL_LINK.match(address)
            else ""
        )
        repeated = f' tabindex="-1" aria-label="{escape(name[0])}"' if name else ""
        return f'<a href="{escape(address)}" {where}{repeated}>{escape(text)}</a>' if where else escape(text)
    return escape(MISSING_TEXT if value is None or value != value else str(value))
