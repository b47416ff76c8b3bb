"""Input files, decompressed within limits and validated as UTF-8 text before anything parses them."""

import codecs
import csv
import gzip
import io
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from ripresa.importers.records import ImporterError

MAX_BYTES = 4 << 30  # of decompressed text
MAX_COMPRESSION_RATIO = 200  # official tables reach 10 to 40
SMALL_FILE_BYTES = 16 << 20  # up to this size any ratio is accepted
CHUNK_BYTES = 1 << 20
DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True)
class TextFile:
    """A plain UTF-8 text on disk, with the name and ISO date of the file that it came from."""

    path: Path
    name: str
    file_date: str
    ends_with_newline: bool

    @property
    def head(self) -> str:
        """The first 64 kB, without a byte order mark."""
        with self.path.open("rb") as stream:
            return stream.read(1 << 16).decode("utf-8", errors="ignore").removeprefix("\ufeff")

    @property
    def first_line(self) -> str:
        return self.head.partition("\n")[0].rstrip("\r")

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def iterate_headers(self) -> Iterator[tuple[str, list[str]]]:
        """Each delimiter that the first line may have, with its column names in lower case."""
        for delimiter in DELIMITERS:
            try:
                names = next(csv.reader(io.StringIO(self.first_line), delimiter=delimiter, strict=True), [])
            except csv.Error:
                continue
            yield delimiter, [name.strip().lower() for name in names]

    def require_complete(self) -> "TextFile":
        """Returns the file itself.

        Raises ImporterError where the last line has no line end: its number may be truncated.
        """
        if not self.ends_with_newline:
            raise ImporterError(
                f"{self.name} ends in the middle of a line: download it again, "
                "or end its last line if it is whole."
            )
        return self

    def require_size(self, max_bytes: int, advice: str) -> None:
        """Raises ImporterError with the advice where the text is larger."""
        if self.size > max_bytes:
            raise ImporterError(f"{self.name} is larger than {max_bytes >> 20} MB: {advice}.")


@contextmanager
def open_text_file(path: Path, max_bytes: int = MAX_BYTES) -> Iterator[TextFile]:
    """The text of a plain, gzip or zip file.

    Raises ImporterError where the file is missing, empty, truncated, too large or not UTF-8 text.
    """
    try:
        with path.open("rb") as stream:
            magic = stream.read(8)
        file_date = datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()
    except OSError as error:
        raise ImporterError(
            f"{path} cannot be read ({error.strerror or error}): give the path of a file."
        ) from None
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        plain_path = _decompress(path, magic, Path(folder) / "text", max_bytes)
        ends_with_newline = _validate_text(plain_path, path.name, max_bytes)
        yield TextFile(plain_path, path.name, file_date, ends_with_newline)


def _decompress(path: Path, magic: bytes, target: Path, max_bytes: int) -> Path:
    """The path of the plain text: the file itself, or its decompressed copy at `target`."""
    if magic.startswith(b"\x1f\x8b"):
        with gzip.open(path) as stream:
            return _copy_within_limits(stream, path, target, path.stat().st_size, max_bytes)
    if magic.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(path) as archive:
                member = _find_table_member(archive, path.name)
                with archive.open(member) as stream:
                    return _copy_within_limits(stream, path, target, member.compress_size, max_bytes)
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            RuntimeError,
            zlib.error,
            EOFError,
            OSError,
        ) as error:
            raise ImporterError(
                f"{path.name}: the zip file is damaged or locked ({error}); download it again."
            ) from None
    if set(str(path)) & set("*?[{"):  # DuckDB would expand these as a glob pattern
        shutil.copyfile(path, target)
        return target
    return path


def _find_table_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """The only table of an archive; the World Bank adds two files of metadata, which are skipped."""
    if any(info.filename.startswith(("xl/", "[Content_Types]")) for info in archive.infolist()):
        raise ImporterError(f"{name} is a workbook: save the sheet as CSV UTF-8 and import that.")
    tables = [
        info
        for info in archive.infolist()
        if Path(info.filename).suffix in (".csv", ".tsv", ".json")
        and not Path(info.filename).name.startswith("Metadata_")
    ]
    if len(tables) != 1:
        raise ImporterError(
            f"{name} holds {len(tables)} tables where one is expected: unpack it and import one file."
        )
    return tables[0]


def _copy_within_limits(
    stream: IO[bytes] | gzip.GzipFile, path: Path, target: Path, compressed_size: int, max_bytes: int
) -> Path:
    """Decompresses a stream to a file, and stops where its size exceeds a limit."""
    limit = min(max_bytes, max(SMALL_FILE_BYTES, MAX_COMPRESSION_RATIO * compressed_size))
    size = 0
    try:
        with target.open("wb") as out:
            while chunk := stream.read(CHUNK_BYTES):
                size += len(chunk)
                if size > limit:
                    raise ImporterError(
                        f"{path.name} unpacks to more than {size // CHUNK_BYTES:,} MB from "
                        f"{compressed_size:,} bytes: it is no table, or ask for a smaller extraction."
                    )
                out.write(chunk)
    except (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error) as error:
        raise ImporterError(f"{path.name} is cut short or damaged ({error}): download it again.") from None
    except OSError as error:
        raise ImporterError(
            f"{path.name} cannot be unpacked in {target.parent} ({error.strerror or error}): free some space."
        ) from None
    return target


def _validate_text(path: Path, name: str, max_bytes: int) -> bool:
    """Reads the whole file to check that it is UTF-8 text; returns whether its last line has a line end."""
    if path.stat().st_size > max_bytes:
        raise ImporterError(
            f"{name} is larger than {max_bytes // CHUNK_BYTES:,} MB: ask for a smaller extraction."
        )
    decoder = codecs.getincrementaldecoder("utf-8")()
    last_chunk, offset = b"", 0
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK_BYTES):
                if offset == 0:
                    _reject_other_formats(chunk, name)
                if b"\0" in chunk:
                    raise ImporterError(
                        f"{name} is not text (byte {offset + chunk.index(0):,} is zero): "
                        "export it as CSV UTF-8."
                    )
                decoder.decode(chunk)
                last_chunk, offset = chunk, offset + len(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise ImporterError(
            f"{name} is not UTF-8 text (near byte {offset:,}): save it again as CSV UTF-8."
        ) from None
    if not last_chunk.strip():
        raise ImporterError(f"{name} is empty: download or export it again.")
    return last_chunk.endswith(b"\n")


def _reject_other_formats(start: bytes, name: str) -> None:
    """Raises ImporterError for UTF-16 text, web pages and XML."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ImporterError(f"{name} is UTF-16 text: save it again as CSV UTF-8.")
    if start.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<"):
        raise ImporterError(
            f"{name} is a web page or XML, not a table: ask the publisher for CSV, TSV or JSON."
        )
