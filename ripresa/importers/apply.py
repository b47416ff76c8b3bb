"""Applies an import: validates it on a copy, compares it with earlier data, writes it, builds the database.

After any failure data/imports and the database are as they were before.
"""

import csv
import io
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from ripresa import settings
from ripresa.database.build import build_database
from ripresa.database.build_errors import BuildError
from ripresa.database.database_file import read_data_version
from ripresa.database.dataset import Dataset
from ripresa.database.input_files import compute_data_version, list_input_files
from ripresa.database.published_observation import PublishedObservation
from ripresa.files import write_atomically
from ripresa.importers.records import IMPORT_COLUMNS, ImportBatch, ImporterError, ObservationRecord

LOCK_TIMEOUT = 120  # seconds


@dataclass(frozen=True)
class ImportChanges:
    """Differences between an import and the observations that the same source had before."""

    new: list[PublishedObservation] = field(default_factory=list)
    revised: list[tuple[PublishedObservation, PublishedObservation]] = field(default_factory=list)  # old, new
    unchanged: list[PublishedObservation] = field(default_factory=list)
    removed: list[PublishedObservation] = field(default_factory=list)  # only in the last import of this table
    excluded: list[tuple[PublishedObservation, str]] = field(default_factory=list)  # with the reason


def apply_import(
    batch: ImportBatch,
    root: Path = settings.DATA,
    out: Path | None = None,
    progress: Callable[[str], None] = lambda message: None,
) -> ImportChanges:
    """Writes the import, builds the database and returns what changed. Raises ImporterError."""
    folder = root / "imports"
    try:
        folder.mkdir(exist_ok=True)
        with FileLock(folder / ".lock", timeout=LOCK_TIMEOUT):
            return _apply_locked(batch, root, out, progress)
    except Timeout:
        raise ImporterError(
            "Another import has held its lock for two minutes: wait for it to end, then try again."
        ) from None
    except OSError as error:
        raise ImporterError(
            f"data/imports cannot be written ({error.strerror or error}): "
            "free or unlock the folder, then try again."
        ) from None


def _apply_locked(
    batch: ImportBatch, root: Path, out: Path | None, progress: Callable[[str], None]
) -> ImportChanges:
    progress("trying the import on a copy")
    changes = preview_import(batch, root)
    path = root / "imports" / batch.file_name
    content_before = path.read_bytes() if path.exists() else None
    content = format_csv(batch.observations).encode()
    database = out or settings.get_database_path(root)
    if content == content_before and read_data_version(database) == compute_data_version(root):
        return changes
    try:
        write_atomically(path, content)
        build_database(root, out, progress)
    except BaseException as error:
        if content_before is None:
            path.unlink(missing_ok=True)
        elif path.read_bytes() != content_before:
            write_atomically(path, content_before)
        if isinstance(error, (BuildError, duckdb.Error)):
            raise ImporterError(
                f"The build refuses this import, which is taken back: {summarize_errors(error)}"
            ) from None
        raise
    return changes


def format_csv(observations: Iterable[ObservationRecord]) -> str:
    """The content of an import file: the columns of data/raw, then ci_low and ci_high."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(IMPORT_COLUMNS)
    writer.writerows(observation.to_csv_row() for observation in observations)
    return text.getvalue()


def preview_import(batch: ImportBatch, root: Path = settings.DATA) -> ImportChanges:
    """What applying the import would change, validated on a copy of the input files. Raises ImporterError."""
    try:
        before = Dataset(root)
    except BuildError as error:
        raise ImporterError(
            f"The data do not build as they are, before any import: {summarize_errors(error)}"
        ) from None
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        root_copy = Path(folder)
        for path in list_input_files(root):
            if path.is_relative_to(root):
                target = root_copy / path.relative_to(root)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
        (root_copy / "imports").mkdir(exist_ok=True)
        (root_copy / "imports" / batch.file_name).write_bytes(format_csv(batch.observations).encode())
        try:
            after = Dataset(root_copy)
        except BuildError as error:
            raise ImporterError(
                f"The build would refuse this import, so nothing is changed: {summarize_errors(error)}"
            ) from None
    return compare_datasets(before, after, f"data/imports/{batch.file_name}")


def compare_datasets(before: Dataset, after: Dataset, file: str) -> ImportChanges:
    """Compares the observations of one import file with those that its source had before.

    Of several earlier observations with the same key, one of the same file counts first, then one of another
    import, then one of data/raw.
    """

    def rank(row: PublishedObservation) -> tuple[bool, bool, str, int]:
        return row.file == file, row.is_imported, row.publication_date, row.decimals

    imported_rows = [row for row in after.rows if row.file == file]
    sources = {row.source for row in imported_rows}
    rows_before = [row for row in before.rows if row.source in sources and not row.exclusion_reason]
    before_by_key = {row.key: row for row in sorted(rows_before, key=rank)}
    excluded = [(row, reason) for row, reason in after.excluded_observations if row.file == file]
    changes = ImportChanges(excluded=excluded)
    for row in imported_rows:
        old = before_by_key.get(row.key)
        if old is None:
            changes.new.append(row)
        elif row.agrees_with(old) and row.flags == old.flags:
            changes.unchanged.append(row)
        else:
            changes.revised.append((old, row))
    imported_keys = {row.key for row in imported_rows}
    changes.removed.extend(row for row in before.rows if row.file == file and row.key not in imported_keys)
    return changes


def summarize_errors(error: Exception) -> str:
    """The first of a build's errors, and the number of the others."""
    first, *others = str(error).splitlines()
    return f"{first.rstrip('.')} (and {len(others)} more)." if others else first
