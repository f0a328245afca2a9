"""Reports and conversations that anybody may send: nothing of them is lost, runs, or becomes another header or file."""

from __future__ import annotations

import email
import email.policy
import zipfile
from io import BytesIO

import pytest
from api_world import REPORT, api_portal
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.content import load_content
from kb.entry import ReportTemplate
from kb.mail import report_mail
from kb.pages import Frame, report_template
from kb.report import (
    check,
    check_file,
    check_files,
    file_name,
    form_fields,
    make_report,
    masked,
    report_markdown,
    report_text,
)
from kb.settings import Settings
from kb.store.reports import Attachment

ANY = st.text(max_size=300) | st.sampled_from(
    ["\r\nBcc: victim@example.org\r\n\r\nbody", "```\n# x\n```", "=cmd|' /C calc'!A0", "\x00", "\ud800", "../../etc/passwd", "-" * 5 + "BEGIN"]
)  # fmt: skip
QUIET = settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
MAIL = Settings(mail_host="mail.example.org", mail_from="kb@example.org", mail_to="team@example.org")
HEADERS = {
    "subject",
    "from",
    "to",
    "date",
    "message-id",
    "auto-submitted",
    "content-type",
    "mime-version",
    "content-transfer-encoding",
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    folder = tmp_path_factory.mktemp("reports")
    more = {"reports_per_hour": 100_000, "asks_per_minute": 100_000, "reads_per_minute": 100_000}
    return api_portal(folder, **more).test_client()


@pytest.fixture(scope="module")
def template(client: FlaskClient) -> ReportTemplate:
    portal = client.application.extensions["portal"]
    return report_template(Frame(load_content(portal.settings.content), portal.links))


@given(data=st.data())
@QUIET
def test_any_values_make_a_report_or_problems(template: ReportTemplate, data: st.DataObject) -> None:
    names = [field.id for field in form_fields(template)]
    values = masked(data.draw(st.dictionaries(st.sampled_from(names), ANY)))
    problems = check(values, template)
    assert all(problem.message and "\n" not in problem.message for problem in problems)
    report = make_report(values, template, ())
    for text in (report_markdown(report, template), report_text(report, template)):
        assert text.count("# Problem report") <= 1 or "# Problem report" in "".join(values.values())


@given(name=ANY, data=st.binary(max_size=300) | ANY.map(lambda text: text.encode("utf-8", "replace")))
@QUIET
def test_any_file_is_taken_or_refused_in_a_sentence(name: str, data: bytes) -> None:
    checked = check_files([(name, data)])
    assert bool(checked.attachments) != bool(checked.problems)
    for item in checked.attachments:
        assert (
            item.name == file_name(name) and "/" not in item.name and "\\" not in item.name and item.name.isprintable()
        )
        assert "\x00" not in item.text
    assert all("\n" not in problem.message for problem in checked.problems)


@given(title=ANY, text=ANY, name=ANY)
@QUIET
def test_nothing_that_is_typed_becomes_a_header_of_the_mail(title: str, text: str, name: str) -> None:
    clean = (value.encode("utf-8", "replace").decode() for value in (title, text))  # as the database gives them back
    subject, body = clean
    message = report_mail(
        MAIL, reference="R-7K3M-92QX", title=subject, text=body, markdown=body, sent_at="2026-11-24T12:00:00+00:00",
        attachments=(Attachment(file_name(name), body, 1),),
    )  # fmt: skip
    read = email.message_from_bytes(message.as_bytes(policy=email.policy.SMTP), policy=email.policy.default)
    assert {header.lower() for header in read.keys()} <= HEADERS  # noqa: SIM118
    assert read["to"] == "team@example.org" and len(list(read.iter_attachments())) == 2


JSON_VALUES = st.recursive(st.none() | st.booleans() | st.integers() | ANY, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY, inner, max_size=3), max_leaves=6)  # fmt: skip


@given(
    body=st.dictionaries(
        st.sampled_from(["question", "log", "conversation", "exact", "new", "section", "x"]), JSON_VALUES
    )
)
@QUIET
def test_any_step_of_a_conversation_is_answered_or_refused_in_a_sentence(
    client: FlaskClient, body: dict[str, object]
) -> None:
    reply = client.post("/api/v1/ask", json=body)
    assert reply.status_code in (200, 400, 404, 410, 422), reply.text
    if reply.status_code == 200:
        talk = reply.get_json()["conversation"]["id"]
        more = client.post("/api/v1/ask", json={"question": "and then?", "conversation": talk})
        assert more.status_code == 200
        page = client.get(f"/conversations/{talk}")
        assert page.status_code == 200 and "<script>" not in page.text
    else:
        assert reply.get_json()["detail"]


@given(
    fields=st.dictionaries(st.sampled_from(["title", "messages", "question", "log", "nope"]), ANY), name=ANY, text=ANY
)
@QUIET
def test_any_report_by_the_api_is_kept_whole_or_refused(
    client: FlaskClient, fields: dict[str, str], name: str, text: str
) -> None:
    reply = client.post("/api/v1/reports", json={"fields": REPORT | fields, "files": [{"name": name, "text": text}]})
    assert reply.status_code in (201, 400, 422), reply.text
    if reply.status_code == 201:
        page = client.get(reply.headers["Location"])
        assert page.status_code == 200
        assert "<script>" not in page.text and "\nBcc:" not in str(reply.headers)


def test_archives_and_xml_are_never_unpacked() -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", b"\0" * 20_000_000)
    assert check_file("bomb.zip", packed.getvalue())[1][0].startswith("bomb.zip is not a text file.")
    bomb = '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;">]><a>&c;</a>'
    assert check_file("bomb.xml", bomb.encode()) == (bomb, ())  # a text like any other
