"""Reports by mail: the message, and handing it to a mail server."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, getaddresses, parseaddr
from typing import Any

from kb.deadline import Deadline
from kb.errors import DeliveryError, InputError
from kb.settings import Settings
from kb.store.reports import Attachment

_SUBJECT_LIMIT = 120  # characters of the title in a subject
_LOCAL = ("localhost", "127.0.0.1", "::1")


def check_mail_settings(settings: Settings) -> None:
    """Raises InputError when mail is set up by half, or in a way that would send the password unprotected."""
    if not settings.mail_host:
        return
    if not recipients(settings):
        raise InputError("setting KB_MAIL_TO is empty; name the addresses that reports go to, or empty KB_MAIL_HOST")
    for name, value in (("KB_MAIL_TO", settings.mail_to), ("KB_MAIL_FROM", settings.mail_from)):
        addresses = [address for _, address in getaddresses([value])]
        if not addresses or not all(_is_address(address) for address in addresses) or "\n" in value:
            raise InputError(f"setting {name} is no mail address; it is {value!r} now")
    if settings.mail_user and settings.mail_security == "none" and settings.mail_host not in _LOCAL:
        raise InputError(
            "setting KB_MAIL_SECURITY is none, which would send the password unprotected; use starttls or tls"
        )


def recipients(settings: Settings) -> tuple[str, ...]:
    """The addresses that reports go to."""
    return tuple(address for _, address in getaddresses([settings.mail_to]) if address)


def _is_address(address: str) -> bool:
    name, at, host = address.rpartition("@")
    return bool(name and at and host) and not any(letter.isspace() for letter in address)


def report_mail(
    settings: Settings, *, reference: str, title: str, text: str, markdown: str, sent_at: str, url: str = "",
    attachments: Sequence[Attachment] = (),
) -> EmailMessage:  # fmt: skip
    """The mail about a report: its text as the body, its Markdown and its files attached.

    The same report makes the same Message-ID, so that a mail that was sent twice is shown once.
    """
    sender = settings.mail_from
    host = parseaddr(sender)[1].rpartition("@")[2]
    message = EmailMessage()
    message["Subject"] = f"[{reference}] {_one_line(title)[:_SUBJECT_LIMIT]}".strip()
    message["From"] = sender
    message["To"] = ", ".join(recipients(settings))
    message["Date"] = format_datetime(datetime.fromisoformat(sent_at))
    message["Message-ID"] = f"<{reference}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"{url}\n\n{text}" if url else text)
    message.add_attachment(markdown, subtype="markdown", filename=f"{reference}.md")
    for item in attachments:
        message.add_attachment(item.text, subtype="plain", filename=item.name)
    return message


def send_mail(settings: Settings, message: EmailMessage) -> tuple[str, ...]:
    """Hand a mail to the mail server. Returns the addresses that it refused while it took the others.

    Raises DeliveryError, one sentence, when it took the mail for nobody.
    """
    where = f"the mail server {settings.mail_host}:{settings.mail_port}"
    timeout = settings.delivery_timeout_seconds
    context = ssl.create_default_context()
    with Deadline(3 * timeout) as limit:
        server = _Server(limit, timeout, context if settings.mail_security == "tls" else None)
        try:
            code, greeting = server.connect(settings.mail_host, settings.mail_port)
            if code != 220:
                raise smtplib.SMTPConnectError(code, greeting)
            if settings.mail_security == "starttls":
                server.starttls(context=context)
            if settings.mail_user:
                server.login(settings.mail_user, settings.mail_password.get_secret_value())
            refused = server.send_message(message, parseaddr(settings.mail_from)[1], list(recipients(settings)))
        except (OSError, smtplib.SMTPException, ValueError) as error:
            if limit.is_over:
                raise DeliveryError(f"{where} took longer than {3 * timeout:g} seconds") from error
            raise DeliveryError(f"{where} {_reason(error, timeout)}") from error
        finally:
            server.close()
    return tuple(refused)


class _Server(smtplib.SMTP):
    """A connection to a mail server, encrypted from the start when there is a `context`, that a deadline can cut."""

    def __init__(self, limit: Deadline, timeout: float, context: ssl.SSLContext | None) -> None:
        super().__init__(timeout=timeout)
        self._limit, self._context = limit, context

    def connect(self, host: str = "localhost", port: int = 0, source_address: Any = None) -> tuple[int, bytes]:
        self._host = host  # what STARTTLS checks the certificate against
        return super().connect(host, port, source_address)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        made = self._limit.connect((host, port), timeout)
        return self._context.wrap_socket(made, server_hostname=host) if self._context else made


def _reason(error: Exception, timeout: float) -> str:
    """What a mail server did, as the rest of a sentence."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"did not accept user and password: {_answer(error.smtp_code, error.smtp_error)}"
        case smtplib.SMTPNotSupportedError():
            return f"lacks what is asked of it: {error}; look at KB_MAIL_SECURITY and KB_MAIL_USER"
        case smtplib.SMTPRecipientsRefused():
            code, text = next(iter(error.recipients.values()))
            return f"refused the addresses: {_answer(code, text)}"
        case smtplib.SMTPResponseException():
            return f"refused the mail: {_answer(error.smtp_code, error.smtp_error)}"
        case smtplib.SMTPServerDisconnected():
            return (
                "closed the connection" if "timed out" not in str(error) else f"gave no answer for {timeout:g} seconds"
            )
        case _:
            return network_reason(error, timeout)


def network_reason(error: Exception, timeout: float) -> str:
    """What went wrong on the way to a server, as the rest of a sentence."""
    match error:
        case TimeoutError():
            return f"gave no answer for {timeout:g} seconds"
        case ConnectionRefusedError():
            return "refused the connection"
        case socket.gaierror():
            return "has no address; look whether its name is right"
        case ssl.SSLCertVerificationError():
            return f"showed a certificate that is not trusted: {error.verify_message}"
        case ssl.SSLError():
            return f"and this program cannot agree on TLS: {error.reason or error}"
        case _:
            return f"could not be used: {' '.join(str(error).split()) or type(error).__name__}"


def _answer(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {_one_line(words)}"[:300]


def _one_line(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
