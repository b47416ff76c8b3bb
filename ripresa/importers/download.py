"""Files from publishers' sites: once, politely, resumed where cut, kept with their ETag so that an unchanged file is not fetched again."""

import hashlib
import json
import os
import random
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from ripresa.importers.records import ImporterError

USER_AGENT = "RipresaDigitale/1.0 (open data importer; reads one table at a time)"
TIMEOUT = httpx.Timeout(30, connect=10, read=120)  # statistical offices think before they answer
MAX_BYTES = 2 << 30
MAX_ATTEMPTS = 5
MAX_RETRY_DELAY = 60
RETRY_STATUSES = (408, 425, 429, 500, 502, 503, 504)
LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")


class TransferInterruptedError(Exception):
    """The transfer ended early: try again, from where it stands."""

    def __init__(self, words: str, retry_after: float | None = None):
        super().__init__(words)
        self.retry_after = retry_after


def download_file(
    url: str,
    folder: Path,
    accept: str = "*/*",
    max_bytes: int = MAX_BYTES,
    on_progress: Callable[[int, int], None] = lambda done, whole: None,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Path, bool]:
    """The file at this address in `folder`, and whether it is new there. Raises ImportFault; a file kept from before stays."""
    _validate_url(url)
    kept = folder / hashlib.sha256(url.encode()).hexdigest()[:16] / _get_file_name(url)
    with httpx.Client(
        follow_redirects=True,
        max_redirects=5,
        timeout=TIMEOUT,
        headers={"User-Agent": USER_AGENT, "Accept": accept, "Accept-Encoding": "identity"},
    ) as client:
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                return kept, _attempt_download(client, url, kept, max_bytes, on_progress)
            except (TransferInterruptedError, httpx.TransportError, httpx.TooManyRedirects) as fault:
                if attempt == MAX_ATTEMPTS or isinstance(fault, httpx.TooManyRedirects):
                    raise ImporterError(
                        f"{url} could not be downloaded in {attempt} tries ({fault or type(fault).__name__}): try later, or download it by hand and import the file."
                    ) from None
                asked = getattr(fault, "retry_after", None)
                sleep(
                    min(MAX_RETRY_DELAY, asked if asked is not None else 2 ** (attempt - 1) + random.random())
                )
            except OSError as fault:
                raise ImporterError(
                    f"{folder} cannot be written ({fault.strerror or fault}): free or unlock it."
                ) from None
    raise AssertionError("the last try returns or raises")


def _attempt_download(
    client: httpx.Client, address: str, kept: Path, largest: int, bar: Callable[[int, int], None]
) -> bool:
    """One try. True where a new file is in place, False where the one kept is still current."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    part, note = kept.with_name(kept.name + ".part"), kept.with_name(kept.name + ".json")
    with client.stream("GET", address, headers=_build_conditional_headers(kept, part, note)) as answer:
        _validate_url(str(answer.url))
        if answer.status_code == 304:
            return False
        if answer.status_code == 416:  # the part is longer than the file: begin again
            part.unlink(missing_ok=True)
            raise TransferInterruptedError("the file changed while it was being resumed", retry_after=0)
        if answer.status_code in RETRY_STATUSES:
            raise TransferInterruptedError(
                f"the server answers {answer.status_code}",
                _parse_retry_after(answer.headers.get("retry-after", "")),
            )
        if answer.status_code not in (200, 206):
            raise ImporterError(
                f"{address} answers {answer.status_code} {answer.reason_phrase}: check the table's name or address, or download it by hand."
            )
        resumed = answer.status_code == 206
        start = part.stat().st_size if resumed else 0
        if resumed and not answer.headers.get("content-range", "").startswith(f"bytes {start}-"):
            part.unlink(missing_ok=True)
            raise TransferInterruptedError("the server resumed at another place", retry_after=0)
        length = answer.headers.get("content-length", "")
        whole = start + int(length) if length.isdigit() else 0
        if whole > largest:
            raise ImporterError(
                f"{address} is {whole >> 20:,} MB, more than the {largest >> 20:,} MB allowed: ask for a smaller extraction."
            )
        part.with_name(part.name + ".json").write_text(json.dumps(_get_validators(answer)), encoding="utf-8")
        done = _write_chunks(answer.iter_raw(), part, start, whole, largest, bar, address)
        if whole and done != whole:
            raise TransferInterruptedError(f"{done:,} of {whole:,} bytes came")
        os.replace(part, kept)
        os.replace(part.with_name(part.name + ".json"), note)
        _set_modification_time(kept, answer.headers.get("last-modified", ""))
        return True


def _write_chunks(
    chunks: Iterator[bytes],
    part: Path,
    start: int,
    whole: int,
    largest: int,
    bar: Callable[[int, int], None],
    address: str,
) -> int:
    done = start
    with part.open("ab" if start else "wb") as out:
        for chunk in chunks:
            done += len(chunk)
            if done > largest:
                out.close()
                part.unlink()
                raise ImporterError(
                    f"{address} sends more than the {largest >> 20:,} MB allowed: ask for a smaller extraction."
                )
            out.write(chunk)
            bar(done, whole)
    return done


def _build_conditional_headers(kept: Path, part: Path, note: Path) -> dict[str, str]:
    """Headers that resume a part, or ask only for what changed."""
    about = _load_validators(part.with_name(part.name + ".json"))
    if (
        part.exists()
        and part.stat().st_size
        and (strong := about.get("etag", ""))
        and not strong.startswith("W/")
    ):
        return {"Range": f"bytes={part.stat().st_size}-", "If-Range": strong}
    part.unlink(missing_ok=True)
    about = _load_validators(note) if kept.exists() else {}
    return {
        header: about[name]
        for header, name in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified"))
        if about.get(name)
    }


def _load_validators(note: Path) -> dict[str, str]:
    try:
        return json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _get_validators(answer: httpx.Response) -> dict[str, str]:
    return {name: answer.headers[name] for name in ("etag", "last-modified") if name in answer.headers}


def _set_modification_time(path: Path, modified: str) -> None:
    """Gives the file the publisher's date, where the answer says it."""
    try:
        stamp = parsedate_to_datetime(modified).timestamp()
        os.utime(path, (stamp, stamp))
    except (TypeError, ValueError, OverflowError):
        return


def _parse_retry_after(header: str) -> float | None:
    """Seconds of a Retry-After header, where it gives seconds."""
    return float(header) if header.isdigit() else None


def _validate_url(address: str) -> None:
    """https anywhere, http on this machine alone. Raises ImportFault."""
    parts = urlsplit(address)
    if (
        not parts.hostname
        or parts.scheme != "https"
        and not (parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS)
    ):
        raise ImporterError(
            f"{address} is not an https address: give one, or download the file by hand and import it."
        )


def _get_file_name(address: str) -> str:
    """The last part of the path, in letters that every file system takes."""
    last = urlsplit(address).path.rstrip("/").rpartition("/")[2] or "file"
    return "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in last)[-60:]
