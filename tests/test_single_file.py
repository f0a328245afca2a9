"""The knowledge base as one file: everything is in it, every link stays in it, and nothing else is let in."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from urllib.parse import unquote

import pytest
from copy_world import Read, read_page
from engine_world import built
from portal_world import PNG, write_world

from kb.errors import ExportError
from kb.export import make_copy
from kb.generation import Generation
from kb.settings import Settings
from kb.single_file import single_file, write_single_file

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("world")
    return Settings(content=write_world(folder), data=folder / "data")


@pytest.fixture(scope="module")
def generation(settings: Settings) -> Generation:
    return built(settings)


def made(generation: Generation, settings: Settings) -> str:
    return single_file(generation, settings, make_copy(generation, settings, base_url="https://example.org"))


@pytest.fixture(scope="module")
def html(generation: Generation, settings: Settings) -> str:
    return made(generation, settings)


@pytest.fixture(scope="module")
def page(html: str) -> Read:
    return read_page(html)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """This project's own content as one file."""
    settings = Settings(content=ROOT / "content", data=tmp_path_factory.mktemp("own"))
    return read_page(made(built(settings), settings))


def test_every_page_is_a_part_of_it(page: Read, generation: Generation) -> None:
    names = {"/index", "/ask", "/guides", "/report"}
    names |= {f"/entries/{entry.id}" for entry in generation.content.entries}
    names |= {f"/sections/{section.id}" for section in generation.content.sections}
    names |= {f"/guides/{guide.id}" for guide in generation.content.guides}
    assert names <= page.ids.keys()
    assert "Look whether httpd listens on it & then restart." in page.text
    assert "Start it with apachectl startssl." in page.text


def test_links_stay_in_it(page: Read, own: Read) -> None:
    assert unresolved(page) == []
    assert unresolved(own) == []


def unresolved(page: Read) -> list[str]:
    """Addresses that lead to no place in the file, without those out of it that are there to be read."""
    out = []
    for link in page.links:
        if link.address.startswith("#"):
            name = unquote(link.address[1:])
            if name not in page.ids and "=" not in name:
                out.append(link.address)
        elif not link.address.startswith("data:") and not (link.tag == "a" and ":" in link.address):
            out.append(link.address)
    return out


def test_ids_are_unique_and_what_is_named_is_there(page: Read, own: Read) -> None:
    for read in (page, own):
        assert [name for name, count in read.ids.items() if count > 1] == []
        assert read.references <= read.ids.keys()


def test_the_box_has_its_plain_names(own: Read) -> None:
    assert {"box-question", "box-log", "turns"} <= own.ids.keys()


def test_the_policy_lets_in_what_is_in_the_file_and_nothing_else(html: str, page: Read) -> None:
    policy = next(meta["content"] for meta in page.metas if meta.get("http-equiv") == "Content-Security-Policy")
    style = html.partition("<style>")[2].partition("</style>")[0]
    texts = [text for _, text in page.scripts]
    for text in (style, *texts):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert policy.count("sha256-") == len(texts) + 1
    assert "unsafe" not in policy
    assert page.inline == []


def test_images_are_in_it(html: str) -> None:
    assert f'src="data:image/png;base64,{base64.b64encode(PNG).decode()}"' in html


def test_a_script_cannot_be_ended_by_what_an_entry_says(tmp_path: Path) -> None:
    text = "# Why does </script> end it?\n\nBecause `</script><!-- <script>` does.\n"
    folder = tmp_path / "content/a"
    folder.mkdir(parents=True)
    (folder / "b.md").write_text(text, encoding="utf-8")
    settings = Settings(content=tmp_path / "content", data=tmp_path / "data")
    html = made(built(settings), settings)
    assert html.count("</script") == len(read_page(html).scripts)
    assert all("<!--" not in script for _, script in read_page(html).scripts)  # it would hide the end of the script
    assert "Because </script><!-- <script> does." in read_page(html).text


def test_two_runs_make_the_same(generation: Generation, settings: Settings, html: str) -> None:
    assert made(generation, settings) == html


# Writing


def test_the_file_is_written_and_replaced(generation: Generation, settings: Settings, tmp_path: Path) -> None:
    target = tmp_path / "new/help.html"
    copy = make_copy(generation, settings)
    size = write_single_file(target, generation, settings, copy)
    assert target.stat().st_size == size
    assert write_single_file(target, generation, settings, copy) == size
    assert [path.name for path in target.parent.iterdir()] == ["help.html"]


@pytest.mark.parametrize("content", ["", "<!doctype html>\n<title>My page</title>"])
def test_another_file_is_refused(generation: Generation, settings: Settings, tmp_path: Path, content: str) -> None:
    target = tmp_path / "page.html"
    target.write_text(content)
    with pytest.raises(ExportError, match="was not written by an export; name another file"):
        write_single_file(target, generation, settings, make_copy(generation, settings))
    assert target.read_text() == content


def test_a_folder_is_no_file(generation: Generation, settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="is a folder; name a file"):
        write_single_file(tmp_path, generation, settings, make_copy(generation, settings))


def test_a_place_that_cannot_be_written_is_named(generation: Generation, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="cannot be written"):
        write_single_file(tmp_path / "file/help.html", generation, settings, make_copy(generation, settings))
