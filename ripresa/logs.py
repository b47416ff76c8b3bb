"""What the server tells of itself: a line of JSON an event, on the standard error. No visitor's address, answer, question or query string is in it.

RIPRESA_LOG_LEVEL is the least that is written: debug (the browser's files too), info, warning, error.
"""

import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from ripresa import settings

LOGGER = logging.getLogger("ripresa")
REQUEST_ID: ContextVar[str] = ContextVar("request", default="")  # the id of what is being answered


class JsonFormatter(logging.Formatter):
    """An event as one line. Of a fault its kind and its places, not its words: they may quote what a visitor wrote."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        line |= {"request": REQUEST_ID.get()} if REQUEST_ID.get() else {}
        line |= getattr(record, "said", {})
        if record.exc_info and record.exc_info[0]:
            kind, _, trace = record.exc_info
            line |= {
                "fault": kind.__name__,
                "at": [
                    f"{os.path.basename(place.filename)}:{place.lineno} {place.name}"
                    for place in traceback.extract_tb(trace)
                ],
            }
        return json.dumps(line, ensure_ascii=False)


def configure_logging() -> None:
    """Lines from now on, once a process."""
    if not LOGGER.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonFormatter())
        LOGGER.addHandler(handler)
        LOGGER.setLevel(settings.get_log_level())
        LOGGER.propagate = False


def log_event(name: str, level: int = logging.INFO, /, **said) -> None:
    """Writes one event."""
    LOGGER.log(level, name, extra={"said": said})


@contextmanager
def log_duration(name: str, /, **said) -> Iterator[dict]:
    """Writes how long what is inside took; what is put in the dictionary is written too."""
    begun = time.perf_counter()
    try:
        yield said
    except Exception as fault:
        said["fault"] = type(fault).__name__
        raise
    finally:
        log_event(name, **said, ms=round((time.perf_counter() - begun) * 1e3, 1))
