"""The page is there, and asks nobody but its own service."""

from __future__ import annotations

from typing import Any


def test_the_service_answers_a_browser(page: Any, pages: Any) -> None:
    answer = page.goto("/healthz")
    assert answer.status == 200
    pages.forgive("favicon.ico")  # JSON has no link to an icon
