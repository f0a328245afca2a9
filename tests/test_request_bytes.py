"""A request is whole exactly when its last byte is there, however it is cut into pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.request_bytes import MOST_DROPPED, MOST_HEAD, RequestBytes

MOST = 1000
WHOLE = {
    "without a body": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "with bare line ends": b"GET / HTTP/1.1\nHost: a\n\n",
    "with a length": b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n12345",
    "with no length to speak of": b"POST / HTTP/1.1\r\ncontent-length:0\r\n\r\n",
    "in chunks": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\nd\r\n0\r\n0\r\n\r\n",
    "with a trailer": b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\na\r\n0\r\nA: b\r\n\r\n",
}


@pytest.mark.parametrize("request_bytes", WHOLE.values(), ids=WHOLE)
@given(data=st.data())
def test_the_last_byte_makes_it_whole_and_the_next_request_is_left(request_bytes: bytes, data: st.DataObject) -> None:
    rest = data.draw(st.sampled_from([b"", b"GET /next HTTP/1.1\r\n", b"\x00"]))
    read = RequestBytes(MOST)
    start = 0
    for end in sorted(data.draw(st.sets(st.integers(1, len(request_bytes) - 1), max_size=6))):
        read.add(request_bytes[start:end])
        assert not read.is_whole
        start = end
    read.add(request_bytes[start:] + rest)
    assert read.is_whole and not read.is_cut
    assert (bytes(read.data), read.rest) == (request_bytes, rest)


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_any_bytes_are_taken(pieces: list[bytes]) -> None:
    read = RequestBytes(MOST)
    for piece in pieces:
        if read.is_whole:
            break
        read.add(piece)
    assert len(read.data) <= sum(map(len, pieces))


@given(st.binary(max_size=200), st.booleans())
def test_any_body_in_chunks_is_taken(body: bytes, ends: bool) -> None:
    read = RequestBytes(MOST)
    read.add(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + body + (b"\r\n0\r\n\r\n" if ends else b""))
    assert len(read.data) + len(read.rest) >= len(body)


def test_a_body_that_is_too_large_is_waited_for_and_not_kept() -> None:
    read = RequestBytes(MOST)
    read.add(b"POST / HTTP/1.1\r\nContent-Length: 3000\r\n\r\n" + b"x" * 500)
    for _ in range(4):
        assert not read.is_whole and len(read.data) < 100
        read.add(b"x" * 500)
    read.add(b"x" * 500)
    assert read.is_whole and read.is_cut and bytes(read.data).endswith(b"\r\n\r\n")


def test_a_body_beyond_all_measure_is_not_waited_for() -> None:
    read = RequestBytes(MOST)
    read.add(f"POST / HTTP/1.1\r\nContent-Length: {MOST_DROPPED + 1}\r\n\r\n".encode())
    assert read.is_whole and read.is_cut


def test_chunks_end_when_there_are_too_many() -> None:
    read = RequestBytes(MOST)
    read.add(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(MOST + MOST_HEAD):
        read.add(b"1\r\na\r\n")
        if read.is_whole:
            break
    assert read.is_whole and read.is_cut


@pytest.mark.parametrize(
    "nonsense",
    [
        b"x" * (MOST_HEAD + 1),
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 1100,
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"A: b\r\n" * MOST_HEAD,
    ],
    ids=["an endless head", "no size", "an endless size", "an endless trailer"],
)
def test_nonsense_is_for_the_parser_to_refuse(nonsense: bytes) -> None:
    read = RequestBytes(MOST)
    read.add(nonsense)
    assert read.is_whole


def test_a_client_that_asks_whether_to_go_on_is_noticed() -> None:
    read = RequestBytes(MOST)
    read.add(b"POST / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n")
    assert read.has_head and read.wants_word and not read.is_whole
