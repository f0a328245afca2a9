"""The inbox: lists, filters, details, actions and their Undo."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from staff_world import NAME, NOW, OTHER, REFERENCE, StaffWorld, fill, make_world, post

from kb import drafts
from kb.question_groups import group_key
from kb.store.questions import handle_question, list_handled
from kb.store.reports import NewReport, create_report, handle_report, load_report
from kb.web import create_app

FLUX = group_key("tune the flux capacitor")
REPORT = f"/inbox/reports/{REFERENCE}"
QUESTION = f"/inbox/questions/{FLUX}"
EMPTY = "Nothing waiting. New reports and unanswered questions appear here."


@pytest.fixture
def world(tmp_path: Path) -> StaffWorld:
    made = make_world(tmp_path, labelled_questions=tmp_path / "none.jsonl")
    fill(made)
    return made


@pytest.fixture
def client(world: StaffWorld) -> FlaskClient:
    return world.staff()


def text_of(client: FlaskClient, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.get_data(as_text=True)


def rows(page: str) -> list[str]:
    return re.findall(r'class="row-link" href="[^"]+">(.*?)</a>', page)


def undo(client: FlaskClient, page: str) -> str:
    """Press the Undo of a notice."""
    form = re.search(r'<form class="press" action="([^"]+)".*?Undo', page[page.index('class="notice') :], re.DOTALL)
    assert form, "there is no Undo"
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form.group()))
    return client.post(form.group(1), data=fields, follow_redirects=True).get_data(as_text=True)


def is_refused(page: str, message: str, place: str) -> bool:
    """Whether a page says in its title, in a summary, and at the place that it leads to, why an action was refused."""
    summary = page[page.index('class="error-summary" role="alert" tabindex="-1" autofocus') : page.index("<h1")]
    assert f'<li><a href="#{place}">{message}' in summary and page.count('role="alert"') == 1
    assert f' id="{place}"' in page and 'class="notice' not in page
    if place != "state":
        error = f'id="{place}-error"><span class="visually-hidden">Error: </span>{message}</p>'
        assert error in page and 'aria-invalid="true"' in page and f'aria-describedby="{place}-error"' in page
    return "<title>Error: " in page


# Lists


def test_the_team_is_told_of_content_that_cannot_be_used(world: StaffWorld) -> None:
    client = world.staff()
    assert "The content has errors" not in text_of(client, "/inbox")
    (world.settings.content / "protocol/hanging.md").write_text("---\nquestion: [<b>\n---\n", encoding="utf-8")
    client = StaffWorld(create_app(world.settings), world.settings, world.database).staff()
    for address in ("/inbox", "/inbox/questions"):
        page = text_of(client, address)
        assert "The content has errors" in page and "protocol/hanging.md:3: bad-yaml: " in page
    assert "The content has errors" not in text_of(client, "/")
    assert "The content has errors" not in text_of(world.client(), "/login")


def test_reports_are_listed_newest_first(client: FlaskClient) -> None:
    page = text_of(client, "/inbox")
    assert rows(page) == ["The flux capacitor hums", "Something else is broken"]
    assert "Reports that wait, 1 to 2 of 2, newest first</caption>" in page and '<th scope="row">' in page
    assert '<a href="/inbox" aria-current="page">Reports' in page and '<a href="/inbox/questions">Unanswered' in page


def test_unanswered_questions_are_grouped_and_keystrokes_count_once(client: FlaskClient) -> None:
    page = text_of(client, "/inbox/questions")
    assert rows(page) == [
        "Tuning the flux capacitors", "flux capacitor hums at night", "warp core breach", "something weak about handshakes",
    ]  # fmt: skip
    assert page.count("3 times") == 1 and page.count("1 time<") == 3


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("words=FLUX+hums", ["The flux capacitor hums"]),
        ("words=2.4.62", ["The flux capacitor hums"]),
        ("days=7", ["The flux capacitor hums", "Something else is broken"]),
        ("words=broken&days=7&status=all", ["Something else is broken"]),
        ("status=nonsense&days=x&page=x", ["The flux capacitor hums", "Something else is broken"]),
        ("page=99", ["The flux capacitor hums", "Something else is broken"]),
    ],
)
def test_reports_are_filtered(client: FlaskClient, query: str, found: list[str]) -> None:
    assert rows(text_of(client, f"/inbox?{query}")) == found


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("words=tuning", 1),
        ("words=how+do+i+tune", 1),
        ("words=wa", 1),
        ("days=7", 4),
        ("status=handled", 0),
        ("status=all", 4),
    ],
)
def test_questions_are_filtered_by_any_wording(client: FlaskClient, query: str, count: int) -> None:
    assert len(rows(text_of(client, f"/inbox/questions?{query}"))) == count


def test_a_filter_stays_in_the_form_escaped(client: FlaskClient) -> None:
    page = text_of(client, '/inbox?words="><script>&status=all&days=30')
    assert 'value="&#34;&gt;&lt;script&gt;"' in page and "<script>&" not in page
    assert '<option value="all" selected>' in page and '<option value="30" selected>' in page


def test_empty_lists_say_what_to_do_next(tmp_path: Path) -> None:
    client = make_world(tmp_path).staff()
    for address in ("/inbox", "/inbox/questions"):
        page = text_of(client, address)
        assert EMPTY in page and f'<a href="{address}?status=handled">' in page
        page = text_of(client, f"{address}?words=zzz")
        assert (
            "match this filter." in page
            and f'<a href="{address}">Show all that are waiting</a>' in page
            and EMPTY not in page
        )


def test_questions_that_are_not_kept_are_said(tmp_path: Path) -> None:
    assert "Questions are not kept" in text_of(make_world(tmp_path, log_questions=False).staff(), "/inbox/questions")


def test_long_lists_have_pages_that_keep_the_filter(world: StaffWorld, client: FlaskClient) -> None:
    with world.database.begin() as connection:
        for number in range(60):
            new = NewReport(f"many-{number}", {}, f"Broken {number}")
            create_report(connection, new, lambda number=number: f"R-{number:04}", NOW)  # type: ignore[misc]
    page = text_of(client, "/inbox?words=broken&days=30")
    assert len(rows(page)) == 25 and "Page 1 of 3" in page and "Newer" not in page
    assert '<a class="button" href="/inbox?words=broken&amp;days=30&amp;page=2" rel="next">' in page
    page = text_of(client, "/inbox?words=broken&days=30&page=3")
    assert len(rows(page)) == 11 and "51 to 61 of 61" in page and "Older" not in page
    world.ask(*(f"puzzle{number} riddle{number}" for number in range(30)))
    page = text_of(client, "/inbox/questions?page=2")
    assert len(rows(page)) == 9 and "Page 2 of 2" in page


# A report


def test_a_report_is_shown_whole_and_escaped(client: FlaskClient) -> None:
    page = text_of(client, REPORT)
    for part in (
        "The flux capacitor hums</h1>", REFERENCE, "<dt>Versions</dt>", "OpenSSL 3.5 &lt;script&gt;alert(1)&lt;/script&gt;",
        "Asked: flux capacitor hums at night", "x" * 300, "../error log.txt", "25 Bytes", "Log, 2 lines", "hum &lt;b&gt;loud&lt;/b&gt;",
        "No match", "Strong match", "did not help (It does not fit my case; =HYPERLINK(1) nothing listens)", "could not be done",
    ):  # fmt: skip
        assert part in page, part
    assert "<script>alert" not in page


def test_a_report_is_found_in_any_case_and_others_are_not(client: FlaskClient) -> None:
    assert REFERENCE in text_of(client, REPORT.lower().replace("/inbox/reports/", "/inbox/reports/"))
    for address in (
        "/inbox/reports/R-none",
        "/inbox/questions/none",
        f"{REPORT}/attachments/0",
        f"{REPORT}/attachments/2",
    ):
        text_of(client, address, 404)
    for address in ("/inbox/reports/R-none/handle", "/inbox/questions/none/handle", "/inbox/reports/R-none/reopen"):
        assert post(client, address).status_code == 404


def test_an_attachment_is_a_text_to_save_whatever_it_calls_itself(client: FlaskClient) -> None:
    response = client.get(f"{REPORT}/attachments/1")
    assert response.get_data(as_text=True) == "line one\n<b>line two</b>\n"
    assert (
        response.content_type == "text/plain; charset=utf-8" and response.headers["X-Content-Type-Options"] == "nosniff"
    )
    assert response.headers["Content-Disposition"] == 'attachment; filename="_error log.txt"'


def test_a_conversation_that_is_gone_is_said(world: StaffWorld, client: FlaskClient) -> None:
    assert "written without a conversation" in text_of(client, "/inbox/reports/R-AAAA-BBBB")
    with world.database.begin() as connection:
        create_report(connection, NewReport("k3", {}, "Lost", conversation_id="gone"), lambda: "R-LOST")
    assert "no longer kept" in text_of(client, "/inbox/reports/R-LOST")


def test_marking_handled_can_be_undone(world: StaffWorld, client: FlaskClient) -> None:
    page = post(client, f"{REPORT}/handle", follow=True).get_data(as_text=True)
    assert "Marked as handled." in page and "by you," in page and "Mark handled<" not in page
    assert rows(text_of(client, "/inbox")) == ["Something else is broken"]
    assert rows(text_of(client, "/inbox?status=handled")) == ["The flux capacitor hums"]
    page = undo(client, page_with_notice(client, page))
    assert "Waiting again." in page and len(rows(text_of(client, "/inbox"))) == 2
    with world.database.read() as connection:
        report = load_report(connection, REFERENCE)
    assert report and report.status == "open" and report.handled_by == ""


def page_with_notice(client: FlaskClient, page: str) -> str:
    """The page as it was shown; a notice is shown once."""
    assert 'class="notice' not in text_of(client, REPORT)
    return page


def test_somebody_else_was_faster(world: StaffWorld, client: FlaskClient) -> None:
    with world.database.begin() as connection:
        handle_report(connection, REFERENCE, OTHER)
        handle_question(connection, FLUX, OTHER)
    for address in (REPORT, QUESTION):
        response = post(client, f"{address}/handle")
        page = response.get_data(as_text=True)
        assert response.status_code == 409 and ">Undo" not in page
        assert is_refused(page, f"Handled by {OTHER} on ", "state") and "already.</a>" in page
        assert f"</span> by {OTHER}," in page
    page = post(client, f"{QUESTION}/link", entry="hanging").get_data(as_text=True)
    assert is_refused(page, f"Handled by {OTHER} on ", "state") and '<option value="hanging" selected>' in page
    assert f"Handled by {OTHER}" in text_of(client, "/inbox?status=all")
    assert f"Handled by {OTHER}" in text_of(client, "/inbox/questions?status=all")


def test_a_report_is_linked_to_an_entry_and_back(world: StaffWorld, client: FlaskClient) -> None:
    page = post(client, f"{REPORT}/link", entry="hanging", follow=True).get_data(as_text=True)
    assert "Linked to “Why does the connection hang?”." in page and '<option value="hanging" selected>' in page
    page = post(client, f"{REPORT}/link", entry="old-browser", follow=True).get_data(as_text=True)
    undo(client, page)
    with world.database.read() as connection:
        report = load_report(connection, REFERENCE)
    assert report and report.entry_id == "hanging" and report.status == "open"
    page = post(client, f"{REPORT}/link", entry="nowhere").get_data(as_text=True)
    assert is_refused(page, "Choose an entry of the list.", "link-entry")


# Unanswered questions


def test_a_group_shows_all_wordings_and_their_conversations(client: FlaskClient) -> None:
    page = text_of(client, QUESTION)
    for part in (
        "how do I tune the flux capacitor",
        "tune flux capacitor?",
        "Asked 3 times in 3 wordings",
        "No conversation with",
    ):
        assert part in page
    page = text_of(client, f"/inbox/questions/{group_key('flux capacitor hums at night')}")
    assert "Log, 2 lines" in page and "why is the connection refused" in page


def test_a_group_is_handled_and_put_back(world: StaffWorld, client: FlaskClient) -> None:
    page = post(client, f"{QUESTION}/handle", follow=True).get_data(as_text=True)
    assert "Marked as handled." in page and len(rows(text_of(client, "/inbox/questions"))) == 3
    world.ask("flux capacitor, how to tune?")
    with world.database.read() as connection:
        assert list_handled(connection)[FLUX].handled_by == NAME
    assert "Waiting again." in undo(client, page)
    assert len(rows(text_of(client, "/inbox/questions"))) == 4


def test_a_group_is_linked_to_the_entry_that_answers_it(world: StaffWorld, client: FlaskClient) -> None:
    page = post(client, f"{QUESTION}/link", entry="").get_data(as_text=True)
    assert is_refused(page, "Choose an entry of the list.", "link-entry")
    page = post(client, f"{QUESTION}/link", entry="hanging", follow=True).get_data(as_text=True)
    assert "Linked to “Why does the connection hang?” and marked as handled." in page
    with world.database.read() as connection:
        assert list_handled(connection)[FLUX].entry_id == "hanging"
    undo(client, page)
    with world.database.read() as connection:
        assert list_handled(connection) == {}


# Drafts


@pytest.mark.parametrize("address", [REPORT, QUESTION])
def test_a_wording_is_drafted_and_taken_back(world: StaffWorld, client: FlaskClient, address: str) -> None:
    page = post(client, f"{address}/wording", entry="hanging", wording=["flux?", "hum?"], follow=True).get_data(
        as_text=True
    )
    number = 1 if address == REPORT else 2
    assert f"{number} wording" in page and "drafted for “Why does the connection hang?”." in page
    (draft,) = drafts.list_drafts(world.settings)
    assert draft.wordings == ("flux?", "hum?")[:number] and draft.made_by == NAME
    assert "The draft was taken back." in undo(client, page) and drafts.list_drafts(world.settings) == ()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"entry": "", "wording": "flux?"}, "Choose an entry of the list."),
        ({"entry": "hanging", "wording": "???"}, "Enter a question."),
        ({"entry": "hanging", "wording": "the page never loads"}, "The entry has this wording already."),
        ({"entry": "hanging", "wording": "x" * 501}, "A question must be 500 characters or less."),
    ],
)
def test_a_refused_wording_says_why_and_is_kept(
    world: StaffWorld, client: FlaskClient, fields: dict[str, str], message: str
) -> None:
    response = post(client, f"{REPORT}/wording", **fields)
    page = response.get_data(as_text=True)
    assert response.status_code == 422 and is_refused(page, message, "wording" if fields["entry"] else "link-entry")
    assert f">\n{fields['wording']}</textarea>" in page and drafts.list_drafts(world.settings) == ()
    if fields["entry"]:
        assert '<option value="hanging" selected>' in page


def test_no_wording_chosen_is_said_and_nothing_gets_ticked(client: FlaskClient) -> None:
    page = post(client, f"{QUESTION}/wording", entry="hanging").get_data(as_text=True)
    assert is_refused(page, "Choose a wording.", "wording-1") and page.count('type="checkbox"') == 3
    assert " checked" not in page and '<option value="hanging" selected>' in page


def test_ticked_wordings_stay_ticked(client: FlaskClient) -> None:
    ticked = ["tune flux capacitor?", "how do I tune the flux capacitor"]
    page = post(client, f"{QUESTION}/wording", entry="", wording=ticked).get_data(as_text=True)
    assert is_refused(page, "Choose an entry of the list.", "link-entry")
    assert sorted(re.findall(r'name="wording" value="([^"]+)" checked', page)) == sorted(ticked)


@pytest.mark.parametrize("address", [REPORT, QUESTION])
@pytest.mark.parametrize("action", ["handle", "reopen", "link", "wording", "draft"])
def test_the_address_of_an_action_leads_to_its_page(client: FlaskClient, address: str, action: str) -> None:
    response = client.get(f"{address}/{action}")
    assert response.status_code == 303 and response.headers["Location"] == address


@pytest.mark.parametrize("address", [REPORT, QUESTION])
def test_what_is_sent_twice_is_done_once(world: StaffWorld, client: FlaskClient, address: str) -> None:
    sent = {
        "wording": {"entry": "hanging", "wording": ["flux?"]},
        "draft": {"question": "Why does the flux hum?", "section": "protocol"},
        "handle": {},
    }
    for action, fields in sent.items():
        first, second = (post(client, f"{address}/{action}", page=address, **fields) for _ in range(2))
        assert first.status_code == second.status_code == 303
        assert first.headers["Location"] == second.headers["Location"]
        assert 'role="alert"' not in text_of(client, second.headers["Location"])
    assert sorted(draft.kind for draft in drafts.list_drafts(world.settings)) == ["entry", "wording"]
    assert "by you," in text_of(client, address)


def test_linking_a_question_twice_is_done_once(client: FlaskClient) -> None:
    for _ in range(2):
        page = post(client, f"{QUESTION}/link", entry="hanging", follow=True).get_data(as_text=True)
        assert "Linked to “Why does the connection hang?” and marked as handled." in page
    page = post(client, f"{QUESTION}/link", entry="old-browser").get_data(as_text=True)
    assert is_refused(page, "Handled by you on ", "state")


@pytest.mark.parametrize("address", [REPORT, QUESTION])
def test_an_entry_is_drafted_and_put_aside(world: StaffWorld, client: FlaskClient, address: str) -> None:
    page = post(
        client, f"{address}/draft", question="Why does the flux hum?", section="protocol", follow=True
    ).get_data(as_text=True)
    assert "Entry drafted." in page and "+question: Why does the flux hum?" in page
    (draft,) = drafts.list_drafts(world.settings)
    assert ("httpd 2.4.62" in draft.text and REFERENCE in draft.text) == (address == REPORT)
    assert ("tune flux capacitor?" in draft.text) == (address == QUESTION)
    page = undo(client, page)
    assert "The draft was put aside." in page and drafts.list_drafts(world.settings) == ()
    assert "The draft is back." in undo(client, page) and drafts.list_drafts(world.settings) == (draft,)


def test_a_refused_entry_says_why_and_is_kept(client: FlaskClient) -> None:
    page = post(client, f"{REPORT}/draft", question="Why, oh why?", section="nowhere").get_data(as_text=True)
    assert is_refused(page, "Choose a section of the list.", "new-section") and ">\nWhy, oh why?</textarea>" in page
    page = post(client, f"{REPORT}/draft", question="?", section="protocol").get_data(as_text=True)
    assert is_refused(page, "Enter a question.", "new-question") and '<option value="protocol" selected>' in page
    page = post(client, f"{QUESTION}/draft", question="?", section="protocol").get_data(as_text=True)
    assert page.count(" checked") == 1  # the boxes of the other form stay as they were at first
