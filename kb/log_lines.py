"""The program's log: one JSON object a line on standard error, without what people typed or where they are.

Messages of this project are written so that they can be logged. An exception is another matter: its text may quote a
question. Of exceptions only the kind and the places in the code are logged.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import TextIO

from kb.request_record import current_record

REQUESTS = "kb.request"  # the logger of finished requests
FIELDS = "kb_fields"  # attribute of a log record: more fields for its line
_OF_LIBRARIES = ("werkzeug", "sqlalchemy", "alembic")  # they tell more than is wanted, below a warning


class JsonLines(logging.Formatter):
    """A log record as one line of JSON: time, level, logger, message, and the id of the request it belongs to."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        fields = getattr(record, FIELDS, None)
        if fields:
            line |= fields
        else:
            request = current_record()
            line |= {"message": record.getMessage()} | ({"request_id": request.id} if request else {})
        if record.exc_info and record.exc_info[1]:
            line |= _without_text(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def _without_text(error: BaseException) -> dict[str, object]:
    """The kind of an exception and where it came from, innermost place last."""
    kinds: list[str] = []
    places: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(kinds) < 5:
        kinds.append(type(seen).__name__)
        places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(seen.__traceback__)]
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return {"error": ", from ".join(kinds), "places": places[-20:]}


def log_to(stream: TextIO | None = None, level: str = "info") -> None:
    """Send everything that this process logs to `stream` (standard error) as JSON lines, in place of what was set up."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in _OF_LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
