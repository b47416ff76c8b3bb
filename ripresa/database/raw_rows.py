"""Parses and validates the rows of data/raw and data/imports."""

import re
from collections.abc import Mapping

from ripresa.catalogue import Indicator
from ripresa.database.code_lists import CodeList
from ripresa.database.published_observation import Citation, PublishedObservation, parse_period_start

RAW_COLUMNS = (
    "indicator geo geo_label sector gender size period edition value unit n population status flag "
    "exclusion_reason confidence publisher title published url"
).split()
CODE_LIST_OF_COLUMN = {
    "geo": "geographies",
    "sector": "sectors",
    "gender": "genders",
    "size": "sizes",
    "edition": "editions",
    "unit": "units",
}
STATUSES = ("ok", "provisional", "derived", "disputed")
RAW_EXCLUSION_REASONS = ("", "disputed", "subgroup", "no_period")
FLAGS = frozenset("bcdenpuz")
VALUE_RANGES = {
    "percent": (0, 100),
    "points": (-100, 100),
    "percent_change": (-100, 1000),
    "count": (0, 1e9),
    "meur": (-1e7, 1e8),
    "keur": (0, 1e10),
    "index": (-200, 1000),
    "rank": (1, 300),
}
DECIMAL_PATTERN = r"-?\d+(\.\d+)?"


class RawRowParser:
    """Parses the rows of a dataset against its code lists and indicators."""

    def __init__(self, code_lists: Mapping[str, CodeList], indicators: Mapping[str, Indicator]):
        self.code_lists, self.indicators = code_lists, indicators
        geographies = code_lists["geographies"].rows
        self._groups = {row["code"] for row in geographies if row["level"] == "group"}

    def parse(self, row: Mapping[str, str], source: str, place: str) -> PublishedObservation:
        """One row of a raw file. Raises KeyError or ValueError with what is wrong, without the place."""
        codes = self._resolve_codes(row)
        _check_vocabulary(row)
        if not re.fullmatch(DECIMAL_PATTERN, row["value"]):
            raise ValueError(f"value {row['value']!r} is not a plain decimal number such as 12.5")
        if row["period"] or row["exclusion_reason"] != "no_period":
            parse_period_start(row["period"])
        self._check_unit_and_range(row, codes["unit"])
        ci_low, ci_high = _parse_interval(row)
        is_labelled_group = row["geo_label"] and codes["geo"] in self._groups
        label = f" ({row['geo_label']})" if is_labelled_group else ""
        return PublishedObservation(
            indicator=row["indicator"],
            geo_label=row["geo_label"],
            period=row["period"],
            value=float(row["value"]),
            n=row["n"],
            population=row["population"] + label,
            status=row["status"],
            decimals=len(row["value"].partition(".")[2]),
            flags=row["flag"],
            exclusion_reason=row["exclusion_reason"],
            source=source,
            source_location=place,
            ci_low=ci_low,
            ci_high=ci_high,
            citation=Citation(*(row[name] for name in Citation._fields)),
            **codes,
        )

    def _resolve_codes(self, row: Mapping[str, str]) -> dict[str, str]:
        codes = {}
        for column, code_list in CODE_LIST_OF_COLUMN.items():
            try:
                codes[column] = self.code_lists[code_list].find_code(row[column])
            except KeyError as error:
                raise KeyError(f"{column} {error.args[0]}") from None
        return codes

    def _check_unit_and_range(self, row: Mapping[str, str], unit: str) -> None:
        """Checks rows that will be charted; the others may have any unit and value."""
        indicator = self.indicators.get(row["indicator"])
        if not indicator or row["exclusion_reason"]:
            return
        if unit not in (indicator.unit, *indicator.accepted_units):
            raise ValueError(
                f"unit {row['unit']!r} means {unit}, but {indicator.id} is in {indicator.unit}; "
                "correct the row or the catalogue"
            )
        lowest, highest = indicator.range or VALUE_RANGES[indicator.unit]
        if not lowest <= float(row["value"]) <= highest:
            raise ValueError(f"value {row['value']} of {indicator.id} is outside {lowest:g} to {highest:g}")


def _check_vocabulary(row: Mapping[str, str]) -> None:
    for name, allowed in (("status", STATUSES), ("exclusion_reason", RAW_EXCLUSION_REASONS)):
        if row[name] not in allowed:
            raise ValueError(
                f"{name} {row[name]!r} is not known; use one of: {', '.join(filter(None, allowed))}"
            )
    if not set(row["flag"]) <= FLAGS:
        raise ValueError(f"flag {row['flag']!r} is not known; use some of: {', '.join(sorted(FLAGS))}")
    if not row["publisher"] or not row["title"]:
        raise ValueError("publisher or title is empty: every figure names where it was read")


def _parse_interval(row: Mapping[str, str]) -> tuple[float | None, float | None]:
    """The published 95% interval of a row, where its file has the columns ci_low and ci_high."""
    low, high = row.get("ci_low", ""), row.get("ci_high", "")
    if not low and not high:
        return None, None
    are_numbers = all(re.fullmatch(DECIMAL_PATTERN, end) for end in (low, high))
    if not are_numbers or not float(low) <= float(row["value"]) <= float(high):
        raise ValueError(
            f"ci_low {low!r} and ci_high {high!r} are not two numbers around value {row['value']}"
        )
    return float(low), float(high)
