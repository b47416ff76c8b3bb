"""Brings a reading into data/imports: tried first, compared with what was there, written whole, built; or nothing changes."""

import csv
import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from ripresa import settings
from ripresa.database import build
from ripresa.database.build import PublishedObservation
from ripresa.importers.records import IMPORT_COLUMNS, ImportBatch, ImporterError, ObservationRecord


@dataclass(frozen=True)
class ImportChanges:
    """How the figures of an import differ from those known of the same source."""

    new: list[PublishedObservation] = field(default_factory=list)
    revised: list[tuple[PublishedObservation, PublishedObservation]] = field(
        default_factory=list
    )  # before, after
    unchanged: list[PublishedObservation] = field(default_factory=list)
    removed: list[PublishedObservation] = field(
        default_factory=list
    )  # of the last import of this table, and not in this one
    excluded: list[tuple[PublishedObservation, str]] = field(
        default_factory=list
    )  # figures that no chart shows, and why


def apply_import(
    reading: ImportBatch,
    root: Path = settings.DATA,
    out: Path | None = None,
    progress: Callable[[str], None] = lambda words: None,
) -> ImportChanges:
    """Writes the import and builds; returns what changed. Raises ImportFault, with data/imports and the database as they were."""
    folder = root / "imports"
    try:
        folder.mkdir(exist_ok=True)
        with FileLock(folder / ".lock", timeout=120):
            return _apply_locked(reading, root, folder / reading.file_name, out, progress)
    except Timeout:
        raise ImporterError(
            "Another import has held its lock for two minutes: wait for it to end, then try again."
        ) from None
    except OSError as fault:
        raise ImporterError(
            f"data/imports cannot be written ({fault.strerror or fault}): free or unlock the folder, then try again."
        ) from None


def preview_import(reading: ImportBatch, root: Path = settings.DATA) -> ImportChanges:
    """What bringing this reading would change. Raises ImportFault."""
    return _try_import(reading, root)


def _apply_locked(
    reading: ImportBatch, root: Path, path: Path, out: Path | None, progress: Callable[[str], None]
) -> ImportChanges:
    progress("trying the import on a copy")
    changes = _try_import(reading, root)
    before = path.read_bytes() if path.exists() else None
    after = format_csv(reading.observations).encode()
    if after == before and build.read_data_version(
        out or settings.get_database_path(root)
    ) == build.compute_data_version(root):
        return changes
    draft = path.with_name(f".{path.name}.draft-{os.getpid()}")
    try:
        draft.write_bytes(after)
        os.replace(draft, path)
        build.build_database(root, out, progress)
    except BaseException as fault:
        _restore_file(path, before)
        if isinstance(fault, (build.BuildError, duckdb.Error)):
            raise ImporterError(
                f"The build refuses this import, which is taken back: {summarize_errors(fault)}"
            ) from None
        raise
    finally:
        draft.unlink(missing_ok=True)
    return changes


def _restore_file(path: Path, before: bytes | None) -> None:
    """The import file as it was before."""
    if before is None:
        path.unlink(missing_ok=True)
    elif path.read_bytes() != before:
        draft = path.with_name(f".{path.name}.back-{os.getpid()}")
        draft.write_bytes(before)
        os.replace(draft, path)


def format_csv(figures: Iterable[ObservationRecord]) -> str:
    """The import file: the columns of data/raw, then ci_low and ci_high."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(IMPORT_COLUMNS)
    writer.writerows(figure.to_csv_row() for figure in figures)
    return text.getvalue()


def _try_import(reading: ImportBatch, root: Path) -> ImportChanges:
    """Reads everything with the import in a copy of the declarations, as the build would. Raises ImportFault."""
    try:
        before = build.Dataset(root)
    except build.BuildError as fault:
        raise ImporterError(
            f"The data do not build as they are, before any import: {summarize_errors(fault)}"
        ) from None
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        copy = Path(folder)
        for path in build.list_input_files(root):
            if path.is_relative_to(root):
                (copy / path.relative_to(root)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy / path.relative_to(root))
        (copy / "imports").mkdir(exist_ok=True)
        (copy / "imports" / reading.file_name).write_text(
            format_csv(reading.observations), encoding="utf-8", newline=""
        )
        try:
            after = build.Dataset(copy)
        except build.BuildError as fault:
            raise ImporterError(
                f"The build would refuse this import, so nothing is changed: {summarize_errors(fault)}"
            ) from None
    return compare_datasets(before, after, f"data/imports/{reading.file_name}")


def compare_datasets(before: build.Dataset, after: build.Dataset, file: str) -> ImportChanges:
    """The figures of one import file against those its source had before it: the last import of the file, else another import, else data/raw."""
    brought = [row for row in after.rows if row.file == file]
    sources = {row.source for row in brought}

    def rank(row):
        return (row.file == file, row.is_imported, row.publication_date, row.decimals)

    known = {
        row.key: row
        for row in sorted(
            (row for row in before.rows if row.source in sources and not row.exclusion_reason), key=rank
        )
    }
    changes = ImportChanges(
        excluded=[(row, why) for row, why in after.excluded_observations if row.file == file]
    )
    for row in brought:
        old = known.get(row.key)
        if old is None:
            changes.new.append(row)
        elif row.agrees_with(old) and row.flags == old.flags:
            changes.unchanged.append(row)
        else:
            changes.revised.append((old, row))
    still = {row.key for row in brought}
    changes.removed.extend(row for row in before.rows if row.file == file and row.key not in still)
    return changes


def summarize_errors(fault: Exception) -> str:
    """The first of a build's faults, and how many there are."""
    first, *more = str(fault).splitlines()
    return f"{first.rstrip('.')} (and {len(more)} more)." if more else first
