"""Times as the database holds them: ISO 8601 text in UTC with seconds, which sorts as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def time_text(moment: datetime | None = None) -> str:
    """A moment, or the present, as text such as 2026-11-24T21:25:00+00:00."""
    return (moment or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")


def time_before(moment: datetime | None, **span: float) -> str:
    """The time a span (days, hours, minutes, seconds) before a moment or the present, as text."""
    try:
        return time_text((moment or datetime.now(UTC)) - timedelta(**span))
    except OverflowError:  # somebody keeps things for a million days
        return time_text(datetime.min.replace(tzinfo=UTC))


def time_after(moment: datetime | None, seconds: float) -> str:
    """The time some seconds after a moment or the present, as text."""
    return time_text((moment or datetime.now(UTC)) + timedelta(seconds=seconds))
