"""Tables of the pages: HTML in the visitor's language, and clean CSV for the files."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import cast

import pandas as pd

from ripresa.catalogue import Indicator
from ripresa.database.query import get_data_version
from ripresa.exports.seal import escape_formula
from ripresa.i18n import (
    MISSING_TEXT,
    format_interval,
    format_number,
    format_period,
    format_value,
    is_missing,
    t,
    translate_fragments,
)
from ripresa.observations.rows import Row
from ripresa.templating import Markup, render_template

Cell = object  # text or a number; (text, URL[, full name]) for a link; a list of links


def _format_area(row: Row, lang: str) -> str:
    name: str = row["geo_name"]
    return t("reference", lang, name=name) if row.get("role") == "reference" else name


CELL_FORMATTERS: Mapping[str, Callable[[Row, Indicator, str], Cell]] = {
    "geo_name": lambda row, indicator, lang: _format_area(row, lang),
    "sector_name": lambda row, indicator, lang: row["sector_name"],
    "gender_name": lambda row, indicator, lang: row["gender_name"],
    "size_name": lambda row, indicator, lang: row["size_name"],
    "period": lambda row, indicator, lang: format_period(row["period"], lang),
    "value": lambda row, indicator, lang: format_value(
        row["value"], indicator.unit, indicator.decimals, lang
    ),
    "since": lambda row, indicator, lang: row["since"],
    "interval": lambda row, indicator, lang: (
        format_interval(row["ci_low"], row["ci_high"], indicator.unit, indicator.decimals, lang)
        or MISSING_TEXT
    ),
    "n": lambda row, indicator, lang: row["sample_size_note"] or format_number(row["n"], lang),
    "status": lambda row, indicator, lang: t(f"status_{row['status']}", lang),
    "edition_name": lambda row, indicator, lang: row["edition_name"],
    "source_name": lambda row, indicator, lang: row["source_name"],
    "documents": lambda row, indicator, lang: row["documents"],
}
INTERNAL_LINK = re.compile(r"#|[a-z_]+\?lang=")  # URLs of this dashboard: these and http(s) become links
MAX_UNSCROLLED_ROWS = 25  # a table with no more rows is shown in full
LONG_TEXT_LENGTH = 60  # characters from which a column gets a minimum width
NUMERIC_COLUMNS = ("value", "interval", "n")
COLUMNS_IF_PRESENT = ("since", "documents")  # shown when the rows have them
COLUMNS_IF_VARYING = {  # shown when the rows differ in this code or it is not the total
    "sector_name": "sector",
    "gender_name": "gender",
    "size_name": "size",
}
COLUMNS_IF_NOT_NULL = {"interval": "ci_low", "n": "n"}  # shown when any row has a value there


def render_observations(rows: pd.DataFrame, indicator: Indicator, lang: str, caption: str) -> Markup:
    """Rows of observations as an HTML table, without the columns that are the same for all rows."""
    names = [name for name in CELL_FORMATTERS if _is_informative_column(rows, name)]
    body = [
        {name: CELL_FORMATTERS[name](row, indicator, lang) for name in names}
        for row in cast(list[Row], rows.to_dict("records"))
    ]
    headers = {name: t(f"column_{name}", lang) for name in names}
    return render_table(body, headers, caption, numeric_columns=NUMERIC_COLUMNS)


def render_table(
    rows: Sequence[Mapping[str, Cell]],
    headers: Mapping[str, str],
    caption: str,
    numeric_columns: Collection[str] = (),
    stacked: bool = False,
    link_target: str = "_self",
) -> Markup:
    """An HTML table of the columns named in `headers`, in that order; the first column holds the row headers.

    stacked: on a narrow screen each row is laid out as a card, with the column's header before each cell;
    link_target: where links to other pages of the dashboard open."""
    return render_template(
        "components/table.html",
        headers=headers,
        rows=[{name: _render_cell(row.get(name), link_target) for name in headers} for row in rows],
        caption=caption,
        numeric_columns=numeric_columns,
        long_columns=[name for name in headers if any(_is_long_text(row.get(name)) for row in rows)],
        stacked=stacked,
        is_full=len(rows) <= MAX_UNSCROLLED_ROWS,
    )


def build_csv(rows: pd.DataFrame) -> bytes:
    """The rows as CSV in UTF-8: header on line 1, missing cells empty, formulas escaped for spreadsheets."""
    safe = rows.copy()
    for name in safe.select_dtypes(include=["object", "string"]).columns:
        safe[name] = [escape_formula(value) if isinstance(value, str) else value for value in safe[name]]
    return safe.to_csv(index=False, lineterminator="\n").encode()


def build_observations_csv(rows: pd.DataFrame, lang: str) -> bytes:
    """Observations as CSV, with their population in the visitor's language and the data version."""
    population = [translate_fragments(text, lang, "population_") for text in rows["population"]]
    return build_csv(rows.assign(population=population, data_version=get_data_version()))


def _is_informative_column(rows: pd.DataFrame, name: str) -> bool:
    if name in COLUMNS_IF_VARYING:
        codes = rows[COLUMNS_IF_VARYING[name]]
        return codes.nunique() > 1 or bool((codes != "all").any())
    if name in COLUMNS_IF_PRESENT:
        return name in rows
    if name in COLUMNS_IF_NOT_NULL:
        return bool(rows[COLUMNS_IF_NOT_NULL[name]].notna().any())
    return True


def _is_long_text(cell: Cell) -> bool:
    return not isinstance(cell, list) and len(str(cell)) > LONG_TEXT_LENGTH


def _render_cell(cell: Cell, link_target: str = "_self") -> str | Markup:
    """A cell as text or links.

    The full name of a link is its accessible name, where many rows repeat a short text. Such a link is not in
    the tab order: the page has another way to its target."""
    if isinstance(cell, list):
        return Markup(" ").join(_render_cell(link) for link in cell) or MISSING_TEXT
    if isinstance(cell, tuple):
        text, url, *full_name = cell
        return _render_link(text, url, full_name[0] if full_name else "", link_target)
    return cell if isinstance(cell, str) else MISSING_TEXT if is_missing(cell) else str(cell)


def _render_link(text: str, url: str, full_name: str, link_target: str) -> str | Markup:
    is_external = url.startswith(("https://", "http://"))
    if not is_external and not INTERNAL_LINK.match(url):
        return text
    return render_template(
        "components/table_cell_link.html",
        text=text,
        url=url,
        full_name=full_name,
        is_external=is_external,
        target="_self" if url.startswith("#") else link_target,
    )
