"""Atomic writes: a file is replaced whole or not at all, whatever stops the program."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yields the path of a draft in the same folder, which replaces `path` if the block raises nothing.

    The draft is flushed to the disk before the swap and deleted after an exception; `path` is then unchanged.
    """
    draft = path.with_name(f".{path.name}.draft-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        yield draft
        flush_to_disk(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def delete_drafts(path: Path) -> None:
    """Deletes what interrupted writes of `path` left, such as drafts of SQLite or DuckDB with their logs.

    For files that one process writes at a time: a draft in progress would be deleted too.
    """
    for draft in path.parent.glob(f".{path.name}.draft*"):
        draft.unlink()


def flush_to_disk(path: Path) -> None:
    """Waits until the content of a file is on the disk. Raises OSError where it cannot be."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def write_atomically(path: Path, content: bytes | str) -> None:
    """Replaces the content of `path` atomically; text is written as UTF-8 with its line ends unchanged."""
    with atomic_write(path) as draft:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
