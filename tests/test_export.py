"""The offline copy: every link leads somewhere, nothing loads from outside, and the same content gives the same bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from copy_world import Read, broken_links, broken_markdown_links, files_below, files_of, markdown_links, pages_of
from engine_world import built, write_content
from portal_world import PNG, write_world

from kb.generation import Generation
from kb.links import Copy
from kb.settings import Settings
from kb.widget_script import widget_script

ROOT = Path(__file__).parent.parent
ADDRESS = "https://help.example.org/copy"
BROKEN = [  # what the authors of the small world got wrong stays as they wrote it
    "entries/connection-refused.md: entry:nowhere leads nowhere",
    "entries/connection-refused.md: entries/img/gone.png leads nowhere",
]
ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("world")
    return Settings(content=write_world(folder), data=folder / "data")


@pytest.fixture(scope="module")
def generation(settings: Settings) -> Generation:
    return built(settings)


@pytest.fixture(scope="module")
def files(generation: Generation, settings: Settings) -> dict[str, bytes]:
    return files_of(generation, settings)


@pytest.fixture(scope="module")
def pages(files: dict[str, bytes]) -> dict[str, Read]:
    return pages_of(files)


@pytest.fixture(scope="module")
def on_the_web(generation: Generation, settings: Settings) -> dict[str, bytes]:
    return files_of(generation, settings, base_url=ADDRESS + "/")


@pytest.fixture(scope="module")
def own_settings_of_content(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(content=ROOT / "content", data=tmp_path_factory.mktemp("own"))


@pytest.fixture(scope="module")
def own_generation(own_settings_of_content: Settings) -> Generation:
    return built(own_settings_of_content)


@pytest.fixture(scope="module")
def own(own_generation: Generation, own_settings_of_content: Settings) -> dict[str, bytes]:
    """The copy of this project's own content."""
    return files_of(own_generation, own_settings_of_content)


@pytest.fixture(scope="module")
def own_on_the_web(own_generation: Generation, own_settings_of_content: Settings) -> dict[str, bytes]:
    return files_of(own_generation, own_settings_of_content, base_url=ADDRESS)


# What there is


def test_every_entry_section_and_guide_has_a_page(files: dict[str, bytes], generation: Generation) -> None:
    content = generation.content
    expected = {"index.html", "ask.html", "guides.html", "report.html", "report.md", "report.txt", "feed.xml"}
    expected |= {"embed.html", "widget.js"}
    expected |= {f"entries/{entry.id}{end}" for entry in content.entries for end in (".html", ".md")}
    expected |= {f"sections/{section.id}{end}" for section in content.sections for end in (".html", ".md")}
    expected |= {f"guides/{guide.id}{end}" for guide in content.guides for end in (".html", ".md")}
    assert expected <= files.keys()
    assert all(path.startswith(("assets/", "files/")) for path in files.keys() - expected)


def test_scripts_data_and_style_come_along(files: dict[str, bytes], generation: Generation) -> None:
    items = (*generation.content.entries, *generation.content.guides)
    names = {"style.css", "favicon.svg", "page.js", "engine.js", "index.js", *(f"texts/{item.id}.js" for item in items)}
    assert {f"assets/{name}" for name in names} <= files.keys()
    assert all(
        path.endswith(".js")
        for path in files
        if path.startswith("assets/") and path.removeprefix("assets/") not in names
    )
    assert all(files.values())


def test_images_that_are_shown_come_along(files: dict[str, bytes]) -> None:
    assert files["files/configuration/img/plan.png"] == PNG
    assert [path for path in files if path.startswith("files/")] == ["files/configuration/img/plan.png"]
    assert b'src="../files/configuration/img/plan.png"' in files["entries/connection-refused.html"]


def test_nothing_leads_nowhere(files: dict[str, bytes]) -> None:
    assert list(broken_links(files)) == []


def test_nothing_leads_nowhere_on_the_web(on_the_web: dict[str, bytes]) -> None:
    assert list(broken_links(on_the_web)) == []


def test_nothing_leads_nowhere_in_this_content(own: dict[str, bytes]) -> None:
    assert len(pages_of(own)) > 60
    assert list(broken_links(own)) == []


def test_the_crawler_sees_what_is_broken() -> None:
    page = '<a href="gone.html">a</a><a href="#nowhere">b</a><img src="https://example.org/x.png"><a href="/x">c</a>'
    assert len(list(broken_links({"index.html": page.encode()}))) == 4


def test_ids_are_unique_and_what_is_named_is_there(own: dict[str, bytes]) -> None:
    for path, page in pages_of(own).items():
        assert [name for name, count in page.ids.items() if count > 1] == [], path
        assert page.references <= page.ids.keys(), path


def test_nothing_leads_nowhere_in_markdown(files: dict[str, bytes], own: dict[str, bytes]) -> None:
    assert list(broken_markdown_links(files)) == BROKEN
    assert list(broken_markdown_links(own)) == []
    linked = {target for path, text in own.items() if path.endswith(".md") for target in markdown_links(path, text)}
    assert {path for path in own if path.startswith("entries/") and path.endswith(".md")} <= linked  # by their sections


def test_nothing_leads_nowhere_in_markdown_on_the_web(on_the_web: dict[str, bytes], own_on_the_web: dict[str, bytes]) -> None:
    assert list(broken_markdown_links(on_the_web, ADDRESS)) == BROKEN
    assert list(broken_markdown_links(own_on_the_web, ADDRESS)) == []
    assert f"]({ADDRESS}/entries/hanging.md)" in on_the_web["sections/configuration.md"].decode()


def test_the_markdown_crawler_sees_what_is_broken() -> None:
    text = "[a](gone.md) [b](/x.md) [c](entry:gone) ![d](../files/gone.png)\n`[code](stays)`\n\n[e]: <gone too.md>\n\n[f](#x)\n"
    assert len(list(broken_markdown_links({"entries/a.md": text.encode()}))) == 4
    assert len(list(broken_markdown_links({"entries/a.md": f"[a]({ADDRESS}/no.md)".encode()}, ADDRESS))) == 1


def test_odd_names_are_found(tmp_path: Path) -> None:
    texts = {
        "général/où est-ce.md": "# Où est-ce?\n\nIci. ![Un plan](plan%20été.png)\n",
        "général/100%.md": "# Is 100% enough?\n\nSee [the other one](<où est-ce.md>).\n",
    }
    settings = Settings(content=write_content(tmp_path / "content", texts), data=tmp_path / "data")
    (tmp_path / "content/général/plan été.png").write_bytes(PNG)
    files = files_of(built(settings), settings)
    assert "files/général/plan été.png" in files
    assert list(broken_links(files)) == []
    assert list(broken_markdown_links(files)) == []
    assert list(broken_markdown_links(files_of(built(settings), settings, base_url=ADDRESS), ADDRESS)) == []


# In the help widget


def test_the_copy_brings_the_widget_and_its_page(files: dict[str, bytes], pages: dict[str, Read]) -> None:
    assert files["widget.js"].decode() == widget_script("embed.html")
    page = files["embed.html"].decode()
    assert 'class="embedded" data-home="embed.html"' in page
    assert {"box-question", "box-log", "turns", "tried-place", "all-sections"} <= pages["embed.html"].ids.keys()
    assert page.count("<template") == files["ask.html"].decode().count("<template")
    assert all(not link.address.startswith("index.html") for link in pages["embed.html"].links)
    assert not [link for link in pages["embed.html"].links if link.address.startswith("ask.html") and link.tag == "form"]
    assert files["assets/page.js"].endswith((ROOT / "static/embed.js").read_bytes())


def test_every_page_knows_where_the_widget_starts(files: dict[str, bytes], pages: dict[str, Read]) -> None:
    for path in pages:
        start = "../" * path.count("/") + "embed.html"
        assert f' data-home="{start}"' in files[path].decode(), path
        assert ('class="embedded"' in files[path].decode()) == (path == "embed.html")


# Without server, network or script


def test_pages_load_nothing_but_the_files_of_the_copy(pages: dict[str, Read]) -> None:
    for path, page in pages.items():
        policies = [meta["content"] for meta in page.metas if meta.get("http-equiv") == "Content-Security-Policy"]
        assert len(policies) == 1, path
        assert policies[0].startswith("default-src 'none'; ")
        assert "unsafe" not in policies[0]
        assert "connect-src" not in policies[0]
        assert page.inline == [], path
        run = [values for values, _ in page.scripts if values.get("type", "") != "application/ld+json"]
        assert all(not text.strip() for values, text in page.scripts if values in run), path


def test_every_answer_can_be_read_without_script(
    files: dict[str, bytes], pages: dict[str, Read], generation: Generation
) -> None:
    entry = pages["entries/connection-refused.html"].text
    assert "Look whether httpd listens on it & then restart." in entry
    assert "Start it with apachectl startssl." in entry
    assert "JavaScript" in entry  # says why nobody answers
    for guide in generation.content.guides:
        page = files[f"guides/{guide.id}.html"].decode()
        assert all(f'<section class="step" id="{step.id}"' in page for step in guide.steps)
        assert 'id="guide-solved"' in page


def test_a_guide_ends_in_solved_or_in_a_report(pages: dict[str, Read]) -> None:
    links = {link.address for link in pages["guides/guide-refused.html"].links}
    assert "../guides/guide-refused.html#guide-solved" in links
    assert "../report.html" in links


def test_a_section_without_entries_has_its_page(pages: dict[str, Read]) -> None:
    assert "No entries in this section yet." in pages["sections/empty.html"].text


def test_the_date_is_on_every_page(pages: dict[str, Read]) -> None:
    assert all("Offline copy, 24 November 2026" in " ".join(page.text.split()) for page in pages.values())


def test_a_copy_of_content_without_dates_names_none(tmp_path: Path) -> None:
    settings = Settings(
        content=write_content(tmp_path / "content", {"a/b.md": "# Why?\n\nSo.\n"}), data=tmp_path / "data"
    )
    files = files_of(built(settings), settings)
    assert '<p class="copy-note">Offline copy</p>' in files["index.html"].decode()
    assert "feed.xml" not in files
    assert list(broken_links(files)) == []


def test_another_date_can_be_given(generation: Generation, settings: Settings) -> None:
    files = files_of(generation, settings, date="2027-01-02")
    assert "Offline copy, <time" in files["index.html"].decode()
    assert "2 January 2027" in files["index.html"].decode()


def test_the_portal_is_named_where_it_is_known(generation: Generation, settings: Settings) -> None:
    known = settings.model_copy(update={"base_url": "https://portal.example.org"})
    assert '<a href="https://portal.example.org">the portal</a>' in files_of(generation, known)["index.html"].decode()


# For search engines and feed readers


def test_pages_say_where_they_are_only_when_that_is_known(
    files: dict[str, bytes], on_the_web: dict[str, bytes]
) -> None:
    entry = "entries/connection-refused.html"
    assert f'<link rel="canonical" href="{ADDRESS}/{entry}">' in on_the_web[entry].decode()
    assert f'<link rel="canonical" href="{ADDRESS}/">' in on_the_web["index.html"].decode()
    assert b"canonical" not in files[entry]
    assert "sitemap.xml" not in files


def test_the_sitemap_names_every_page_that_is_there(on_the_web: dict[str, bytes]) -> None:
    places = [node.text or "" for node in ElementTree.fromstring(on_the_web["sitemap.xml"]).iter(f"{SITEMAP}loc")]
    paths = {place.removeprefix(f"{ADDRESS}/") for place in places}
    assert all(place.startswith(f"{ADDRESS}/") for place in places)
    assert paths <= on_the_web.keys()
    assert {path for path in on_the_web if path.startswith(("entries/", "guides/")) and path.endswith(".html")} <= paths


def test_the_feed_holds_what_was_reviewed(on_the_web: dict[str, bytes], files: dict[str, bytes]) -> None:
    feed = ElementTree.fromstring(on_the_web["feed.xml"])
    assert feed.findtext(f"{ATOM}updated") == "2026-11-24T00:00:00Z"
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == ['Why is the connection "refused" <here>?']
    link = entries[0].find(f"{ATOM}link")
    assert link is not None
    assert link.attrib["href"] == f"{ADDRESS}/entries/connection-refused.html"
    elsewhere = ElementTree.fromstring(files["feed.xml"])
    assert elsewhere.findtext(f"{ATOM}id") == feed.findtext(f"{ATOM}id")  # wherever the copy is put


def test_questions_and_answers_are_there_as_data(pages: dict[str, Read]) -> None:
    found = data_of(pages["entries/connection-refused.html"])
    assert found["@type"] == "FAQPage"
    assert found["mainEntity"][0]["name"] == 'Why is the connection "refused" <here>?'
    assert found["mainEntity"][0]["acceptedAnswer"]["text"] == "Nothing listens on port 443."
    section = data_of(pages["sections/configuration.html"])
    assert len(section["mainEntity"]) == 2
    assert section["mainEntity"][1]["acceptedAnswer"]["text"] == "A firewall drops the packets."


def data_of(page: Read) -> dict[str, object]:
    found = [text for values, text in page.scripts if values.get("type") == "application/ld+json"]
    assert len(found) == 1
    assert "<" not in found[0]
    return dict(json.loads(found[0]))


def test_every_page_has_a_title_and_what_can_be_found_a_description(own: dict[str, bytes]) -> None:
    titles = []
    for path, page in pages_of(own).items():
        titles.append(own[path].decode().partition("<title>")[2].partition("</title>")[0])
        described = [meta for meta in page.metas if meta.get("name") == "description"]
        hidden = [meta for meta in page.metas if meta.get("content") == "noindex"]
        assert len(described) == (0 if hidden else 1), path
    assert all(titles)
    assert len(set(titles)) == len(titles)


# The same bytes


def test_two_runs_write_the_same(tmp_path: Path, settings: Settings) -> None:
    """Two programs, each with an index of its own and another order of its sets."""
    copies = []
    for seed in ("1", "2"):
        target = tmp_path / seed
        run = subprocess.run(
            [sys.executable, "-m", "kb", "export", str(target), "--content", str(settings.content), "--data", str(tmp_path / f"data{seed}")],
            cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        assert not (run.stderr or "\x1b" in run.stdout)
        copies.append(files_below(target))
    assert copies[0] == copies[1]


def test_a_copy_says_what_kind_it_is() -> None:
    assert Copy().kind == "folder"
    assert Copy(is_single=True).kind == "single"
