"""Downloads from publishers' sites, with retries, resumed transfers and a cache revalidated by ETag."""

import hashlib
import json
import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from ripresa.importers.records import ImporterError

USER_AGENT = "RipresaDigitale/1.0 (open data importer; reads one table at a time)"
TIMEOUT = httpx.Timeout(30, connect=10, read=120)  # statistical offices may prepare a table for a minute
MAX_BYTES = 2 << 30
MAX_ATTEMPTS = 5
MAX_RETRY_DELAY = 60
RETRY_STATUSES = (408, 425, 429, 500, 502, 503, 504)
LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")

ProgressCallback = Callable[[int, int], None]  # bytes received, bytes in all (0: unknown)


class TransferInterruptedError(Exception):
    """The transfer ended early and can be retried, after `retry_after` seconds if the server gave them."""

    def __init__(self, message: str, retry_after: float | None = None):
        super().__init__(message)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Download:
    """A file to download, and its paths in the cache: itself, its partial download, validators of each."""

    url: str
    path: Path
    max_bytes: int
    on_progress: ProgressCallback

    @property
    def validators_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}.json")

    @property
    def part_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}.part")

    @property
    def part_validators_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}.part.json")

    def attempt(self, client: httpx.Client) -> bool:
        """Makes one attempt. Returns whether a new file is in place; False where the cached one is current.

        Raises TransferInterruptedError where a retry may succeed, else ImporterError.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with client.stream("GET", self.url, headers=self._build_conditional_headers()) as response:
            _validate_url(str(response.url))
            if response.status_code == 304:
                return False
            self._check_status(response)
            start = self._check_range(response)
            length = response.headers.get("content-length", "")
            total = start + int(length) if length.isdigit() else 0
            if total > self.max_bytes:
                raise ImporterError(
                    f"{self.url} is {total >> 20:,} MB, more than the {self.max_bytes >> 20:,} MB allowed: "
                    "ask for a smaller extraction."
                )
            validators = {
                name: response.headers[name] for name in ("etag", "last-modified") if name in response.headers
            }
            self.part_validators_path.write_text(json.dumps(validators), encoding="utf-8")
            received = self._write_chunks(response.iter_raw(), start, total)
            if total and received != total:
                raise TransferInterruptedError(f"{received:,} of {total:,} bytes came")
            self.part_path.replace(self.path)
            self.part_validators_path.replace(self.validators_path)
            _set_modification_time(self.path, response.headers.get("last-modified", ""))
            return True

    def _check_status(self, response: httpx.Response) -> None:
        """Raises an error unless the response carries content."""
        status = response.status_code
        if status == 416:  # the part is longer than the file: start again
            self.part_path.unlink(missing_ok=True)
            raise TransferInterruptedError("the file changed while it was being resumed", retry_after=0)
        if status in RETRY_STATUSES:
            retry_after = response.headers.get("retry-after", "")
            raise TransferInterruptedError(
                f"the server answers {status}", float(retry_after) if retry_after.isdigit() else None
            )
        if status not in (200, 206):
            raise ImporterError(
                f"{self.url} answers {status} {response.reason_phrase}: "
                "check the table's name or address, or download it by hand."
            )

    def _check_range(self, response: httpx.Response) -> int:
        """The offset at which the content of the response begins."""
        if response.status_code != 206:
            return 0
        start = self.part_path.stat().st_size
        if not response.headers.get("content-range", "").startswith(f"bytes {start}-"):
            self.part_path.unlink(missing_ok=True)
            raise TransferInterruptedError("the server resumed at another place", retry_after=0)
        return start

    def _write_chunks(self, chunks: Iterator[bytes], start: int, total: int) -> int:
        """Appends the chunks to the part, or starts it anew; returns its size."""
        received = start
        with self.part_path.open("ab" if start else "wb") as out:
            for chunk in chunks:
                received += len(chunk)
                if received > self.max_bytes:
                    break
                out.write(chunk)
                self.on_progress(received, total)
        if received > self.max_bytes:
            self.part_path.unlink()
            raise ImporterError(
                f"{self.url} sends more than the {self.max_bytes >> 20:,} MB allowed: "
                "ask for a smaller extraction."
            )
        return received

    def _build_conditional_headers(self) -> dict[str, str]:
        """Headers that resume a part with a strong ETag, else revalidate the cached file."""
        etag = _load_validators(self.part_validators_path).get("etag", "")
        part_size = self.part_path.stat().st_size if self.part_path.exists() else 0
        if part_size and etag and not etag.startswith("W/"):
            return {"Range": f"bytes={part_size}-", "If-Range": etag}
        self.part_path.unlink(missing_ok=True)
        validators = _load_validators(self.validators_path) if self.path.exists() else {}
        headers = {
            "If-None-Match": validators.get("etag", ""),
            "If-Modified-Since": validators.get("last-modified", ""),
        }
        return {name: value for name, value in headers.items() if value}


def download_file(
    url: str,
    folder: Path,
    accept: str = "*/*",
    max_bytes: int = MAX_BYTES,
    on_progress: ProgressCallback = lambda received, total: None,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Path, bool]:
    """Downloads a file to the cache in `folder`; returns its path, and whether it is new.

    Raises ImporterError; an earlier version of the file then stays in the cache.
    """
    _validate_url(url)
    path = folder / hashlib.sha256(url.encode()).hexdigest()[:16] / _get_file_name(url)
    download = Download(url, path, max_bytes, on_progress)
    headers = {"User-Agent": USER_AGENT, "Accept": accept, "Accept-Encoding": "identity"}
    with httpx.Client(follow_redirects=True, max_redirects=5, timeout=TIMEOUT, headers=headers) as client:
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                return path, download.attempt(client)
            except (TransferInterruptedError, httpx.TransportError, httpx.TooManyRedirects) as error:
                if attempt == MAX_ATTEMPTS or isinstance(error, httpx.TooManyRedirects):
                    raise ImporterError(
                        f"{url} could not be downloaded in {attempt} tries "
                        f"({error or type(error).__name__}): "
                        "try later, or download it by hand and import the file."
                    ) from None
                delay = getattr(error, "retry_after", None)
                if delay is None:
                    delay = 2 ** (attempt - 1) + random.random()
                sleep(min(MAX_RETRY_DELAY, delay))
            except OSError as error:
                raise ImporterError(
                    f"{folder} cannot be written ({error.strerror or error}): free or unlock it."
                ) from None
    raise AssertionError("the last attempt returns or raises")


def _load_validators(path: Path) -> dict[str, str]:
    try:
        validators: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return validators


def _set_modification_time(path: Path, last_modified: str) -> None:
    """Sets the file's time to the Last-Modified header, where it is a date."""
    try:
        timestamp = parsedate_to_datetime(last_modified).timestamp()
        os.utime(path, (timestamp, timestamp))
    except (TypeError, ValueError, OverflowError):
        return


def _validate_url(url: str) -> None:
    """Accepts https, and http on this machine. Raises ImporterError."""
    parts = urlsplit(url)
    is_local = parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS
    if not parts.hostname or not (parts.scheme == "https" or is_local):
        raise ImporterError(
            f"{url} is not an https address: give one, or download the file by hand and import it."
        )


def _get_file_name(url: str) -> str:
    """The last part of the path, in letters that every file system accepts."""
    last = urlsplit(url).path.rstrip("/").rpartition("/")[2] or "file"
    return "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in last)[-60:]
