"""Structured logging: one JSON object per event on stderr.

No client address, diagnosis answer, SQL or query string is logged.

RIPRESA_LOG_LEVEL is the lowest level written: debug (requests of static files too), info, warning, error.
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
REQUEST_ID: ContextVar[str] = ContextVar("request", default="")  # of the request being handled


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON.

    Of an exception only its class and stack positions are logged: its message may quote a visitor's input.
    """

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        if request_id := REQUEST_ID.get():
            event["request"] = request_id
        event |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[0]:
            event["fault"] = record.exc_info[0].__name__
            event["at"] = [
                f"{os.path.basename(frame.filename)}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2])
            ]
        return json.dumps(event, ensure_ascii=False)


def configure_logging() -> None:
    """Adds the handler on stderr, once per process."""
    if not LOGGER.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonFormatter())
        LOGGER.addHandler(handler)
        LOGGER.setLevel(settings.get_log_level())
        LOGGER.propagate = False


def log_event(name: str, level: int = logging.INFO, /, **fields: object) -> None:
    """Logs one event with these fields."""
    LOGGER.log(level, name, extra={"fields": fields})


@contextmanager
def log_duration(name: str, /, **fields: object) -> Iterator[dict[str, object]]:
    """Logs the duration of the block in milliseconds, with the entries added to the yielded dictionary."""
    start = time.perf_counter()
    try:
        yield fields
    except Exception as error:
        fields["fault"] = type(error).__name__
        raise
    finally:
        log_event(name, **fields, ms=round((time.perf_counter() - start) * 1e3, 1))
