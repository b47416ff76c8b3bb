"""Rows as the figures read them: plain records with None for what is missing, and what each row is."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd

from ripresa.filters import View
from ripresa.observations import boundaries

Row = dict[str, Any]  # an observation by column name, None for what is missing

AMOUNT_UNITS = (
    "count",
    "meur",
    "keur",
)  # a whole is the sum of its parts: Italy's amount is nothing to compare a region's with
OTHER_EDITION_MARK = "‡"  # after the name of a row of another edition
SMALL_SAMPLE_SIZE = 30  # under this one firm more or less moves the share by over three points


def to_records(rows, lang: str) -> list[dict]:
    """A frame as a list of dicts: NaN and NaT as None, areas and sectors by their short names. A list comes back as it is, so that figures
    and words convert once."""
    if isinstance(rows, list):
        return rows
    columns = [
        [None if gone else value for value, gone in zip(column.tolist(), column.isna().tolist())]
        for _, column in rows.items()
    ]
    found = [dict(zip(rows.columns, values)) for values in zip(*columns)]
    for row in found:
        row["geo_name"] = (
            boundaries.SHORT_NAMES[row["geo"]][lang]
            if row["geo"] in boundaries.SHORT_NAMES
            else row["geo_name"]
        )
        row["sector_name"] = row.get("sector_short") or row.get("sector_name") or ""
    return found


def with_reference_rows(rows: pd.DataFrame, against: pd.DataFrame, view: View) -> pd.DataFrame:
    """The rows of a map and after them those they are read against: all that its figure draws, its table shows and its files hold.

    Amounts are read against nothing, and the macro-areas that nobody chose stand among dots alone."""
    drawn = [
        not is_reference(row, view)
        or (view.indicator.unit not in AMOUNT_UNITS and (view.chart == "dots" or row["level"] != "macro"))
        for row in against.to_dict("records")
    ]
    return pd.concat([rows, against[drawn]], ignore_index=True) if any(drawn) else rows


def get_row_roles(found: list[dict], view: View) -> list[str]:
    """ "reference" for the rows that others are read against, "area" for all else; rows that stand alone are read against nothing."""
    against = [is_reference(row, view) and row["geo"] not in view.geo for row in found]
    return ["reference" if one and not all(against) else "area" for one in against]


def with_values(found: Sequence[Row]) -> list[Row]:
    """Those that have a value."""
    return [row for row in found if row.get("value") is not None]


def flag_other_editions(found: list[dict]) -> list[dict]:
    """The rows of one moment, those of another edition than most of them marked; where no edition has more than half, none is the other one."""
    counts = Counter(row["edition"] for row in with_values(found))
    (home, most), *others = counts.most_common() or [("", 0)]
    if not others or most * 2 <= counts.total():
        return found
    return [row | {"apart": row["edition"] != home} for row in found]


def is_other_edition(row: dict) -> bool:
    """Of another edition than the rows around it: shown, never in their order."""
    return row.get("apart", False)


def format_edition_mark(row: dict) -> str:
    """What stands after the name of such a row."""
    return f"\N{NO-BREAK SPACE}{OTHER_EDITION_MARK}" if is_other_edition(row) else ""


def is_reference(row: dict, view: View) -> bool:
    """Whether the row is what the others are compared with (Italy for its regions, the EU for countries), not one of them."""
    if row.get("reference") is not None:
        return bool(row["reference"])
    return row.get("level") == "group" or (
        view.level == "italy" and row.get("level") in ("country", "macro") and row["geo"] not in view.geo
    )


def get_area_rows(found: list[dict], view: View) -> list[dict]:
    """The areas themselves."""
    return [row for row in found if not is_reference(row, view)]


def get_reference_rows(found: list[dict], view: View) -> list[dict]:
    """The rows they are compared with, Italy first; none for amounts, and no macro-areas."""
    if view.indicator.unit in AMOUNT_UNITS:
        return []
    return sorted(
        (row for row in found if is_reference(row, view) and row.get("level") != "macro"),
        key=lambda row: (row["geo"] != "ITA", row["geo"] != "EU27_2020"),
    )


def get_highlighted_areas(view: View) -> tuple[str, ...]:
    """The areas to bring out: those chosen, else Italy among countries."""
    return tuple(view.geo) or (() if view.level == "italy" else ("ITA",))


def has_interval(row: dict) -> bool:
    """Whether a 95% interval is known."""
    return row.get("ci_low") is not None and row.get("ci_high") is not None


def has_flag(row: dict, letter: str) -> bool:
    """Whether the row carries one of the one-letter flags of the schema."""
    return letter in (row.get("flags") or "")


def is_small_sample(row: dict) -> bool:
    """A share of fewer than 30: print the count, hatch the area."""
    return has_flag(row, "s") or (row.get("n") is not None and row["n"] < SMALL_SAMPLE_SIZE)


def is_old_survey(row: dict) -> bool:
    """A survey from before 2019 beside newer ones."""
    return has_flag(row, "o")


def is_provisional(row: dict) -> bool:
    """A figure its publisher will revise."""
    return row.get("status") == "provisional" or has_flag(row, "p")


def is_old_vintage(row: dict) -> bool:
    """A figure of an old vintage: it may be shown, never joined to another year."""
    return has_flag(row, "v")


def get_decimal_year(row: dict) -> float:
    """When the period starts as a number: 2020-07 is 2020.5. A mean of several months stands in their middle."""
    first, _, last = str(row["period"]).partition("/")
    if last:
        return round((parse_decimal_year(first) + parse_decimal_year(last)) / 2, 3)
    starts = row.get("period_start")
    if starts is None:
        return parse_decimal_year(row["period"])
    if isinstance(starts, str):
        starts = date.fromisoformat(starts[:10])
    return round(starts.year + (starts.month - 1) / 12 + (starts.day - 1) / 365, 3)


def parse_decimal_year(period: str) -> float:
    """The same for a period code: 2021-02 is 2021.083."""
    return round(
        int(period[:4]) + (int(period[5:7]) - 1) / 12 if period[5:7].isdigit() else int(period[:4]), 3
    )


def has_several(found: list[dict], column: str) -> bool:
    """Whether a column holds more than one value."""
    return len({row.get(column) for row in found}) > 1


def unique_in_order(found: list[dict], column: str) -> list:
    """The values of a column, each once, in order of appearance."""
    return list(dict.fromkeys(row[column] for row in found))
