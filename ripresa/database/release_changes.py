"""Differences between two versions of the data: revised, new and withdrawn observations."""

import math
from typing import cast

import pandas as pd

from ripresa.database.published_observation import KEY_COLUMNS

CHANGE_KINDS = ("revised", "new", "withdrawn")
VALUE_COLUMNS = ("value", "ci_low", "ci_high")
SERIES_KEY = ("geo", "sector", "gender", "size", "edition")  # identifies a series of one indicator
MAX_LISTED_CHANGES = 200  # more changes of one indicator and edition become one line


def diff_observations(
    was: pd.DataFrame, now: pd.DataFrame, on: tuple[str, ...] = KEY_COLUMNS
) -> pd.DataFrame:
    """Compares two sets of observations. Columns: those of `on`, kind, old_value, new_value, sorted by `on`.

    kind is same, revised, new or withdrawn.
    """
    columns = [*on, *VALUE_COLUMNS]
    merged = was[columns].merge(now[columns], on=list(on), how="outer", suffixes=("_was", "_now"))
    kind = _classify_changes(merged)
    only_interval_changed = (kind == "revised") & (merged["value_was"] == merged["value_now"])
    old_value, new_value = (
        [
            _format_observation(*values)
            for values in zip(
                *(merged[f"{name}_{side}"] for name in VALUE_COLUMNS), only_interval_changed, strict=True
            )
        ]
        for side in ("was", "now")
    )
    return merged[list(on)].assign(kind=kind, old_value=old_value, new_value=new_value)


def diff_view_rows(was: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """The rows of one query, such as map, in an earlier version and now.

    Columns: geo, geo_name, sector, gender, size, edition, period_was, period_now, old_value, new_value and
    kind: same, revised, newer (of a later period), new or withdrawn. Values are numbers, missing on the side
    without a row.
    """
    has_periods = any(rows.duplicated(list(SERIES_KEY)).any() for rows in (was, now))
    on = [*SERIES_KEY, *(["period"] if has_periods else [])]
    columns = [*on, "geo_name", *VALUE_COLUMNS, *([] if has_periods else ["period"])]
    merged = was[columns].merge(now[columns], on=on, how="outer", suffixes=("_was", "_now"))
    if has_periods:
        for side in ("was", "now"):
            merged[f"period_{side}"] = merged["period"].where(merged[f"value_{side}"].notna())
    merged["kind"] = _classify_changes(merged)
    merged["geo_name"] = merged["geo_name_now"].fillna(merged["geo_name_was"])
    merged = merged.rename(columns={"value_was": "old_value", "value_now": "new_value"})
    geo, *breakdowns = SERIES_KEY
    return merged[
        [geo, "geo_name", *breakdowns, "period_was", "period_now", "old_value", "new_value", "kind"]
    ]


def summarize_changes(changes: pd.DataFrame) -> list[dict[str, object]]:
    """Lines of revisions.csv: one per revised or withdrawn observation, one for all new ones per edition."""
    lines: list[dict[str, object]] = []
    changed = changes[changes["kind"] != "same"]
    for (kind, _, _), group in changed.groupby(["kind", "indicator", "edition"], sort=True):
        if kind == "new" or len(group) > MAX_LISTED_CHANGES:
            lines.append(summarize_group(str(kind), group))
        else:
            listed = group[[*KEY_COLUMNS, "kind", "old_value", "new_value"]].assign(observations=1)
            lines += cast(list[dict[str, object]], listed.to_dict("records"))
    return sorted(lines, key=lambda line: CHANGE_KINDS.index(str(line["kind"])))


def summarize_group(kind: str, rows: pd.DataFrame) -> dict[str, object]:
    """One line for several observations: shared codes, "" where they differ, periods as first/last."""
    line: dict[str, object] = {
        name: rows[name].iloc[0] if rows[name].nunique() == 1 else "" for name in KEY_COLUMNS
    }
    first, last = rows["period"].min(), rows["period"].max()
    line["period"] = line["period"] or f"{first.split('/')[0]}/{last.split('/')[-1]}"
    return line | {"kind": kind, "old_value": "", "new_value": "", "observations": len(rows)}


def _classify_changes(merged: pd.DataFrame) -> "pd.Series[str]":
    """The kind of change of each row of an outer merge; "newer" where the periods of the sides differ."""
    was, now = ({name: merged[f"{name}_{side}"] for name in VALUE_COLUMNS} for side in ("was", "now"))
    is_same = pd.Series(True, index=merged.index)
    for name in VALUE_COLUMNS:
        is_same &= (was[name] == now[name]) | (was[name].isna() & now[name].isna())
    kind = pd.Series("revised", index=merged.index).mask(is_same, "same")
    if "period_was" in merged:
        kind = kind.mask(merged["period_was"] != merged["period_now"], "newer")
    return kind.mask(now["value"].isna(), "withdrawn").mask(was["value"].isna(), "new")


def _format_observation(value: float, low: float, high: float, with_interval: bool) -> str:
    """A value as text: 7.9, or 7.9 [7.1, 8.8] where only the interval changed."""
    interval = f" [{_format_number(low)}, {_format_number(high)}]" if with_interval else ""
    return "" if math.isnan(value) else _format_number(value) + interval


def _format_number(value: float) -> str:
    if math.isnan(value):
        return ""
    return repr(int(value)) if float(value).is_integer() else repr(float(value))
