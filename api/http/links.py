"""Absolute URLs, as whoever asks reaches the service."""

from __future__ import annotations

from fastapi import Request

from api.http.service import service_of


def root_of(request: Request) -> str:
    """Return the service's own URL without a slash at its end: the one that is set, else the one that was asked."""
    return (service_of(request).settings.public_url or str(request.base_url)).rstrip("/")
