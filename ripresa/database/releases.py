"""Releases: numbered versions of the observations, kept so that cited links and old exports can be compared.

`data/releases/<version>.parquet` has the observations of a version, `data/releases/index.csv` the order of
the releases and `data/revisions.csv` the changes between them. `python -m ripresa release` makes one.
"""

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet

from ripresa import settings
from ripresa.database.database_file import read_data_version
from ripresa.database.input_files import compute_data_version
from ripresa.database.published_observation import KEY_COLUMNS
from ripresa.database.release_changes import diff_observations, summarize_changes, summarize_group
from ripresa.files import atomic_write

INDEX_COLUMNS = ("version", "date", "previous", "observations")
REVISION_COLUMNS = ("date", "version", "kind", *KEY_COLUMNS, "old_value", "new_value", "observations")


class ReleaseError(ValueError):
    """One sentence: why there is no release."""


def load_releases(root: Path | None = None) -> list[dict[str, str]]:
    """The releases, oldest first: version, date, previous, observations."""
    return _read_csv((root or settings.DATA) / "releases" / "index.csv")


def load_revisions(root: Path | None = None) -> list[dict[str, str]]:
    """The changes of every release, newest release first.

    An empty key column means several values; observations counts the changes of a line.
    """
    rows = _read_csv((root or settings.DATA) / "revisions.csv")
    return sorted(rows, key=lambda row: row["date"], reverse=True)


def load_observations(version: str, root: Path | None = None) -> pd.DataFrame | None:
    """The observations of a version, from its release or else the published database; None without either."""
    root = root or settings.DATA
    release = root / "releases" / f"{version}.parquet"
    if version.isalnum() and release.exists():
        return _read_release(release, release.stat().st_mtime_ns)
    database = settings.get_database_path(root)
    if version and read_data_version(database) == version:
        return _read_database(database, database.stat().st_mtime_ns)
    return None


def create_release(root: Path | None = None, day: date | None = None) -> dict[str, str]:
    """Releases the published database and returns its line of the index; a released version stays as it is.

    Raises ReleaseError.
    """
    root = root or settings.DATA
    version = _get_buildable_version(root)
    releases = load_releases(root)
    for release in releases:
        if release["version"] == version:
            return release
    database = settings.get_database_path(root)
    now = _read_database(database, database.stat().st_mtime_ns)
    previous = releases[-1]["version"] if releases else ""
    changes = _summarize_release(previous, now, root)
    release = {
        "version": version,
        "date": (day or date.today()).isoformat(),
        "previous": previous,
        "observations": str(len(now)),
    }
    if releases and release["date"] < releases[-1]["date"]:
        raise ReleaseError(
            f"Today is {release['date']} here, and the last release is of {releases[-1]['date']}: "
            "set the clock, or give the day with --date."
        )
    _write_release(root, release, now, changes)
    return release


def _get_buildable_version(root: Path) -> str:
    """The version of the published database. Raises ReleaseError unless it is that of the current inputs."""
    database = settings.get_database_path(root)
    version = read_data_version(database)
    if not version:
        raise ReleaseError(
            f"{database.name} is missing or cannot be read: type `python -m ripresa build`, then release."
        )
    if version != compute_data_version(root):
        raise ReleaseError(
            f"{database.name} is version {version}, but its inputs have changed since: "
            "type `python -m ripresa build`, then release."
        )
    return version


def _summarize_release(previous: str, now: pd.DataFrame, root: Path) -> list[dict[str, object]]:
    if not previous:
        return [summarize_group("new", now)]
    was = load_observations(previous, root)
    if was is None:
        raise ReleaseError(
            f"data/releases/{previous}.parquet is missing: restore it from the repository, "
            "the changes are counted from it."
        )
    return summarize_changes(diff_observations(was, now))


def _write_release(
    root: Path,
    release: Mapping[str, str],
    observations: pd.DataFrame,
    changes: Sequence[Mapping[str, object]],
) -> None:
    """Writes the three files, the index last: until then the version is not released and can be retried."""
    folder = root / "releases"
    version = {"version": release["version"], "date": release["date"]}
    table = pa.Table.from_pandas(observations, preserve_index=False).replace_schema_metadata(None)
    try:
        folder.mkdir(exist_ok=True)
        with atomic_write(folder / f"{release['version']}.parquet") as draft:
            parquet.write_table(
                table, draft, compression="zstd", compression_level=19, write_statistics=False
            )
        revisions = [{**version, **change} for change in changes]
        _replace_version_rows(root / "revisions.csv", REVISION_COLUMNS, release["version"], revisions)
        _replace_version_rows(folder / "index.csv", INDEX_COLUMNS, release["version"], [release])
    except OSError as error:
        raise ReleaseError(
            f"{folder} cannot be written ({error.strerror or error}): "
            "free or unlock the folder, then release again."
        ) from None


def _replace_version_rows(
    path: Path, columns: Sequence[str], version: str, rows: Sequence[Mapping[str, object]]
) -> None:
    """Appends the rows of a version to a CSV, in place of those of an interrupted release."""
    previous = [row for row in _read_csv(path) if row["version"] != version]
    with atomic_write(path) as draft, draft.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows([*previous, *rows])


@lru_cache(maxsize=4)
def _read_database(path: Path, modified: int) -> pd.DataFrame:
    with duckdb.connect() as connection:
        connection.execute("attach $path as published (read_only)", {"path": str(path)})
        return connection.execute("select * from published.observations order by all").df()


@lru_cache(maxsize=4)
def _read_release(path: Path, modified: int) -> pd.DataFrame:
    observations: pd.DataFrame = parquet.read_table(path).to_pandas()
    return observations


def _read_csv(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))
