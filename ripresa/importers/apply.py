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
from ripresa.database.build import Row
from ripresa.importers.records import COLUMNS, Figure, ImportFault, Reading


@dataclass(frozen=True)
class Changes:
    """How the figures of an import differ from those known of the same source."""

    new: list[Row] = field(default_factory=list)
    revised: list[tuple[Row, Row]] = field(default_factory=list)  # before, after
    unchanged: list[Row] = field(default_factory=list)
    gone: list[Row] = field(default_factory=list)  # of the last import of this table, and not in this one
    kept_aside: list[tuple[Row, str]] = field(default_factory=list)  # figures that no chart shows, and why


def bring(
    reading: Reading,
    root: Path = settings.DATA,
    out: Path | None = None,
    progress: Callable[[str], None] = lambda words: None,
) -> Changes:
    """Writes the import and builds; returns what changed. Raises ImportFault, with data/imports and the database as they were."""
    folder = root / "imports"
    try:
        folder.mkdir(exist_ok=True)
        with FileLock(folder / ".lock", timeout=120):
            return _bring_alone(reading, root, folder / reading.name, out, progress)
    except Timeout:
        raise ImportFault(
            "Another import has held its lock for two minutes: wait for it to end, then try again."
        ) from None
    except OSError as fault:
        raise ImportFault(
            f"data/imports cannot be written ({fault.strerror or fault}): free or unlock the folder, then try again."
        ) from None


def look(reading: Reading, root: Path = settings.DATA) -> Changes:
    """What bringing this reading would change. Raises ImportFault."""
    return _tried(reading, root)


def _bring_alone(
    reading: Reading, root: Path, path: Path, out: Path | None, progress: Callable[[str], None]
) -> Changes:
    progress("trying the import on a copy")
    changes = _tried(reading, root)
    before = path.read_bytes() if path.exists() else None
    after = written(reading.figures).encode()
    if after == before and build.built(out or build.database(root)) == build.version(root):
        return changes
    draft = path.with_name(f".{path.name}.draft-{os.getpid()}")
    try:
        draft.write_bytes(after)
        os.replace(draft, path)
        build.build(root, out, progress)
    except BaseException as fault:
        _taken_back(path, before)
        if isinstance(fault, (build.BuildError, duckdb.Error)):
            raise ImportFault(
                f"The build refuses this import, which is taken back: {refusal(fault)}"
            ) from None
        raise
    finally:
        draft.unlink(missing_ok=True)
    return changes


def _taken_back(path: Path, before: bytes | None) -> None:
    """The import file as it was before."""
    if before is None:
        path.unlink(missing_ok=True)
    elif path.read_bytes() != before:
        draft = path.with_name(f".{path.name}.back-{os.getpid()}")
        draft.write_bytes(before)
        os.replace(draft, path)


def written(figures: Iterable[Figure]) -> str:
    """The import file: the columns of data/raw, then ci_low and ci_high."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(figure.row() for figure in figures)
    return text.getvalue()


def _tried(reading: Reading, root: Path) -> Changes:
    """Reads everything with the import in a copy of the declarations, as the build would. Raises ImportFault."""
    try:
        before = build.Content(root)
    except build.BuildError as fault:
        raise ImportFault(f"The data do not build as they are, before any import: {refusal(fault)}") from None
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        copy = Path(folder)
        for path in build.inputs(root):
            if path.is_relative_to(root):
                (copy / path.relative_to(root)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy / path.relative_to(root))
        (copy / "imports").mkdir(exist_ok=True)
        (copy / "imports" / reading.name).write_text(written(reading.figures), encoding="utf-8", newline="")
        try:
            after = build.Content(copy)
        except build.BuildError as fault:
            raise ImportFault(
                f"The build would refuse this import, so nothing is changed: {refusal(fault)}"
            ) from None
    return compared(before, after, f"data/imports/{reading.name}")


def compared(before: build.Content, after: build.Content, file: str) -> Changes:
    """The figures of one import file against those its source had before it: the last import of the file, else another import, else data/raw."""
    brought = [row for row in after.rows if row.file == file]
    sources = {row.source for row in brought}

    def rank(row):
        return (row.file == file, row.imported, row.day, row.decimals)

    known = {
        row.key: row
        for row in sorted(
            (row for row in before.rows if row.source in sources and not row.exclusion_reason), key=rank
        )
    }
    changes = Changes(kept_aside=[(row, why) for row, why in after.excluded_observations if row.file == file])
    for row in brought:
        old = known.get(row.key)
        if old is None:
            changes.new.append(row)
        elif row.agrees(old) and row.flags == old.flags:
            changes.unchanged.append(row)
        else:
            changes.revised.append((old, row))
    still = {row.key for row in brought}
    changes.gone.extend(row for row in before.rows if row.file == file and row.key not in still)
    return changes


def refusal(fault: Exception) -> str:
    """The first of a build's faults, and how many there are."""
    first, *more = str(fault).splitlines()
    return f"{first.rstrip('.')} (and {len(more)} more)." if more else first
