"""The portal over HTTP: statuses, headers, states of each page, hostile input, JSON."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from portal_world import PNG, FakeKnowledgeBase, write_world

from kb.entry import Finding
from kb.errors import ContentError, DataFolderError, MissingIndexError
from kb.settings import Settings
from kb.web import SAFETY_HEADERS, create_app


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("portal")
    return Settings(content=write_world(folder), data=folder / "data")


@pytest.fixture
def knowledge_base(settings: Settings) -> FakeKnowledgeBase:
    return FakeKnowledgeBase(settings.content)


@pytest.fixture
def app(settings: Settings, knowledge_base: FakeKnowledgeBase) -> Flask:
    return create_app(settings, knowledge_base)  # type: ignore[arg-type]


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    with app.test_client() as client:
        yield client


def page(client: FlaskClient, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, response.text
    assert response.content_type == "text/html; charset=utf-8"
    return response.text


# Asking


def test_home_shows_the_box_sections_guides_and_examples(client: FlaskClient) -> None:
    text = page(client, "/")
    assert '<h1><label for="box-question">What do you need help with?</label></h1>' in text
    assert "/ask?q=Why+is+port+443+closed%3F" in text
    assert re.search(r'href="/sections/configuration">Configuration</a> <span[^>]*>· 2 entries', text)
    assert re.search(r'href="/sections/keys">Keys</a> <span[^>]*>· 1 entry<', text)
    assert "Nothing here" not in text  # a section without entries
    assert 'href="/guides/guide-refused"' in text


@pytest.mark.parametrize("level", ["strong", "possible", "weak", "none"])
def test_hooks_of_each_level(client: FlaskClient, level: str) -> None:
    text = page(client, f"/ask?q={level}")
    assert re.findall(r'data-level="([^"]*)"', text) == [level]
    card = text[text.index("data-level") : text.index("box-turn")]
    ranked = {
        "strong": ["connection-refused", "hanging", "guide-refused"],
        "possible": ["connection-refused", "hanging"],
        "weak": ["hanging", "old-key", "guide-refused"],
        "none": [],
    }
    assert re.findall(r'data-entry="([^"]*)"', card) == ranked[level]
    assert card.count("data-report") == 1
    assert ("<mark>" in card) == (level in ("strong", "possible"))
    assert "%" not in re.sub(r'href="[^"]*"', "", card)


def test_strong_answer_in_its_order(client: FlaskClient) -> None:
    text = page(client, "/ask?q=strong")
    order = [
        '<h2 id="turn-1-question"><span class="said">You asked:</span> <span class="asked">strong</span></h2>',
        '<span class="dots" aria-hidden="true">●●●</span> Strong match',
        '<h3><a href="/entries/connection-refused">',
        'Configuration · <span class="updated">Updated <time datetime="2026-11-24">24 November 2026</time>',
        "Most relevant passage",
        "data-passage",
        'aria-label="Shell commands"',
        '<a href="/entries/connection-refused#p-1">Read the full entry</a>',
        'data-guide="guide-refused">Work through it step by step: Connection refused, step by step</a>',
        "· 2 steps",
        '<details class="others">',
        "2 other entries",
        "Why this answer?",
        "Still stuck?",
        'href="/report?q=strong&amp;entry=connection-refused" data-report>Write a problem report</a>',
        '<label class="box-label" for="box-question">Ask another question</label>',
    ]
    places = [text.index(piece) for piece in order]
    assert places == sorted(places)
    assert "This might be it" not in text


def test_one_sentence_is_marked_with_code_inside(client: FlaskClient) -> None:
    text = page(client, "/ask?q=strong")
    assert (
        "Port 443 is closed. <mark>Look whether <code>httpd</code> listens on it &amp; then restart.</mark></p>" in text
    )


def test_possible_answer_is_open_with_its_lead(client: FlaskClient) -> None:
    text = page(client, "/ask?q=possible")
    assert "This might be it. Check that it matches your case." in text
    assert '<details class="others" open>' in text
    assert "1 other entry<" in text


def test_weak_answer_is_no_answer(client: FlaskClient) -> None:
    text = page(client, "/ask?q=weak")
    assert "No entry answers this directly. These are the closest." in text
    assert "Strong match" not in text and "data-passage" not in text and "<h3>" not in text


def test_no_answer_offers_the_report_first(client: FlaskClient) -> None:
    text = page(client, "/ask?q=none")
    assert "No entry matches this question. Try the exact error text, or the name of the directive or file." in text
    assert re.search(r'class="button primary" href="/report\?q=none" data-report', text)
    assert 'href="/#all-sections">Browse sections</a>' in text


def test_correction_can_be_undone(client: FlaskClient, knowledge_base: FakeKnowledgeBase) -> None:
    text = page(client, "/ask?q=certifcate&section=keys")
    assert "Showing results for <em>certificate</em>. " in text
    assert (
        '<a href="/ask?q=certifcate&amp;section=keys&amp;exact=1">Search for <em>certifcate</em> instead</a>.' in text
    )
    assert "an earlier one" in text
    assert "Showing results" not in page(client, "/ask?q=certifcate&exact=1")
    assert [asked["exact"] for asked in knowledge_base.asked] == [False, True]


def test_history_is_labelled_as_history(client: FlaskClient) -> None:
    text = page(client, "/ask?q=historic")
    assert '<p class="historic-label">Historic: Apache 1.3</p>' in text
    assert "passage-historic" in text


def test_guide_as_the_answer(client: FlaskClient) -> None:
    text = page(client, "/ask?q=guide")
    assert '<h3><a href="/guides/guide-refused">' in text
    assert "Read the full guide" in text and "From the client inwards." in text
    assert 'data-guide="guide-refused"' in text


def test_log_is_shown_collapsed_with_its_lines(client: FlaskClient, knowledge_base: FakeKnowledgeBase) -> None:
    text = page(client, "/ask?q=strong&log=one%0D%0Atwo%0D%0A%3Cthree%3E")
    assert "<summary>Log, 3 lines</summary>" in text
    assert "one\ntwo\n&lt;three&gt;</pre>" in text
    assert knowledge_base.asked[0]["log"] == "one\ntwo\n<three>"
    assert '<details class="log">' in text


def test_log_alone_is_a_question(client: FlaskClient) -> None:
    assert 'data-level="possible"' in page(client, "/ask?log=Connection+refused")


def test_question_of_several_lines_is_kept(client: FlaskClient) -> None:
    assert '<span class="asked">strong\nsecond line</span>' in page(client, "/ask?q=strong%0Asecond+line")


def test_section_limits_and_can_be_lifted(client: FlaskClient, knowledge_base: FakeKnowledgeBase) -> None:
    text = page(client, "/ask?q=strong&section=keys")
    assert knowledge_base.asked[0]["section"] == "keys"
    assert 'value="keys" checked><label for="box-section">Only in “Keys”</label>' in text
    assert 'value="keys"><label' in page(client, "/sections/keys")


@pytest.mark.parametrize(
    ("query", "message", "field"),
    [
        ("q=", "Enter a question or an error line", "box-question"),
        ("q=+%0A", "Enter a question or an error line", "box-question"),
        (
            "q=" + "x" * 501,
            "Question must be 500 characters or less. Put longer output in the log field.",
            "box-question",
        ),
        ("q=strong&section=nope", "There is no section “nope”. Ask again to search everywhere.", "box-question"),
        (
            "q=why&log=" + "x" * 10_001,
            "Log or error output must be 10,000 characters or less. Keep the lines around the error.",
            "box-log",
        ),
    ],
)
def test_problems_are_said_twice_and_values_are_kept(
    client: FlaskClient, knowledge_base: FakeKnowledgeBase, query: str, message: str, field: str
) -> None:
    text = page(client, f"/ask?{query}", 422)
    assert "<title>Error: Test help</title>" in text
    assert text.count(message) == 2
    assert '<div class="error-summary" role="alert" tabindex="-1" autofocus' in text
    assert text.index("There is a problem") < text.index("<h1>")
    assert f'<a href="#{field}">' in text
    assert 'aria-invalid="true"' in text
    assert knowledge_base.asked == []
    if query.startswith("q=x"):
        assert f'value="{"x" * 501}"' in text


def test_form_starts_a_conversation(client: FlaskClient, knowledge_base: FakeKnowledgeBase) -> None:
    response = client.post("/ask", data={"q": "strong\r\nü", "log": "line\n" * 1000, "section": ""})
    assert response.status_code == 303
    text = page(client, response.headers["Location"])
    assert "strong\nü" in text and "Log, 1000 lines" in text
    assert knowledge_base.asked[0]["question"] == "strong\nü"


def test_long_log_of_a_correction_does_not_fit_into_a_link(client: FlaskClient) -> None:
    text = client.get("/ask", query_string={"q": "certifcate", "log": "line\n" * 1000}).text
    assert "Log, 1000 lines" in text
    assert 'href="/ask?q=certifcate&amp;exact=1"' in text


def test_empty_form_is_a_problem(client: FlaskClient) -> None:
    assert client.post("/ask", data={"q": ""}).status_code == 422


@pytest.mark.parametrize(
    "question", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7 * 191191 }}", "\x00\ud7ff%"]
)
def test_hostile_questions_are_text(client: FlaskClient, question: str) -> None:
    response = client.get("/ask", query_string={"q": question})
    assert response.status_code == 200
    assert "<script>alert" not in response.text and "<img" not in response.text and "1338337" not in response.text
    response = client.get("/report", query_string={"q": question, "entry": question, "guide": question})
    assert response.status_code == 200
    assert "<script>alert" not in response.text and "<img" not in response.text


def test_broken_encoding_is_a_question_too(client: FlaskClient) -> None:
    assert client.get("/ask?q=strong%ff%fe").status_code == 200


# Entries, sections, guides


def test_entry_page(client: FlaskClient) -> None:
    text = page(client, "/entries/connection-refused")
    assert '<h1 id="entry-title">Why is the connection &#34;refused&#34; &lt;here&gt;?</h1>' in text
    assert '<a href="/sections/configuration">Configuration</a>' in text
    assert '<time datetime="2026-11-24">' in text and ">Changed<" in text
    assert "Nothing listens on port 443." in text
    assert 'id="p-1"' in text and "<h2 id=" in text
    assert 'href="/entries/hanging">hanging</a>' in text and 'href="/entries/hanging">a file</a>' in text
    assert 'href="/guides/guide-refused">the guide</a>' in text
    assert "nowhere and" in text  # a link that leads nowhere is its text
    assert 'src="/files/configuration/img/plan.png"' in text and "[Image not available: gone]" in text
    assert "a &lt;b&gt;bold&lt;/b&gt; wish" in text and "connect: Connection refused" in text
    assert 'href="/entries/hanging">Why does it hang?</a>' in text
    assert 'href="/report?entry=connection-refused" data-report' in text
    assert "<script>alert" not in text and "javascript:alert" not in text.replace("[bad](javascript:alert(1))", "")
    assert '<link rel="alternate" type="text/markdown" href="/entries/connection-refused.md">' in text


def test_history_stands_in_a_section_of_its_own(client: FlaskClient) -> None:
    text = page(client, "/entries/connection-refused")
    historic = text[text.index('<section class="historic"') :]
    assert '<p class="historic-label">Historic: Apache 1.3</p>' in historic
    assert "apachectl startssl" in historic
    assert "apachectl startssl" not in text[: text.index('<section class="historic"')]
    assert "Applies to: SSLeay 0.8" in page(client, "/entries/old-key")


def test_regions_of_a_page_have_different_names(client: FlaskClient) -> None:
    for address in ("/entries/connection-refused", "/guides/guide-refused", "/report/template", "/ask?q=strong"):
        names = re.findall(r'role="region" aria-label="([^"]*)"', page(client, address))
        assert names and len(names) == len(set(names))


def test_element_ids_are_unique(client: FlaskClient) -> None:
    for address in (
        "/",
        "/entries/connection-refused",
        "/guides/guide-refused",
        "/guides/guide-refused/listen",
        "/report",
    ):
        ids = re.findall(r' id="([^"]*)"', page(client, address))
        assert len(ids) == len(set(ids)), address


def test_plain_markdown_entry(client: FlaskClient) -> None:
    text = page(client, "/entries/hanging")
    assert "Why does it hang?</h1>" in text and "A firewall drops the packets." in text


def test_entry_as_markdown(client: FlaskClient) -> None:
    response = client.get("/entries/connection-refused.md")
    assert response.content_type == "text/markdown; charset=utf-8"
    assert response.text.startswith('# Why is the connection "refused" <here>?\n\nNothing listens')


def test_unknown_entry_shows_the_nearest(client: FlaskClient, knowledge_base: FakeKnowledgeBase) -> None:
    text = page(client, "/entries/conection-refused", 404)
    assert "<h1>Page not found</h1>" in text and 'id="box-question"' in text
    assert 'href="/entries/connection-refused"' in text
    assert knowledge_base.asked[0]["question"] == "conection refused"
    assert client.get("/entries/nope.md").status_code == 404
    assert client.get("/entries/none").status_code == 404
    assert client.get("/entries/---").status_code == 404


def test_sections(client: FlaskClient) -> None:
    text = page(client, "/sections/configuration")
    assert "<h1>Configuration</h1>" in text and "Ports and hosts." in text
    assert text.index("/entries/connection-refused") < text.index("/entries/hanging")
    assert "data-guide" in text
    assert "No entries in this section yet." in page(client, "/sections/empty")
    page(client, "/sections/nope", 404)


def test_guide_on_one_page(client: FlaskClient) -> None:
    text = page(client, "/guides/guide-refused")
    assert '<section class="step" id="is-it-refused"' in text and '<section class="step" id="listen"' in text
    assert "Step 2 of 2" in text
    assert 'href="#listen">Next step: Does it listen?</a>' in text
    assert 'href="/guides/guide-refused/solved">Yes, that fixed it</a>' in text
    assert 'href="/guides/guide-other" data-guide="guide-other">Go to the guide: Another guide</a>' in text
    assert 'href="/entries/hanging">Read: Why does it hang?</a>' in text
    assert 'href="/report?guide=guide-refused&amp;step=listen" data-report>Write a problem report</a>' in text
    assert "Connection refused, step by step" in page(client, "/guides/")


def test_one_step_a_page(client: FlaskClient) -> None:
    first = page(client, "/guides/guide-refused/is-it-refused")
    assert "Step 1 of 2" in first and "Run these on the server." in first
    assert 'name="outcome" value="0">Next step: Does it listen?</button>' in first
    second = page(client, "/guides/guide-refused/listen")
    assert "Run these on the server." not in second
    assert 'name="outcome" value="1">Go to step 1: Is it refused?</button>' in second
    assert 'name="outcome" value="0"' not in second  # the good end has the button that every step has
    assert 'aria-current="step">Does it listen?' in second
    assert "✓" in page(client, "/guides/guide-refused/solved")


def test_number_of_a_step_leads_to_its_address(client: FlaskClient) -> None:
    response = client.get("/guides/guide-refused/2")
    assert (response.status_code, response.headers["Location"]) == (302, "/guides/guide-refused/listen")
    for address in ("3", "0", "²", "nope"):
        page(client, f"/guides/guide-refused/{address}", 404)
    for address in ("/guides/nope", "/guides/nope/1", "/guides/nope/solved"):
        page(client, address, 404)


# The problem report


def test_report_template_keeps_history_apart(client: FlaskClient) -> None:
    text = page(client, "/report/template")
    today, history = text[: text.index("How it was done before")], text[text.index("How it was done before") :]
    assert "users@example.org" in today and "Subscribe first." in today and "The team reads it by Friday." in today
    assert "old@modssl.org" not in today and "1998" not in today and "fax" not in today[: today.index('"historic"')]
    assert "old@modssl.org" in history and "the newsgroup of 1998" in history
    assert "private keys" in today and "pass &lt;phrases&gt;" in today
    assert "needed after a core dump" in today
    assert "Filled in" not in text


def test_report_is_filled_in_from_what_was_tried(client: FlaskClient) -> None:
    query = "q=why%0Aso&entry=connection-refused&guide=guide-refused&step=listen"
    text = page(client, f"/report?{query}")
    assert "Filled in from your conversation: 1 question, 1 entry, 2 steps. Check it before you send it." in text
    markdown = client.get(f"/report.md?{query}")
    assert markdown.content_type == "text/markdown; charset=utf-8"
    assert markdown.headers["Content-Disposition"] == 'attachment; filename="problem-report.md"'
    assert "> why\n> so\n" in markdown.text
    assert '- Entry: Why is the connection "refused" <here>? (/entries/connection-refused)' in markdown.text
    assert "up to step 2 of 2 (/guides/guide-refused)" in markdown.text
    assert "## Versions (always needed)" in markdown.text and "    httpd -V\n" in markdown.text
    plain = client.get(f"/report.txt?{query}")
    assert plain.content_type == "text/plain; charset=utf-8"
    assert "VERSIONS (always needed)" in plain.text and "why\n  so" in plain.text and "- private keys" in plain.text
    assert "&lt;" not in plain.text and "pass <phrases>" in plain.text


def test_unknown_ids_in_a_report_are_left_out(client: FlaskClient) -> None:
    assert "Filled in" not in page(client, "/report?entry=nope&guide=nope&step=nope")


# Files and machines


def test_static_files_keep_for_ever_at_their_address(client: FlaskClient) -> None:
    address = re.findall(r'href="(/static/style.css\?v=[0-9a-f]+)"', page(client, "/"))[0]
    response = client.get(address)
    assert response.content_type == "text/css; charset=utf-8"
    assert "immutable" in response.headers["Cache-Control"]
    assert client.get("/static/style.css?v=old").headers["Cache-Control"] == "no-cache"
    assert client.get("/favicon.ico").content_type == "image/svg+xml"
    for name in ("nope.css", "../app.py", "%2e%2e/app.py"):
        assert client.get(f"/static/{name}").status_code == 404


def test_pages_are_sent_compressed_and_not_twice(client: FlaskClient) -> None:
    plain = client.get("/entries/connection-refused")
    packed = client.get("/entries/connection-refused", headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip" and packed.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.data) == plain.data
    again = client.get("/entries/connection-refused", headers={"If-None-Match": plain.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == plain.headers["ETag"]


def test_images_of_the_content_and_nothing_else(client: FlaskClient, settings: Settings) -> None:
    response = client.get("/files/configuration/img/plan.png")
    assert (response.status_code, response.data, response.content_type) == (200, PNG, "image/png")
    for path in (
        "sections.yml", "configuration/hanging.md", ".hidden.png", "link.png", "../outside.png", "%2e%2e/outside.png",
        "configuration/../../outside.png", "configuration/img", "nope.png", "a%00.png", str(settings.content / "x.png"),
        "..%5coutside.png", "/etc/passwd",
    ):  # fmt: skip
        assert client.get(f"/files/{path}").status_code in (404, 308), path


def test_health_and_readiness(client: FlaskClient, knowledge_base: FakeKnowledgeBase) -> None:
    assert client.get("/healthz").text == "ok"
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json == {
        "ready": True,
        "reasons": [],
        "warnings": [],
        "fingerprint": "0123456789abcdef0123",
        "built": "2026-11-24T20:30:00+00:00",
        "entries": 3,
    }
    knowledge_base.problem = "there is no content folder at /secret"
    unreadable = Finding("error", "a.md", 1, "empty-file", "this file is empty")
    content = replace(knowledge_base.current.content, findings=(unreadable, replace(unreadable, severity="warning", file="b.md")))
    knowledge_base.current = replace(knowledge_base.current, content=content)
    troubled = client.get("/readyz")
    assert (troubled.status_code, troubled.json and troubled.json["ready"]) == (200, True)
    assert troubled.json and troubled.json["reasons"] == [
        "the content could not be brought up to date; the log says why",
        "1 content file has errors; the log and the inbox say which",
    ]
    for failure, reason in (
        (MissingIndexError("there is no index in /secret"), "there is no index to answer from"),
        (ContentError("there is no content folder at /secret"), "the content cannot be read"),
        (DataFolderError("/secret"), "the data folder cannot be used"),
    ):
        knowledge_base.failure = failure
        response = client.get("/readyz")
        assert (response.status_code, response.json) == (503, {"ready": False, "reasons": [reason]})
    assert client.get("/healthz").status_code == 200


def test_browsers_can_ask_from_their_own_search_field(client: FlaskClient) -> None:
    response = client.get("/opensearch.xml")
    assert response.content_type == "application/opensearchdescription+xml; charset=utf-8"
    assert 'template="http://localhost/ask?q={searchTerms}"' in response.text
    assert 'template="http://localhost/suggest?q={searchTerms}"' in response.text
    assert 'rel="search"' in page(client, "/")


def test_sitemap_and_robots(client: FlaskClient, settings: Settings, knowledge_base: FakeKnowledgeBase) -> None:
    text = client.get("/sitemap.xml").text
    assert "<loc>http://localhost/entries/connection-refused</loc><lastmod>2026-11-24</lastmod>" in text
    assert "Sitemap: http://localhost/sitemap.xml" in client.get("/robots.txt").text
    named = settings.model_copy(update={"base_url": "https://help.example.com/"})
    app = create_app(named, knowledge_base)  # type: ignore[arg-type]
    text = app.test_client().get("/sitemap.xml", headers={"Host": "evil.example"}).text
    assert "<loc>https://help.example.com/guides/guide-refused</loc>" in text and "evil" not in text


# Errors and headers


def test_every_answer_has_the_safety_headers(client: FlaskClient) -> None:
    for address in (
        "/",
        "/nope",
        "/ask",
        "/static/style.css",
        "/api/v1/search",
        "/healthz",
        "/guides",
        "/files/configuration/img/plan.png",
    ):
        response = client.get(address)
        for name, value in SAFETY_HEADERS:
            assert response.headers[name] == value, address
        assert "Set-Cookie" not in response.headers


def test_pages_hold_nothing_the_policy_forbids(client: FlaskClient) -> None:
    for address in ("/", "/ask?q=strong", "/entries/connection-refused", "/guides/guide-refused", "/report", "/nope"):
        text = client.get(address).text
        assert " style=" not in text and "<style" not in text and not re.search(r"\son\w+=\"", text)
        assert re.findall(r"<script[^>]*>(?!</script>)", text) == []


@pytest.mark.parametrize(
    "address",
    ["/", "/ask?q=strong", "/entries/connection-refused", "/guides/guide-refused/listen", "/report", "/api/v1/entries"],
)
def test_head_is_get_without_a_body(client: FlaskClient, address: str) -> None:
    head, get = client.head(address), client.get(address)
    assert (head.status_code, head.data) == (get.status_code, b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"]


def test_wrong_method(client: FlaskClient) -> None:
    response = client.post("/entries/hanging")
    assert response.status_code == 405 and "GET" in response.headers["Allow"] and "<h1>" in response.text
    assert client.put("/api/v1/search").content_type == "application/problem+json"


def test_too_large(client: FlaskClient) -> None:
    response = client.post("/ask", data={"q": "a", "log": "x" * 70_000})
    assert response.status_code == 413 and "64 KiB" in response.text


@pytest.mark.parametrize("address", ["/", "/ask?q=strong", "/entries/hanging", "/report"])
def test_no_index_is_said_and_comes_back(client: FlaskClient, knowledge_base: FakeKnowledgeBase, address: str) -> None:
    knowledge_base.failure = MissingIndexError("there is no index in /secret")
    response = client.get(address)
    assert response.status_code == 503 and response.headers["Retry-After"] == "60"
    assert "Load this page again in one minute." in response.text and "/secret" not in response.text
    knowledge_base.failure = None
    assert client.get(address).status_code == 200


def test_unexpected_errors_are_logged_and_not_shown(
    client: FlaskClient, knowledge_base: FakeKnowledgeBase, caplog: pytest.LogCaptureFixture
) -> None:
    knowledge_base.failure = RuntimeError("secret detail")
    response = client.get("/ask?q=strong")
    assert response.status_code == 500
    assert "There is a problem with this page" in response.text and "secret detail" not in response.text
    assert "secret detail" in caplog.text
    answer = client.get("/api/v1/search?q=strong")
    assert answer.status_code == 500 and json.loads(answer.data)["title"] == "Internal Server Error"
    assert "secret detail" not in answer.text


def test_new_generation_is_shown_at_once(
    client: FlaskClient, knowledge_base: FakeKnowledgeBase, settings: Settings, tmp_path: Path
) -> None:
    before = client.get("/entries/hanging")
    content = write_world(tmp_path)
    (content / "configuration/hanging.md").write_text("# Why does it hang?\n\nThe disk is full.\n", encoding="utf-8")
    knowledge_base.current = FakeKnowledgeBase(content).current
    after = client.get("/entries/hanging", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200 and "The disk is full." in after.text


def test_knowledge_base_is_opened_when_first_needed(tmp_path: Path) -> None:
    app = create_app(Settings(content=tmp_path / "nope", data=tmp_path / "data"))
    client = app.test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/").status_code == 503
