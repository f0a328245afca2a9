"""The server for assistants, called by the SDK's own client: a program on standard input and output, and over HTTP."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
from engine_world import entry_text, write_content
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, TextContent

from kb.errors import InputError
from kb.mcp_server import PATH, allowed_callers, make_server, parse_place
from kb.settings import Settings

ROOT = Path(__file__).parent.parent
T = TypeVar("T")
PASS_PHRASE = "How do I remove the pass phrase from a private key?"


def command(settings: Settings, *more: str) -> list[str]:
    return ["-m", "kb", "mcp", "--content", str(settings.content), "--data", str(settings.data), *more]


def environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("KB_")} | more


def program(settings: Settings) -> StdioServerParameters:
    return StdioServerParameters(
        command=sys.executable, args=command(settings), cwd=ROOT, env=environment(KB_CHECK_SECONDS="0")
    )


def talk(server: Any, work: Callable[[Client], Awaitable[T]]) -> T:
    """What `work` returns, done with a client of `server`."""

    async def run() -> T:
        async with asyncio.timeout(60), Client(server) as client:
            return await work(client)

    # in a thread of its own: one that drives a browser has an event loop already
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(run())).result()


def call(server: Any, name: str, **arguments: Any) -> CallToolResult:
    """The result of one call."""
    return talk(server, lambda client: client.call_tool(name, arguments))


def said(result: CallToolResult) -> str:
    """The text of a result."""
    return "\n".join(item.text for item in result.content if isinstance(item, TextContent))


def value(result: CallToolResult) -> dict[str, Any]:
    """The structured value of a result that is no error."""
    assert not result.is_error, said(result)
    assert result.structured_content is not None
    return dict(result.structured_content)


@contextmanager
def over_http(settings: Settings, place: str = "127.0.0.1:0", **more: str) -> Iterator[str]:
    """The address of a running server."""
    started = subprocess.Popen(
        [sys.executable, *command(settings, "--http", place)],
        cwd=ROOT, env=environment(**more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert started.stderr is not None and started.stdout is not None
        line = started.stderr.readline()
        assert line.startswith("Assistants reach the knowledge base at http://"), line + started.stderr.read()
        yield line.split()[-1]
        started.terminate()
        out, rest = started.communicate(timeout=20)
        assert out == "" and all(line.startswith("mcp.server.transport_security: Invalid ") for line in rest.splitlines())
    finally:
        started.kill()
        started.wait()


@pytest.fixture(scope="module")
def server(small_settings: Settings) -> Any:
    """The server in this process, for what has nothing to do with how it is reached."""
    return make_server(small_settings)


def test_a_program_answers_on_standard_output_and_builds_the_index(own_settings: Settings) -> None:
    assert not own_settings.data.exists()

    async def work(client: Client) -> tuple[list[str], CallToolResult, str | None]:
        tools = await client.list_tools()
        found = await client.call_tool("search", {"question": PASS_PHRASE})
        return [tool.name for tool in tools.tools], found, client.instructions

    names, found, instructions = talk(program(own_settings), work)
    assert names == ["search", "get_entry", "get_guide", "draft_report"]
    assert value(found)["hits"][0]["id"] == "remove-pass-phrase"
    assert instructions and "Call search first" in instructions


def test_a_running_program_follows_the_content(own_settings: Settings) -> None:
    async def work(client: Client) -> tuple[CallToolResult, CallToolResult]:
        before = await client.call_tool("get_entry", {"id": "gopher"})
        (own_settings.content / "keys/gopher.md").write_text(entry_text("Does it speak gopher?", "No."), "utf-8")
        return before, await client.call_tool("search", {"question": "does it speak gopher"})

    before, after = talk(program(own_settings), work)
    assert before.is_error
    assert value(after)["hits"][0]["id"] == "gopher"


def test_the_program_says_nothing_but_the_protocol_on_standard_output(own_settings: Settings) -> None:
    messages = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "search", "arguments": {"question": ""}}},
    ]  # fmt: skip
    text = "".join(json.dumps(message) + "\n" for message in messages) + "no message\n"
    with subprocess.Popen(
        [sys.executable, *command(own_settings)],
        cwd=ROOT, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as started:  # fmt: skip
        assert started.stdin and started.stdout
        started.stdin.write(text)
        started.stdin.flush()
        answers = [json.loads(started.stdout.readline()) for _ in range(2)]
        started.stdin.close()
        rest = [json.loads(line) for line in started.stdout]
        assert started.wait(20) == 0
    assert {answer["id"] for answer in answers} == {1, 2}
    assert all(message["jsonrpc"] == "2.0" for message in rest)
    wrong = next(answer for answer in answers if answer["id"] == 2)["result"]
    assert wrong["isError"] and wrong["content"][0]["text"] == "Enter a question or an error line"


def test_a_content_folder_that_is_not_there_is_one_line_and_status_1(tmp_path: Path) -> None:
    settings = Settings(content=tmp_path / "nowhere", data=tmp_path / "data")
    done = subprocess.run(
        [sys.executable, *command(settings)], cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("kb: ") and done.stderr.count("\n") == 1 and "nowhere" in done.stderr


def test_over_http(small_settings: Settings) -> None:
    with over_http(small_settings, KB_BASE_URL="https://help.example.com") as address:
        async def work(client: Client) -> tuple[CallToolResult, CallToolResult]:
            return (
                await client.call_tool("search", {"question": PASS_PHRASE, "limit": 1}),
                await client.call_tool("get_guide", {"id": "nope"}),
            )

        found, wrong = talk(address, work)
        assert value(found)["hits"][0]["url"] == "https://help.example.com/entries/remove-pass-phrase"
        assert wrong.is_error and said(wrong) == "There is no guide 'nope'. Call search to find one."


def test_over_http_other_names_and_pages_of_other_sites_are_refused(small_settings: Settings) -> None:
    message = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    with over_http(small_settings, KB_MCP_HOSTS="faq.internal, other.internal:99") as address:
        parts = urlsplit(address)

        def status(host: str, origin: str = "", body: str = message) -> int:
            connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
            headers = {"Host": host, "Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
            connection.request("POST", PATH, body, headers | ({"Origin": origin} if origin else {}))
            answer = connection.getresponse()
            answer.read()
            connection.close()
            return answer.status

        own = parts.netloc
        assert status(own) not in (403, 421) and status("faq.internal") not in (403, 421)
        assert status(own, f"http://{own}") not in (403, 421)
        assert [status(host) for host in ("evil.example", "evil.example:80", "other.internal", own + "0")] == [421] * 4
        assert [status(own, origin) for origin in ("https://evil.example", "null")] == [403] * 2
        assert status(own, body="x" * 70_000) == 413


def heed_interrupts() -> None:
    """Undo what a background shell hands down to all that it starts: that interrupts are ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("more", [[], ["--http", "127.0.0.1:0"]], ids=["stdio", "http"])
def test_an_interrupt_ends_it_without_a_traceback(small_settings: Settings, more: list[str]) -> None:
    with subprocess.Popen(
        [sys.executable, *command(small_settings, *more)],
        cwd=ROOT, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=heed_interrupts,
    ) as started:  # fmt: skip
        assert started.stdin and started.stdout and started.stderr
        if more:
            started.stderr.readline()
        else:
            started.stdin.write('{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n')
            started.stdin.flush()
            assert json.loads(started.stdout.readline())["id"] == 1
        started.send_signal(signal.SIGINT)
        try:
            _, said = started.communicate(timeout=60)
        finally:
            started.kill()  # nothing for a program that has ended
        assert started.returncode in (0, 1)
    assert "Traceback" not in said


def test_an_address_in_use_is_one_line_and_status_1(small_settings: Settings) -> None:
    with over_http(small_settings) as address:
        place = urlsplit(address).netloc
        done = subprocess.run(
            [sys.executable, *command(small_settings, "--http", place)],
            cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"kb: cannot listen on {place}: Address already in use; name another with --http\n"


@pytest.mark.parametrize(
    ("place", "parsed"), [("127.0.0.1:8001", ("127.0.0.1", 8001)), ("[::1]:0", ("::1", 0)), ("host:65535", ("host", 65535))]
)
def test_places(place: str, parsed: tuple[str, int]) -> None:
    assert parse_place(place) == parsed


@pytest.mark.parametrize("place", ["", "8001", ":8001", "host:", "host:x", "host:65536", "host:²"])
def test_places_that_are_none(place: str) -> None:
    with pytest.raises(InputError, match="is no HOST:PORT; write it as"):
        parse_place(place)


def test_names_that_may_call() -> None:
    settings = Settings(base_url="https://help.example.com", mcp_hosts="a.internal")
    allowed = allowed_callers(settings, "0.0.0.0", 81)
    assert allowed.enable_dns_rebinding_protection
    assert allowed.allowed_hosts == [
        "0.0.0.0:81", "127.0.0.1:81", "localhost:81", "[::1]:81", "a.internal", "help.example.com",
    ]  # fmt: skip


# What the tools say


def test_every_tool_and_value_is_described_and_reads_only(server: Any) -> None:
    tools = talk(server, lambda client: client.list_tools()).tools
    for tool in tools:
        assert tool.title and tool.description and len(tool.description) > 40
        assert tool.annotations and tool.annotations.read_only_hint
        assert tool.output_schema and tool.output_schema["properties"]
        for name, about in tool.input_schema["properties"].items():
            assert about.get("description"), (tool.name, name)
    assert next(tool for tool in tools if tool.name == "search").input_schema["required"] == ["question"]


@pytest.mark.parametrize(
    ("tool", "arguments", "sentence"),
    [
        ("search", {"question": " "}, "Enter a question or an error line"),
        ("search", {"question": "x" * 501}, "Question must be 500 characters or less. Put longer output in the log field."),
        ("search", {"question": "x", "section": "y"}, "There is no section 'y'. Name one of: keys, protocol"),
        ("search", {"question": "x", "limit": 99}, "limit cannot be used: input should be less than or equal to 20."),
        ("search", {}, "question cannot be used: field required."),
        ("get_entry", {"id": "guide-start"}, "There is no entry 'guide-start'. It is a guide: call get_guide."),
        ("get_guide", {"id": "self-signed"}, "There is no guide 'self-signed'. It is an entry: call get_entry."),
        ("draft_report", {"question": ""}, "Nothing is filled in. Give the question at least."),
        ("draft_report", {"question": "x", "fields": {"colour": "red"}}, "The report has no field 'colour'. Its fields: "),
        ("delete", {}, "There is no tool 'delete'. The tools: search, get_entry, get_guide, draft_report."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_sentence(server: Any, tool: str, arguments: dict[str, Any], sentence: str) -> None:
    result = call(server, tool, **arguments)
    assert result.is_error and said(result).startswith(sentence)
    assert "\n" not in said(result)


def test_what_nobody_foresaw_stays_in_the_log(
    small_settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from kb.assistant_tools import AssistantTools

    def fail(self: AssistantTools) -> None:
        raise RuntimeError("secret detail")

    server = make_server(small_settings)
    monkeypatch.setattr(AssistantTools, "frame", fail)
    result = call(server, "get_entry", id="self-signed")
    assert result.is_error and said(result) == "get_entry failed. The reason is in the log of the server."
    assert "secret detail" in caplog.text


def test_the_same_index_is_kept_for_two_servers(tmp_path: Path) -> None:
    settings = Settings(content=write_content(tmp_path / "content"), data=tmp_path / "data")
    assert value(call(make_server(settings), "search", question=PASS_PHRASE))["level"] == "strong"
    folders = sorted(path.name for path in (settings.data / "index").iterdir() if path.is_dir())
    make_server(settings)
    assert sorted(path.name for path in (settings.data / "index").iterdir() if path.is_dir()) == folders
