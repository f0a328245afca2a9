"""When the bytes of an HTTP/1.1 request are all there: its length by its own words, without understanding the rest.

The server's parser decides what a request means and what is wrong with it. This decides only how long to wait before that
parser is asked, so that it never has to wait for a client.
"""

from __future__ import annotations

import re

MOST_HEAD = 64 * 1024  # bytes; far more than the server's parser takes
MOST_DROPPED = 64 * 1024 * 1024  # bytes that are waited for in vain, so that a browser gets to read what is wrong
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"\ncontent-length[ \t]*:[ \t]*([0-9]{1,18})[ \t]*\r?\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\ntransfer-encoding[ \t]*:[^\n]*chunked", re.IGNORECASE)
_EXPECTS = re.compile(rb"\nexpect[ \t]*:[ \t]*100-continue", re.IGNORECASE)
_SIZE = re.compile(rb"[0-9a-fA-F]{1,15}")


class RequestBytes:
    """The bytes of one request as they come in. Of a body beyond `most_body` bytes nothing more is kept."""

    def __init__(self, most_body: int) -> None:
        self.data = bytearray()
        self.is_whole = False  # it can be parsed without waiting
        self.is_cut = False  # the body was larger than it may be, and is not here; the client has sent all of it
        self.wants_word = False  # the client sends the body when it is told to go on
        self.rest = b""  # what came after it: the beginning of the next request
        self._most = most_body
        self._head = 0  # bytes of the head with its empty line; 0 while it is not complete
        self._length: int | None = None  # of the body, where the head says so
        self._dropped = 0
        self._at = 0  # where the next chunk begins
        self._searched = 0

    @property
    def has_head(self) -> bool:
        return self._head > 0

    def add(self, data: bytes) -> None:
        """Take what came in. After that, `is_whole` says whether it is enough."""
        if self._dropped:
            self._drop(data)
            return
        self.data += data
        if not self._head and not self._read_head():
            self.is_whole = len(self.data) > MOST_HEAD  # the parser refuses it
            return
        if self._length is None:
            self._walk_chunks()
        elif self._length > self._most:
            self._begin_dropping()
        else:
            self._finish(self._head + self._length)

    def _read_head(self) -> bool:
        found = _END_OF_HEAD.search(self.data, max(0, self._searched - 4))
        self._searched = len(self.data)
        if found is None or found.start() == 0:
            return False
        self._head = self._at = found.end()
        head = bytes(self.data[: self._head])
        self.wants_word = _EXPECTS.search(head) is not None
        if _CHUNKED.search(head):
            return True
        lengths = _LENGTH.findall(head)
        self._length = int(lengths[0]) if lengths else 0
        return True

    def _finish(self, end: int) -> None:
        if len(self.data) >= end:
            self.rest = bytes(self.data[end:])
            del self.data[end:]
            self.is_whole = True

    def _begin_dropping(self) -> None:
        more = bytes(self.data[self._head :])
        del self.data[self._head :]
        self._drop(more)

    def _drop(self, data: bytes) -> None:
        self._dropped += len(data)
        self.is_cut = True
        self.is_whole = self._length is None or self._length > MOST_DROPPED or self._dropped >= self._length

    def _walk_chunks(self) -> None:
        """Go over the chunks that are there; nonsense among them is for the parser to refuse."""
        while True:
            line = self.data.find(b"\n", self._at, self._at + 1024)
            if line < 0:
                self.is_whole = len(self.data) - self._at >= 1024
                break
            size = _SIZE.match(self.data, self._at)
            if size is None:
                self.is_whole = True
                break
            length = int(size.group(), 16)
            if length == 0:
                end = _END_OF_HEAD.search(self.data, line - 1)
                if end:
                    self._finish(end.end())
                else:
                    self.is_whole = len(self.data) - self._at > MOST_HEAD
                break
            end_of_chunk = line + 1 + length + 2
            if end_of_chunk > len(self.data):
                break
            self._at = end_of_chunk
        if not self.is_whole and len(self.data) - self._head > self._most + MOST_HEAD:
            self.is_whole = self.is_cut = True  # more than enough to be refused
