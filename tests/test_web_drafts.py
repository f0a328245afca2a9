"""The pages of drafts: the list, the patch and its download, the effect."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from staff_world import StaffWorld, make_world, post

from kb import draft_effect, drafts
from kb.content import load_content
from kb.drafts import Draft, Effect
from kb.store.times import time_text

PAGE = "/inbox/drafts/wording-hanging"


@pytest.fixture
def world(tmp_path: Path) -> StaffWorld:
    labelled = tmp_path / "labelled.jsonl"
    labelled.write_text(json.dumps({"query": "flux capacitor hums", "kind": "q", "relevant": ["hanging"]}) + "\n")
    return make_world(tmp_path, labelled_questions=labelled)


@pytest.fixture
def client(world: StaffWorld) -> FlaskClient:
    return world.staff()


def make_draft(world: StaffWorld, *wordings: str) -> Draft:
    entry = next(item for item in load_content(world.settings.content).entries if item.id == "hanging")
    return drafts.add_wordings(world.settings, entry, wordings or ("<b>flux</b> capacitor hums",), "Boris")[0]


def text_of(client: FlaskClient, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.get_data(as_text=True)


def test_an_empty_list_says_where_drafts_come_from(client: FlaskClient) -> None:
    page = text_of(client, "/inbox/drafts")
    assert "No drafts." in page and '<a href="/inbox">inbox</a>' in page


def test_drafts_are_listed_until_they_are_applied(world: StaffWorld, client: FlaskClient) -> None:
    draft = make_draft(world)
    page = text_of(client, "/inbox/drafts")
    assert "1 wording" in page and "Boris" in page and "To apply" in page
    patch = client.get(f"{PAGE}.patch")
    assert patch.content_type == "text/x-diff; charset=utf-8" and "no-store" in patch.headers["Cache-Control"]
    assert patch.headers["Content-Disposition"] == "attachment; filename=wording-hanging.patch"
    subprocess.run(
        ["patch", "-p1"], cwd=world.settings.content.parent, input=patch.data, check=True, capture_output=True
    )
    assert draft.wordings[0] in (world.settings.content / "asked/hanging.txt").read_text()
    assert "Applied" in text_of(client, "/inbox/drafts")
    page = text_of(client, PAGE)
    assert "The content holds this change already." in page and "Download the patch" not in page


def test_a_draft_shows_its_patch_escaped(world: StaffWorld, client: FlaskClient) -> None:
    make_draft(world)
    page = text_of(client, PAGE)
    assert "+&lt;b&gt;flux&lt;/b&gt; capacitor hums" in page and "<b>flux" not in page
    assert "patch -p1 &lt; wording-hanging.patch" in page and "<code>content/</code>" in page


@pytest.mark.parametrize(
    "address", ["/inbox/drafts/none", "/inbox/drafts/none.patch", "/inbox/drafts/wording-none", "/inbox/drafts/..%2fx"]
)
def test_unknown_drafts_are_not_found(world: StaffWorld, client: FlaskClient, address: str) -> None:
    make_draft(world)
    text_of(client, address, 404)


def test_a_draft_is_measured_in_the_background(world: StaffWorld, client: FlaskClient) -> None:
    make_draft(world)
    assert "Not measured." in text_of(client, PAGE)
    page = post(client, f"{PAGE}/measure", follow=True).get_data(as_text=True)
    until = time.monotonic() + 60
    while "Being measured on a copy of the content." in page:
        assert time.monotonic() < until
        time.sleep(0.05)
        page = text_of(client, PAGE)
    assert "0.0 %" in page and "100.0 %" in page and "Right only with the draft" in page and "Measure again" in page


def test_a_measurement_under_way_is_shown_and_not_started_twice(world: StaffWorld, client: FlaskClient) -> None:
    draft = make_draft(world)
    effect = Effect("measuring", time_text(), drafts.patch_digest(world.settings, draft))
    drafts.save_effect(world.settings, draft.id, effect)
    page = post(client, f"{PAGE}/measure", follow=True).get_data(as_text=True)
    assert "Being measured" in page and f'<a href="{PAGE}">Load the result</a>' in page and ">Measure" not in page
    stored = drafts.load_draft(world.settings, draft.id)
    assert stored and stored.effect == effect


def test_what_could_not_be_measured_is_said(world: StaffWorld, client: FlaskClient) -> None:
    draft = make_draft(world)
    digest = drafts.patch_digest(world.settings, draft)
    drafts.save_effect(world.settings, draft.id, Effect("failed", time_text(), digest, problem="The file is <odd>."))
    assert "It could not be measured. The file is &lt;odd&gt;." in text_of(client, PAGE)
    world.settings.labelled_questions.unlink()
    make_draft(world, "something new")
    page = text_of(client, PAGE)
    assert (
        "There is no file of labelled questions" in page
        and ">Measure" not in page
        and not draft_effect.can_measure(world.settings)
    )


def test_one_wording_is_taken_back(world: StaffWorld, client: FlaskClient) -> None:
    make_draft(world, "one", "two")
    page = post(client, f"{PAGE}/remove", wordings="one", follow=True).get_data(as_text=True)
    assert "The wording was taken back." in page and "+two" in page and "+one" not in page
    page = post(client, f"{PAGE}/remove", wordings="two", follow=True).get_data(as_text=True)
    assert "The draft was taken back." in page and "No drafts." in page


def test_a_draft_that_cannot_come_back_is_said(world: StaffWorld, client: FlaskClient) -> None:
    make_draft(world)
    assert "The draft was put aside." in post(client, f"{PAGE}/discard", follow=True).get_data(as_text=True)
    make_draft(world, "another")
    page = post(client, f"{PAGE}/restore", follow=True).get_data(as_text=True)
    assert "another took its place" in page
    assert post(client, "/inbox/drafts/wording-none/discard").status_code == 404
