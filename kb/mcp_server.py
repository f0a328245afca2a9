"""The knowledge base for assistants: a server of the Model Context Protocol, on standard input and output or over HTTP.

Standard output belongs to the protocol; everything else that is said goes to standard error.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import CallToolResult, InputRequiredResult, ToolAnnotations
from pydantic import ValidationError

from kb import __version__
from kb.assistant_tools import AssistantTools
from kb.errors import InputError, KbError
from kb.knowledge_base import KnowledgeBase
from kb.settings import Settings

PATH = "/mcp"
BODY_LIMIT = 64 * 1024  # bytes of a call
_TITLES = {
    "search": "Search the knowledge base",
    "get_entry": "Read an entry",
    "get_guide": "Read a troubleshooting guide",
    "draft_report": "Draft a problem report",
}
log = logging.getLogger("kb.mcp")


class KbServer(MCPServer[Any]):
    """A server whose tools say what went wrong in one sentence."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        try:
            return await super().call_tool(name, arguments, context)
        except UnexpectedToolError as error:
            if isinstance(error.__cause__, KbError):
                raise ToolError(str(error.__cause__)) from error
            log.error("tool %r failed", name, exc_info=error.__cause__)
            raise ToolError(f"{name} failed. The reason is in the log of the server.") from None
        except ToolError as error:
            if isinstance(error.__cause__, ValidationError):
                raise ToolError(_sentence(error.__cause__)) from None
            raise ToolError(f"There is no tool {name!r}. The tools: {', '.join(_TITLES)}.") from None


def _sentence(error: ValidationError) -> str:
    """What is wrong with the first argument that cannot be used."""
    first = error.errors(include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    return f"{name} cannot be used: {first['msg'][:1].lower()}{first['msg'][1:]}."


def _log_to_stderr() -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")


def make_server(settings: Settings) -> KbServer:
    """The server with its tools. Builds the index where it is missing or old. Raises KbError when that cannot be."""
    tools = AssistantTools(settings, KnowledgeBase(settings))
    site = tools.frame().content.site
    server = KbServer(
        "kb",
        title=site.title,
        version=__version__,
        website_url=settings.base_url or None,
        instructions=(
            f"Answers from “{site.title}”. {site.tagline} Call search first, with what the person wrote. Quote passages word "
            "for word and name their entries. When the level is none, say that there is no answer here. Work through guides "
            "one step at a time. When nothing helps, draft a problem report."
        ),
        log_level="WARNING",
    )
    reads = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
    for tool in (tools.search, tools.get_entry, tools.get_guide, tools.draft_report):
        server.add_tool(tool, title=_TITLES[tool.__name__], annotations=reads, structured_output=True)
    return server


def serve_stdio(settings: Settings) -> None:
    """Serve one assistant on standard input and output until the input ends."""
    _log_to_stderr()
    make_server(settings).run("stdio")


def serve_http(settings: Settings, place: str) -> None:
    """Serve assistants over HTTP until interrupted. place: such as 127.0.0.1:8001; port 0 takes a free one.

    Says on standard error where it is reached. Raises InputError when nothing can listen there.
    """
    host, port = parse_place(place)
    _log_to_stderr()
    server = make_server(settings)
    with _listen(host, port) as sock:
        port = sock.getsockname()[1]
        app = server.streamable_http_app(
            streamable_http_path=PATH,
            json_response=True,
            stateless_http=True,  # nothing is remembered between two calls
            max_request_body_size=BODY_LIMIT,
            transport_security=allowed_callers(settings, host, port),
            host=host,
        )
        web = uvicorn.Server(uvicorn.Config(app, log_config=None, log_level="warning", access_log=False))
        print(f"Assistants reach the knowledge base at http://{_shown(host)}:{port}{PATH}", file=sys.stderr, flush=True)
        asyncio.run(web.serve([sock]))


def parse_place(place: str) -> tuple[str, int]:
    """Host and port of a text such as 127.0.0.1:8001 or [::1]:8001. Raises InputError."""
    host, _, port = place.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit()) or int(port) > 65_535:
        raise InputError(f"--http {place} is no HOST:PORT; write it as 127.0.0.1:8001")
    return host, int(port)


def allowed_callers(settings: Settings, host: str, port: int) -> TransportSecuritySettings:
    """Under which names the server may be called, and from pages of which sites.

    A page that a browser shows could reach a server on the reader's own machine by pointing its name there; the name it
    sends gives it away. Allowed are the address itself, this machine's names, KB_MCP_HOSTS and the host of KB_BASE_URL.
    """
    names = [f"{name}:{port}" for name in dict.fromkeys((_shown(host), "127.0.0.1", "localhost", "[::1]"))]
    names += [name for name in (item.strip() for item in settings.mcp_hosts.split(",")) if name]
    base = urlsplit(settings.base_url)
    names += [base.netloc] if base.netloc else []
    origins = [f"{scheme}://{name}" for name in names for scheme in ("http", "https")]
    return TransportSecuritySettings(allowed_hosts=names, allowed_origins=origins)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise InputError(f"cannot listen on {_shown(host)}:{port}: {reason}; name another with --http") from error
