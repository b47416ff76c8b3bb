"""How firms like this one scored: only from the last published release, never from live rows, never from the invented sample."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ripresa.diagnosis.italian_areas import ITALY
from ripresa.disclosure.linked_tables import ALL

GROUPINGS = ("sector", "size_class", ALL)  # nearest first; no rung crosses two, because a release does not
QUARTILES = ("q1", "median", "q3")


@dataclass(frozen=True)
class PeerStatistics:
    """Median and middle half of a score in the nearest group with enough firms; `rung` is sector, size_class or all, `code` its block."""

    grouping: str
    group_code: str
    sample_size: int
    month_to: str
    q1: float
    median: float
    q3: float


def find_peer_statistics(
    rows: Iterable[Mapping], measure: str, sector: str = "", size: str = "", min_count: int = 30
) -> PeerStatistics | None:
    """The peers of a firm for "overall" or a goal; None while no group has `least` real diagnoses."""
    scores = [
        r
        for r in rows
        if r["table_id"] == "score"
        and r["measure"] == measure
        and not r["label"]
        and r["area"] == ITALY
        and r["estimate"] not in ("", None)
    ]
    own = {"sector": sector, "size_class": size}
    for rung in GROUPINGS:
        group = [r for r in scores if _is_in_group(r, rung, own)]
        found = {r["category"]: r for r in group}
        if set(QUARTILES) <= set(found) and int(found["median"]["n_shown"]) >= min_count:
            values = [float(found[name]["estimate"]) for name in QUARTILES]
            median = found["median"]
            return PeerStatistics(
                rung, median.get(rung, ALL), int(median["n_shown"]), median["month_to"], *values
            )
    return None


def _is_in_group(row: Mapping, grouping: str, own: Mapping[str, str]) -> bool:
    """The row is about the firm's own block on this rung, and about everybody on the others."""
    return all(own[k] in row[k].split("+") if k == grouping else row[k] == ALL for k in own)
