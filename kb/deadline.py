"""A limit for a whole conversation over the network; time-outs of sockets limit only each wait for the next byte."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Any


class Deadline:
    """Connections made within the block are cut when it takes longer than `seconds`; what waits on them fails at once."""

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._connection: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            if self._connection is not None:
                self._connection.close()

    def connect(self, address: tuple[str, int], timeout: Any = None, source_address: Any = None) -> socket.socket:
        """As `socket.create_connection`. A second handle stays here: TLS takes the first one over while it shakes hands."""
        made = socket.create_connection(address, timeout, source_address)
        with self._lock:
            self._connection = made.dup()
        if self.is_over:
            self._cut()
        return made

    def _cut(self) -> None:
        self.is_over = True
        with self._lock, contextlib.suppress(OSError):
            if self._connection is not None:
                self._connection.shutdown(socket.SHUT_RDWR)
