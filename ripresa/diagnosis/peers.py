"""Scores of comparable firms, from the last published release: never live rows or the sample."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ripresa.diagnosis.italian_areas import ITALY
from ripresa.disclosure.linked_tables import ALL

GROUPINGS = (
    "sector",
    "size_class",
    ALL,
)  # nearest first; none crosses two dimensions, because a release does not
QUARTILES = ("q1", "median", "q3")

ReleaseRow = Mapping[str, str | int | float]


@dataclass(frozen=True)
class PeerStatistics:
    """Median and quartiles of a score in the nearest group with enough firms.

    `grouping` is sector, size_class or all; `group_code` is the block of the group.
    """

    grouping: str
    group_code: str
    sample_size: int
    month_to: str
    q1: float
    median: float
    q3: float


def find_peer_statistics(
    rows: Iterable[ReleaseRow], measure: str, sector: str = "", size: str = "", min_count: int = 30
) -> PeerStatistics | None:
    """The peers of a firm for "overall" or a goal; None while no group has `min_count` real diagnoses."""
    scores = [
        row
        for row in rows
        if row["table_id"] == "score"
        and row["measure"] == measure
        and not row["label"]
        and row["area"] == ITALY
        and row["estimate"] not in ("", None)
    ]
    codes = {"sector": sector, "size_class": size}
    for grouping in GROUPINGS:
        quartiles = {row["category"]: row for row in scores if _is_in_group(row, grouping, codes)}
        if not set(QUARTILES) <= set(quartiles):
            continue
        median = quartiles["median"]
        sample_size = int(median["n_shown"])
        if sample_size >= min_count:
            group_code, month_to = str(median.get(grouping, ALL)), str(median["month_to"])
            values = [float(quartiles[name]["estimate"]) for name in QUARTILES]
            return PeerStatistics(grouping, group_code, sample_size, month_to, *values)
    return None


def _is_in_group(row: ReleaseRow, grouping: str, codes: Mapping[str, str]) -> bool:
    """The row covers the firm's code in this grouping, and all firms in the other dimensions."""
    return all(
        codes[column] in str(row[column]).split("+") if column == grouping else row[column] == ALL
        for column in codes
    )
