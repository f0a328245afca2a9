"""The JSON API under /api/v1, whole: `api` with the routes of its modules."""

from __future__ import annotations

from kb import api_asking, api_reading, api_reports
from kb.api_site import api

__all__ = ["api", "api_asking", "api_reading", "api_reports"]
