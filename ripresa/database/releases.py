"""python -m ripresa release: keeps the figures now in the database under their version, and writes what changed since the release before.

`data/releases/<version>.parquet` holds the observations of a version, `data/releases/index.csv` the order of the releases, `data/revisions.csv` the
changes: what a cited link and a file exported long ago are compared with.
"""

import csv
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet

from ripresa import settings
from ripresa.database import build
from ripresa.database.build import KEY_COLUMNS

INDEX_COLUMNS = ("version", "date", "previous", "observations")
REVISION_COLUMNS = ("date", "version", "kind", *KEY_COLUMNS, "old_value", "new_value", "observations")
CHANGE_KINDS = ("revised", "new", "withdrawn")
SERIES_KEY = ("geo", "sector", "gender", "size", "edition")  # what a figure is of, its period aside
MAX_LISTED_CHANGES = 200  # more changes of one indicator and edition are one line


class ReleaseError(ValueError):
    """One sentence: why there is no release."""


def load_releases(root: Path | None = None) -> list[dict[str, str]]:
    """The releases made, oldest first: version, date, previous, observations."""
    return _read_csv((root or settings.DATA) / "releases" / "index.csv")


def load_revisions(root: Path | None = None) -> list[dict[str, str]]:
    """Every change of every release, newest release first. An empty key column means several; observations counts them."""
    return sorted(
        _read_csv((root or settings.DATA) / "revisions.csv"), key=lambda row: row["date"], reverse=True
    )


def load_observations(version: str, root: Path | None = None) -> pd.DataFrame | None:
    """The observations of a version, from the database if it is the one in place, else as released; None where neither has it."""
    root = root or settings.DATA
    path = root / "releases" / f"{version}.parquet"
    if version.isalnum() and path.exists():
        return _read_release(path, path.stat().st_mtime_ns)
    out = settings.get_database_path(root)
    return (
        _read_database(out, out.stat().st_mtime_ns)
        if version and build.read_data_version(out) == version
        else None
    )


def create_release(root: Path | None = None, day: date | None = None) -> dict[str, str]:
    """Releases the database in place and returns its line of the index. A version already released stays as it is."""
    root = root or settings.DATA
    out = settings.get_database_path(root)
    version = build.read_data_version(out)
    if not version:
        raise ReleaseError(
            f"{out.name} is missing or cannot be read: type `python -m ripresa build`, then release."
        )
    if version != build.compute_data_version(root):
        raise ReleaseError(
            f"{out.name} is version {version}, but its inputs have changed since: type `python -m ripresa build`, then release."
        )
    made = load_releases(root)
    if found := [line for line in made if line["version"] == version]:
        return found[0]
    now = _read_database(out, out.stat().st_mtime_ns)
    before = made[-1]["version"] if made else ""
    was = load_observations(before, root) if before else None
    if before and was is None:
        raise ReleaseError(
            f"data/releases/{before}.parquet is missing: restore it from the repository, the changes are counted from it."
        )
    line = {
        "version": version,
        "date": (day or date.today()).isoformat(),
        "previous": before,
        "observations": str(len(now)),
    }
    if made and line["date"] < made[-1]["date"]:
        raise ReleaseError(
            f"Today is {line['date']} here, and the last release is of {made[-1]['date']}: set the clock, or give the day with --date."
        )
    changed = (
        summarize_changes(diff_observations(was, now))
        if was is not None
        else [_build_summary_line("new", now)]
    )
    folder = root / "releases"
    try:
        folder.mkdir(exist_ok=True)
        with _atomic_write(folder / f"{version}.parquet") as draft:
            parquet.write_table(
                pa.Table.from_pandas(now, preserve_index=False).replace_schema_metadata(None),
                draft,
                compression="zstd",
                compression_level=19,
                write_statistics=False,
            )
        _write_version_lines(
            root / "revisions.csv",
            REVISION_COLUMNS,
            [{"date": line["date"], "version": version, **change} for change in changed],
        )
        _write_version_lines(
            folder / "index.csv", INDEX_COLUMNS, [line]
        )  # last: until it is there the version is not released, and the command begins again
    except OSError as fault:
        raise ReleaseError(
            f"{folder} cannot be written ({fault.strerror or fault}): free or unlock the folder, then release again."
        ) from None
    return line


def diff_observations(
    was: pd.DataFrame, now: pd.DataFrame, on: tuple[str, ...] = KEY_COLUMNS
) -> pd.DataFrame:
    """Two sets of observations side by side: the columns `on`, old_value, new_value and kind (same, revised, new, withdrawn), in the order of `on`."""
    kept = ["value", "ci_low", "ci_high"]
    both = was[[*on, *kept]].merge(
        now[[*on, *kept]], on=list(on), how="outer", suffixes=("_was", "_now"), indicator="side"
    )
    equal = pd.concat(
        [
            (both[f"{name}_was"] == both[f"{name}_now"])
            | (both[f"{name}_was"].isna() & both[f"{name}_now"].isna())
            for name in kept
        ],
        axis=1,
    ).all(axis=1)
    kind = (
        both["side"]
        .astype(str)
        .map({"left_only": "withdrawn", "right_only": "new", "both": "revised"})
        .mask((both["side"] == "both") & equal, "same")
    )
    interval = (both["side"] == "both") & ~equal & (both["value_was"] == both["value_now"])
    said = {
        column: [
            _format_observation(*values)
            for values in zip(*(both[f"{name}_{side}"] for name in kept), interval)
        ]
        for side, column in (("was", "old_value"), ("now", "new_value"))
    }
    return both[list(on)].assign(kind=kind, **said)


def diff_view_rows(was: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """What a view showed in an earlier version beside what it shows now. was, now: rows of one question, such as map.

    Columns: geo, geo_name, sector, gender, size, edition, period_was, period_now, old_value, new_value, kind: same, revised, newer (another period took
    its place), new, withdrawn. Numbers stay numbers, missing where a side has none."""
    dated = any(rows.duplicated(list(SERIES_KEY)).any() for rows in (was, now))
    on = [*SERIES_KEY, "period"] if dated else list(SERIES_KEY)
    kept = ["geo_name", "value", "ci_low", "ci_high", *([] if dated else ["period"])]
    both = was[[*on, *kept]].merge(now[[*on, *kept]], on=on, how="outer", suffixes=("_was", "_now"))
    if dated:
        both = both.assign(
            period_was=both["period"].where(both["value_was"].notna()),
            period_now=both["period"].where(both["value_now"].notna()),
        )
    return both.assign(
        kind=[_classify_change(row) for row in both.to_dict("records")],
        geo_name=both["geo_name_now"].fillna(both["geo_name_was"]),
        old_value=both["value_was"],
        new_value=both["value_now"],
    )[
        [
            *SERIES_KEY[:1],
            "geo_name",
            *SERIES_KEY[1:],
            "period_was",
            "period_now",
            "old_value",
            "new_value",
            "kind",
        ]
    ]


def summarize_changes(changed: pd.DataFrame) -> list[dict[str, object]]:
    """The lines of revisions.csv: each revised or withdrawn figure, and one line for all the new figures of an indicator and edition."""
    lines = []
    for (kind, _, _), some in changed[changed["kind"] != "same"].groupby(
        ["kind", "indicator", "edition"], sort=True
    ):
        if kind == "new" or len(some) > MAX_LISTED_CHANGES:
            lines.append(_build_summary_line(kind, some))
        else:
            lines += [
                {
                    **{name: row[name] for name in KEY_COLUMNS},
                    "kind": kind,
                    "old_value": row["old_value"],
                    "new_value": row["new_value"],
                    "observations": 1,
                }
                for row in some.to_dict("records")
            ]
    return sorted(lines, key=lambda line: CHANGE_KINDS.index(line["kind"]))


def _build_summary_line(kind: str, some: pd.DataFrame) -> dict[str, object]:
    """One line for several figures: what they share is said, what differs is empty, periods as first/last."""
    shared = {name: some[name].iloc[0] if some[name].nunique() == 1 else "" for name in KEY_COLUMNS}
    periods = sorted(some["period"].unique())
    return {
        **shared,
        "period": shared["period"] or f"{periods[0].split('/')[0]}/{periods[-1].split('/')[-1]}",
        "kind": kind,
        "old_value": "",
        "new_value": "",
        "observations": len(some),
    }


def _classify_change(row: dict) -> str:
    if pd.isna(row["value_was"]):
        return "new"
    if pd.isna(row["value_now"]):
        return "withdrawn"
    if row["period_was"] != row["period_now"]:
        return "newer"
    return (
        "same"
        if all(
            row[f"{name}_was"] == row[f"{name}_now"]
            or (pd.isna(row[f"{name}_was"]) and pd.isna(row[f"{name}_now"]))
            for name in ("value", "ci_low", "ci_high")
        )
        else "revised"
    )


def _format_observation(value: float, low: float, high: float, interval: bool) -> str:
    """A figure as text: 7.9, or 7.9 [7.1, 8.8] where only the interval changed."""
    if pd.isna(value):
        return ""
    return (
        f"{_format_number(value)} [{_format_number(low)}, {_format_number(high)}]"
        if interval
        else _format_number(value)
    )


def _format_number(value: float) -> str:
    return "" if pd.isna(value) else repr(int(value)) if float(value).is_integer() else repr(float(value))


@lru_cache(maxsize=4)
def _read_database(out: Path, stamp: int) -> pd.DataFrame:
    with duckdb.connect() as connection:
        connection.execute("attach $path as published (read_only)", {"path": str(out)})
        return connection.execute("select * from published.observations order by all").df()


@lru_cache(maxsize=4)
def _read_release(path: Path, stamp: int) -> pd.DataFrame:
    return parquet.read_table(path).to_pandas()


def _read_csv(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def _write_version_lines(path: Path, columns: tuple[str, ...], lines: list[dict]) -> None:
    """Adds the lines of a version to a CSV, in place of those that a release cut short had left."""
    before = (
        [row for row in _read_csv(path) if row["version"] != lines[0]["version"]]
        if lines
        else _read_csv(path)
    )
    with _atomic_write(path) as draft, draft.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows([*before, *lines])


@contextmanager
def _atomic_write(path: Path) -> Iterator[Path]:
    """A draft that takes the place of the file once it is written, so that a stop half way leaves the old one."""
    draft = path.with_name(f".{path.name}.draft-{os.getpid()}")
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
