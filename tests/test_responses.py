"""How pages that are made for one request are sent."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from conversation_world import PASS_PHRASE, ask, make_portal, portal_of
from flask.testing import FlaskClient

PACKED = {"Accept-Encoding": "gzip"}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    app = make_portal(tmp_path)
    yield app.test_client()
    portal_of(app).database.close()


def test_pages_of_one_reader_are_compressed_where_the_browser_can_read_that(client: FlaskClient) -> None:
    address = ask(client, PASS_PHRASE)
    plain, packed = client.get(address), client.get(address, headers=PACKED)
    assert "Content-Encoding" not in plain.headers and packed.headers["Content-Encoding"] == "gzip"
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2


@pytest.mark.parametrize("address", ["/report?q=typed+by+somebody+else", "/login"])
def test_pages_with_a_token_are_not_compressed(client: FlaskClient, address: str) -> None:
    response = client.get(address, headers=PACKED)
    assert 'name="csrf_token"' in response.text
    assert "Content-Encoding" not in response.headers
