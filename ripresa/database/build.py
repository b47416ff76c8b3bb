"""Builds data/ripresa.duckdb from the declarations and the raw files: `python -m ripresa build`."""

from collections.abc import Callable
from pathlib import Path

import duckdb
from filelock import Timeout

from ripresa import settings
from ripresa.database.build_errors import BuildError
from ripresa.database.database_file import get_lock, keep_as_previous, read_data_version
from ripresa.database.dataset import Dataset
from ripresa.database.input_files import compute_data_version
from ripresa.database.tables import write_dataset
from ripresa.files import atomic_write, delete_drafts, flush_to_disk

Progress = Callable[[str], None]  # called with a message at each step


def ignore_progress(message: str) -> None:
    """The progress callback of a silent build."""


def ensure_database(root: Path = settings.DATA, progress: Progress = ignore_progress) -> Path:
    """The database, built first where it is missing or its inputs changed; RIPRESA_READ_ONLY=1 never builds.

    Raises BuildError.
    """
    path = settings.get_database_path(root)
    if not settings.is_read_only():
        if read_data_version(path) != compute_data_version(root):
            build_database(root, path, progress)
    elif not path.exists():
        raise BuildError(
            f"{path.name} is missing and RIPRESA_READ_ONLY=1 forbids building it: "
            "put the published database there."
        )
    return path


def build_database(
    root: Path = settings.DATA, path: Path | None = None, progress: Progress = ignore_progress
) -> str:
    """Builds the database next to the published one and swaps it in; returns the data version.

    One build at a time: a second one waits for the lock. Raises BuildError and leaves the old file unchanged.
    """
    path = path or settings.get_database_path(root)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with get_lock(path):
            return _build_locked(root, path, progress)
    except Timeout:
        raise BuildError(
            f"Another build of {path.name} has held its lock for two minutes: "
            "wait for it to end, then try again."
        ) from None
    except OSError as error:
        raise BuildError(
            f"{path.name} cannot be written in {path.parent} ({error.strerror or error}): "
            "free or unlock the folder, or set RIPRESA_DATABASE to another place."
        ) from None


def _build_locked(root: Path, path: Path, progress: Progress) -> str:
    version = compute_data_version(root)
    delete_drafts(path)
    try:
        progress("reading the declarations")
        dataset = Dataset(root)
        progress(f"{len(dataset.rows):,} figures read and checked")
        with atomic_write(path) as draft:
            with duckdb.connect(str(draft)) as connection:
                write_dataset(connection, dataset, version, progress)
            flush_to_disk(draft)  # first: a full disk must not cost the previous database
            if read_data_version(path) not in ("", version):
                keep_as_previous(path)
    except (duckdb.IOException, duckdb.FatalException, duckdb.TransactionException) as error:
        # Fatal: a checkpoint that cannot be written; transaction: a commit that cannot be.
        raise BuildError(
            f"{path.name} could not be written ({str(error).splitlines()[0]}): "
            f"check the free space of {path.parent}, then try again."
        ) from None
    finally:
        delete_drafts(path)
    progress(f"version {version} is in place")
    return version
