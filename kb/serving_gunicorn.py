"""What gunicorn does differently here: its log says nothing of who asked what. Its worker is in `patient_worker.py`."""

from __future__ import annotations

import logging
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

log = logging.getLogger("kb.server")


class ServerLog(Logger):  # type: ignore[misc]
    """Gunicorn's messages in the log of the program. Requests are logged by `kb.request_log`, not here."""

    def setup(self, cfg: Any) -> None:
        self.error_log = log
        self.access_log = logging.getLogger("kb.server.access")  # nothing writes to it

    def info(self, message: str, *given: Any, **named: Any) -> None:
        self.error_log.debug(message, *given, **named)  # that workers come and go is of no interest day by day

    def warning(self, message: str, *given: Any, **named: Any) -> None:
        if message.startswith("Invalid request from"):  # the rest quotes it, and names the address
            self.error_log.warning("a request that is not HTTP, or too large, was refused")
        else:
            self.error_log.warning(message, *given, **named)

    def exception(self, message: str, *given: Any, **named: Any) -> None:
        self.error_log.error("a fault of the server", exc_info=True)  # the message may quote the address asked for

    def access(self, *given: Any) -> None:
        """Nothing; see the class."""
