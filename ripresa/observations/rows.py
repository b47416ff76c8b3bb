"""Observations as plain records: their conversion from a DataFrame and the predicates that figures use."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, cast

import pandas as pd

from ripresa.filters import View
from ripresa.observations import boundaries

Row = dict[str, Any]  # an observation by column name, None for what is missing

# The amount of a country is the sum over its regions, so it is no benchmark for one of them.
AMOUNT_UNITS = ("count", "meur", "keur")
OTHER_EDITION_MARK = "‡"  # after the name of a row of another edition
SMALL_SAMPLE_SIZE = 30  # below this, one firm more or less moves the share by over three points


def to_records(rows: pd.DataFrame | list[Row], lang: str) -> list[Row]:
    """A DataFrame as records: NaN and NaT become None, areas and sectors get their short names.

    A list is returned unchanged, so that a figure and its text convert the rows once.
    """
    if isinstance(rows, list):
        return rows
    columns = {
        str(name): [
            None if is_na else value
            for value, is_na in zip(column.tolist(), column.isna().tolist(), strict=True)
        ]
        for name, column in rows.items()
    }
    records = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    for row in records:
        if row["geo"] in boundaries.SHORT_NAMES:
            row["geo_name"] = boundaries.SHORT_NAMES[row["geo"]][lang]
        row["sector_name"] = row.get("sector_short") or row.get("sector_name") or ""
    return records


def with_reference_rows(rows: pd.DataFrame, reference_rows: pd.DataFrame, view: View) -> pd.DataFrame:
    """The rows of a map followed by the rows they are compared with: all rows of the figure, table and files.

    Amounts get no reference rows. Macro-areas that are not selected are added to dot plots only.
    """
    is_included = [
        not is_reference(row, view)
        or (view.indicator.unit not in AMOUNT_UNITS and (view.chart == "dots" or row["level"] != "macro"))
        for row in cast(list[Row], reference_rows.to_dict("records"))
    ]
    return pd.concat([rows, reference_rows[is_included]], ignore_index=True) if any(is_included) else rows


def get_row_roles(rows: Iterable[Row], view: View) -> list[str]:
    """ "reference" for the rows that others are compared with and "area" for the rest, in order.

    If there are no others, all rows are areas.
    """
    are_references = [is_reference(row, view) and row["geo"] not in view.geo for row in rows]
    if all(are_references):
        return ["area"] * len(are_references)
    return ["reference" if is_row_reference else "area" for is_row_reference in are_references]


def with_values(rows: Iterable[Row]) -> list[Row]:
    """The rows that have a value."""
    return [row for row in rows if row.get("value") is not None]


def flag_other_editions(rows: list[Row]) -> list[Row]:
    """Rows of one period, marked where their edition is not the edition of most rows.

    Without an edition that has more than half of the rows, nothing is marked.
    """
    counts = Counter(row["edition"] for row in with_values(rows))
    if len(counts) < 2:
        return rows
    [(main_edition, count)] = counts.most_common(1)
    if count * 2 <= counts.total():
        return rows
    return [row | {"is_other_edition": row["edition"] != main_edition} for row in rows]


def is_other_edition(row: Row) -> bool:
    """Whether the row is of another edition than most rows: it is visible but not ranked."""
    return bool(row.get("is_other_edition"))


def format_edition_mark(row: Row) -> str:
    """The mark after the name of a row of another edition, else ""."""
    return f"\N{NO-BREAK SPACE}{OTHER_EDITION_MARK}" if is_other_edition(row) else ""


def is_reference(row: Row, view: View) -> bool:
    """Whether the other rows are compared with this one: Italy for its regions, the EU for countries."""
    if row.get("reference") is not None:
        return bool(row["reference"])
    return row.get("level") == "group" or (
        view.level == "italy" and row.get("level") in ("country", "macro") and row["geo"] not in view.geo
    )


def get_area_rows(rows: Iterable[Row], view: View) -> list[Row]:
    """The rows that are not reference rows."""
    return [row for row in rows if not is_reference(row, view)]


def get_reference_rows(rows: Iterable[Row], view: View) -> list[Row]:
    """The reference rows without macro-areas, Italy first, then the EU; none for amounts."""
    if view.indicator.unit in AMOUNT_UNITS:
        return []
    return sorted(
        (row for row in rows if is_reference(row, view) and row.get("level") != "macro"),
        key=lambda row: (row["geo"] != "ITA", row["geo"] != "EU27_2020"),
    )


def get_highlighted_areas(view: View) -> tuple[str, ...]:
    """The codes of the selected areas; without a selection Italy, where countries are compared."""
    return tuple(view.geo) or (() if view.level == "italy" else ("ITA",))


def has_interval(row: Row) -> bool:
    """Whether the row has a 95% confidence interval."""
    return row.get("ci_low") is not None and row.get("ci_high") is not None


def has_flag(row: Row, letter: str) -> bool:
    """Whether the row has this one-letter flag of the schema."""
    return letter in (row.get("flags") or "")


def is_small_sample(row: Row) -> bool:
    """Whether the row is a share of fewer than SMALL_SAMPLE_SIZE firms."""
    return has_flag(row, "s") or (row.get("n") is not None and row["n"] < SMALL_SAMPLE_SIZE)


def is_old_survey(row: Row) -> bool:
    """Whether the row is of a survey from before 2019 among newer ones."""
    return has_flag(row, "o")


def is_provisional(row: Row) -> bool:
    """Whether the publisher has announced a revision of the value."""
    return row.get("status") == "provisional" or has_flag(row, "p")


def is_old_vintage(row: Row) -> bool:
    """Whether the value is of an old vintage: it is visible but not joined to other periods."""
    return has_flag(row, "v")


def get_decimal_year(row: Row) -> float:
    """The start of the period as a number, 2020.5 for 2020-07; for a range of periods, its middle."""
    first, _, last = str(row["period"]).partition("/")
    if last:
        return round((parse_decimal_year(first) + parse_decimal_year(last)) / 2, 3)
    start = row.get("period_start")
    if start is None:
        return parse_decimal_year(first)
    if isinstance(start, str):
        start = date.fromisoformat(start[:10])
    return round(float(start.year + (start.month - 1) / 12 + (start.day - 1) / 365), 3)


def parse_decimal_year(period: str) -> float:
    """The start of a year or month as a number, 2021.083 for 2021-02."""
    month = int(period[5:7]) if period[5:7].isdigit() else 1
    return round(int(period[:4]) + (month - 1) / 12, 3)


def has_several(rows: Iterable[Row], column: str) -> bool:
    """Whether a column has more than one distinct value."""
    return len({row.get(column) for row in rows}) > 1


def unique_in_order(rows: Iterable[Row], column: str) -> list[Any]:
    """The distinct values of a column in order of appearance."""
    return list(dict.fromkeys(row[column] for row in rows))


def get_values(rows: Iterable[Row], columns: Sequence[str] = ("value", "ci_low", "ci_high")) -> list[float]:
    """All numbers in these columns, by default the values and the ends of their intervals."""
    return [row[column] for row in rows for column in columns if row[column] is not None]
