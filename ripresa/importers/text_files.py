"""The file at the border: unpacked within limits, checked to be whole UTF-8 text, before anything reads it."""

import codecs
import gzip
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ripresa.importers.records import ImporterError

MAX_BYTES = 4 << 30  # bytes of text, unpacked
MAX_COMPRESSION_RATIO = 200  # times a packed file may grow; official tables grow 10 to 40 times
SMALL_FILE_BYTES = 16 << 20  # below this a growth is not a bomb
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class TextFile:
    """A plain UTF-8 text on disk, and the name and day of the file it came from."""

    path: Path
    name: str
    file_date: str
    ends_with_newline: bool  # ends with a line end

    @property
    def head(self) -> str:
        """Its first 64 kB, without a byte order mark."""
        with self.path.open("rb") as stream:
            return stream.read(1 << 16).decode("utf-8", errors="ignore").removeprefix("\ufeff")

    def require_complete(self) -> "TextFile":
        """Itself. Raises ImportFault where the last line has no end: the number there may be cut short."""
        if not self.ends_with_newline:
            raise ImporterError(
                f"{self.name} ends in the middle of a line: download it again, or end its last line if it is whole."
            )
        return self

    @property
    def size(self) -> int:
        return self.path.stat().st_size


@contextmanager
def open_text_file(path: Path, max_bytes: int = MAX_BYTES) -> Iterator[TextFile]:
    """The text of a plain, gzip or zip file. Raises ImportFault: missing, empty, cut short, too large, not UTF-8 text."""
    try:
        head = path.open("rb").read(8)
        day = datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()
    except OSError as fault:
        raise ImporterError(
            f"{path} cannot be read ({fault.strerror or fault}): give the path of a file."
        ) from None
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        plain = _unpack(path, head, Path(folder) / "text", max_bytes)
        yield TextFile(plain, path.name, day, _validate_text(plain, path.name, max_bytes))


def _unpack(path: Path, head: bytes, to: Path, largest: int) -> Path:
    """The path of the text itself: the file, or its unpacked copy at `to`."""
    if head.startswith(b"\x1f\x8b"):
        with gzip.open(path) as packed:
            return _copy_within_limits(packed, path, to, path.stat().st_size, largest)
    if head.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(path) as archive:
                member = _find_table_member(archive, path.name)
                with archive.open(member) as packed:
                    return _copy_within_limits(packed, path, to, member.compress_size, largest)
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            RuntimeError,
            zlib.error,
            EOFError,
            OSError,
        ) as fault:
            raise ImporterError(
                f"{path.name}: the zip file is damaged or locked ({fault}); download it again."
            ) from None
    if set(str(path)) & set("*?[{"):  # DuckDB would read these as a pattern
        shutil.copyfile(path, to)
        return to
    return path


def _find_table_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """The one table of an archive; the World Bank puts two files of metadata beside it."""
    names = [info.filename for info in archive.infolist()]
    if any(entry.startswith(("xl/", "[Content_Types]")) for entry in names):
        raise ImporterError(f"{name} is a workbook: save the sheet as CSV UTF-8 and import that.")
    found = [
        info
        for info in archive.infolist()
        if Path(info.filename).suffix in (".csv", ".tsv", ".json")
        and not Path(info.filename).name.startswith("Metadata_")
    ]
    if len(found) != 1:
        raise ImporterError(
            f"{name} holds {len(found)} tables where one is expected: unpack it and import one file."
        )
    return found[0]


def _copy_within_limits(packed, path: Path, to: Path, packed_size: int, largest: int) -> Path:
    """Unpacks a stream to a file, stopping where it grows beyond the limits."""
    written = 0
    try:
        with to.open("wb") as out:
            while chunk := packed.read(CHUNK_BYTES):
                written += len(chunk)
                if written > largest or written > max(SMALL_FILE_BYTES, MAX_COMPRESSION_RATIO * packed_size):
                    raise ImporterError(
                        f"{path.name} unpacks to more than {written // CHUNK_BYTES:,} MB from {packed_size:,} bytes: it is no table, or ask for a smaller extraction."
                    )
                out.write(chunk)
    except (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error) as fault:
        raise ImporterError(f"{path.name} is cut short or damaged ({fault}): download it again.") from None
    except OSError as fault:
        raise ImporterError(
            f"{path.name} cannot be unpacked in {to.parent} ({fault.strerror or fault}): free some space."
        ) from None
    return to


def _validate_text(path: Path, name: str, largest: int) -> bool:
    """Whether the text ends with a line end; reads it all once, to know that it is UTF-8 text."""
    if path.stat().st_size > largest:
        raise ImporterError(
            f"{name} is larger than {largest // CHUNK_BYTES:,} MB: ask for a smaller extraction."
        )
    decoder = codecs.getincrementaldecoder("utf-8")()
    last, place = b"", 0
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK_BYTES):
                if not last:
                    _reject_other_formats(chunk, name)
                if b"\0" in chunk:
                    raise ImporterError(
                        f"{name} is not text (byte {place + chunk.index(0):,} is zero): export it as CSV UTF-8."
                    )
                decoder.decode(chunk)
                last, place = chunk, place + len(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise ImporterError(
            f"{name} is not UTF-8 text (near byte {place:,}): save it again as CSV UTF-8."
        ) from None
    if not last.strip():
        raise ImporterError(f"{name} is empty: download or export it again.")
    return last.endswith(b"\n")


def _reject_other_formats(start: bytes, name: str) -> None:
    """Refuses what is plainly something else."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ImporterError(f"{name} is UTF-16 text: save it again as CSV UTF-8.")
    if start.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<"):
        raise ImporterError(
            f"{name} is a web page or XML, not a table: ask the publisher for CSV, TSV or JSON."
        )
