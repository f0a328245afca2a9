"""The offline copy as a zip file: made once for each state, the same bytes for the same state, handed out by the portal."""

from __future__ import annotations

import io
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from copy_world import broken_links, files_of
from engine_world import built, write_content
from flask.testing import FlaskClient
from werkzeug.datastructures import Headers

from kb.errors import DataFolderError
from kb.export_zip import kept_zip, write_zip, zip_name
from kb.settings import Settings
from kb.web import create_app

ADDRESS = "/offline-copy.zip"


@pytest.fixture
def client(own_settings: Settings) -> FlaskClient:
    return create_app(own_settings).test_client()


@dataclass(frozen=True)
class Got:
    """What the portal answered; the answer itself is closed."""

    status_code: int
    data: bytes
    headers: Headers


def get(client: FlaskClient, address: str = ADDRESS, **headers: str) -> Got:
    with client.get(address, headers={name.replace("_", "-"): value for name, value in headers.items()}) as response:
        return Got(response.status_code, response.data, response.headers)


def held(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_it_unpacks_to_one_folder_that_is_whole(own_settings: Settings) -> None:
    generation = built(own_settings)
    found = held(kept_zip(generation, own_settings).read_bytes())
    folder = zip_name(generation).removesuffix(".zip")
    assert folder == "help-offline-2026-11-24"
    assert found == {f"{folder}/{path}": body for path, body in files_of(generation, own_settings).items()}
    assert list(broken_links(found)) == []


def test_the_same_state_has_the_same_bytes(own_settings: Settings, tmp_path: Path) -> None:
    generation = built(own_settings)
    first = kept_zip(generation, own_settings).read_bytes()
    elsewhere = own_settings.model_copy(update={"data": tmp_path / "other"})
    again = kept_zip(built(elsewhere), elsewhere)
    assert again.read_bytes() == first
    assert again.name == kept_zip(generation, own_settings).name


def test_it_is_made_once(own_settings: Settings) -> None:
    generation = built(own_settings)
    file = kept_zip(generation, own_settings)
    before = file.stat()
    assert kept_zip(generation, own_settings) == file
    assert file.stat() == before


def test_a_new_state_replaces_the_old(own_settings: Settings) -> None:
    old = kept_zip(built(own_settings), own_settings)
    write_content(own_settings.content, {"keys/new.md": "# Is this new?\n\nYes.\n"})
    new = kept_zip(built(own_settings), own_settings)
    assert new != old
    assert [path.name for path in new.parent.glob("*.zip")] == [new.name]
    assert any(name.endswith("/entries/new.html") for name in held(new.read_bytes()))


def test_files_have_a_fixed_time_and_can_be_read_by_all(tmp_path: Path) -> None:
    write_zip(tmp_path / "a.zip", [("index.html", b"x" * 1000), ("entries/a.html", b"y")], "help")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        infos = archive.infolist()
    assert [info.filename for info in infos] == ["help/index.html", "help/entries/a.html"]
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert {info.external_attr >> 16 for info in infos} == {0o644}
    assert infos[0].compress_size < infos[0].file_size


def test_a_folder_that_cannot_be_written_is_named(own_settings: Settings) -> None:
    generation = built(own_settings)
    (own_settings.data / "offline").write_text("in the way")
    with pytest.raises(DataFolderError, match=r"the offline copy cannot be kept: .*; free the space"):
        kept_zip(generation, own_settings)


# In the portal


def test_the_portal_hands_it_out(client: FlaskClient, own_settings: Settings) -> None:
    response = get(client)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/zip"
    assert response.headers["Content-Disposition"] == "attachment; filename=help-offline-2026-11-24.zip"
    assert "help-offline-2026-11-24/index.html" in held(response.data)
    assert response.data == next((own_settings.data / "offline").glob("*.zip")).read_bytes()


def test_who_has_it_is_told_so(client: FlaskClient) -> None:
    first = get(client)
    again = get(client, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert first.headers["Cache-Control"] == "no-cache"


def test_a_download_can_be_taken_up_again(client: FlaskClient) -> None:
    whole = get(client).data
    rest = get(client, Range="bytes=100-")
    assert (rest.status_code, rest.data) == (206, whole[100:])


def test_the_first_page_links_to_it(client: FlaskClient) -> None:
    assert f'<a href="{ADDRESS}" download>Download the offline copy</a>' in get(client, "/").data.decode()


def test_a_full_disk_is_said_in_words(client: FlaskClient, own_settings: Settings) -> None:
    get(client, "/")
    (own_settings.data / "offline").write_text("in the way")
    response = get(client)
    assert response.status_code == 503
    assert b"The offline copy cannot be made right now" in response.data
    assert os.fsencode(own_settings.data) not in response.data
