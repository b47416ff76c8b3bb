"""Rows as a table a reader can check: HTML in the visitor's language on the page, clean CSV in the file."""

import re
from html import escape

import pandas as pd

from ripresa.database.query import version
from ripresa.exports.seal import neutral
from ripresa.i18n import MISSING, interval_text, noted, number, period_text, t, value_text

CELLS = {
    "geo_name": lambda row, unit, decimals, lang: (
        t("reference", lang, name=row["geo_name"]) if row.get("role") == "reference" else row["geo_name"]
    ),
    "sector_name": lambda row, unit, decimals, lang: row["sector_name"],
    "gender_name": lambda row, unit, decimals, lang: row["gender_name"],
    "size_name": lambda row, unit, decimals, lang: row["size_name"],
    "period": lambda row, unit, decimals, lang: period_text(row["period"], lang),
    "value": lambda row, unit, decimals, lang: value_text(row["value"], unit, decimals, lang),
    "since": lambda row, unit, decimals, lang: row["since"],
    "interval": lambda row, unit, decimals, lang: (
        interval_text(row["ci_low"], row["ci_high"], unit, decimals, lang) or MISSING
    ),
    "n": lambda row, unit, decimals, lang: row["sample_size_note"] or number(row["n"], lang),
    "status": lambda row, unit, decimals, lang: t(f"status_{row['status']}", lang),
    "edition_name": lambda row, unit, decimals, lang: row["edition_name"],
    "source_name": lambda row, unit, decimals, lang: row["source_name"],
    "documents": lambda row, unit, decimals, lang: row["documents"],
}
INSIDE = re.compile(
    r"#|[a-z_]+\?lang="
)  # addresses of this dashboard; others than these and the web's are no links
WHOLE = 25  # rows; a table with no more shows them all
LONG = 60  # characters from which a column is given room
NUMBERS = ("value", "interval", "n")
GIVEN = ("since", "documents")  # shown when the rows bring them
OPTIONAL = {
    "sector_name": "sector",
    "gender_name": "gender",
    "size_name": "size",
}  # shown when the rows differ or are not the total
EMPTY = {"interval": "ci_low", "n": "n"}  # shown when any row has one


def figures(rows: pd.DataFrame, indicator, lang: str, caption: str) -> str:
    """Rows of observations as an HTML table, with the columns that say something for these rows."""
    names = [name for name in CELLS if _says_something(rows, name)]
    body = [
        {name: CELLS[name](row, indicator.unit, indicator.decimals, lang) for name in names}
        for row in rows.to_dict("records")
    ]
    heads = {name: t(f"column_{name}", lang) for name in names}
    return html(body, heads, caption, numbers=NUMBERS)


def html(
    body: list[dict],
    heads: dict[str, str],
    caption: str,
    numbers: tuple[str, ...] = (),
    stacked: bool = False,
    tab: str = "_self",
) -> str:
    """A plain table: `heads` gives the columns and their words, `body` the cells as text. The first column names the row.
    stacked: on a narrow screen each row is a card, and its cells say their column. tab: where links to other pages of the dashboard open."""
    first = next(iter(heads))
    long = [
        name
        for name in heads
        if any(not isinstance(row.get(name), list) and len(str(row.get(name))) > LONG for row in body)
    ]
    head = "".join(
        f'<th scope="col"{_class(name, numbers, long)}>{escape(word)}</th>' for name, word in heads.items()
    )
    lines, named = (
        [],
        {name: f' data-head="{escape(word)}"' if stacked else "" for name, word in heads.items()},
    )
    for row in body:
        cells = "".join(
            f"<td{_class(name, numbers, long)}{named[name]}>{_cell(row.get(name), tab)}</td>"
            for name in heads
            if name != first
        )
        lines.append(
            f'<tr><th scope="row"{_class(first, numbers, [])}>{_cell(row.get(first), tab)}</th>{cells}</tr>'
        )
    return (
        f'<div class="table{" stacked" if stacked else ""}{" whole" if len(body) <= WHOLE else ""}"><p>{escape(caption)}</p><div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table aria-label="{escape(caption)}"><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div></div>'
    )


def csv(rows: pd.DataFrame) -> bytes:
    """The rows as they are: header on line 1, codes and plain decimals, missing cells empty, no cell a spreadsheet would run."""
    safe = rows.copy()
    for name in safe.select_dtypes(include=["object", "string"]).columns:
        safe[name] = [neutral(value) if isinstance(value, str) else value for value in safe[name]]
    return safe.to_csv(index=False, lineterminator="\n").encode()


def file(rows: pd.DataFrame, lang: str) -> bytes:
    """Figures as a file: the population of each in the reader's language, and the data version."""
    return csv(
        rows.assign(
            population=[noted(text, lang, "population_") for text in rows["population"]],
            data_version=version(),
        )
    )


def _says_something(rows: pd.DataFrame, name: str) -> bool:
    if name in OPTIONAL:
        code = rows[OPTIONAL[name]]
        return code.nunique() > 1 or bool((code != "all").any())
    if name in GIVEN:
        return name in rows
    if name in EMPTY:
        return bool(rows[EMPTY[name]].notna().any())
    return True


def _class(name: str, numbers: tuple[str, ...], long: list[str]) -> str:
    return ' class="number"' if name in numbers else ' class="long"' if name in long else ""


def _cell(value, tab: str = "_self") -> str:
    """Text is escaped; a (text, address) pair becomes a link, a list of them several. A third word is the whole name of a link that many rows
    repeat: the Tab key passes by, and the page offers another way there."""
    if isinstance(value, list):
        return " ".join(map(_cell, value)) or MISSING
    if isinstance(value, tuple):
        text, address, *name = value
        where = (
            'target="_blank" rel="noopener"'
            if address.startswith(("https://", "http://"))
            else f'target="{tab if address[0] != "#" else "_self"}"'
            if INSIDE.match(address)
            else ""
        )
        repeated = f' tabindex="-1" aria-label="{escape(name[0])}"' if name else ""
        return f'<a href="{escape(address)}" {where}{repeated}>{escape(text)}</a>' if where else escape(text)
    return escape(MISSING if value is None or value != value else str(value))
