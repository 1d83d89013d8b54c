"""Pages of a browser whose complaints are written down, and asked for at the end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

DESK, PHONE = (1366, 768), (360, 740)
LOCALES = {"en": "en-GB", "zh": "zh-CN"}


class Pages:
    """Opens pages of one service, each in a browser context of its own: no two share storage."""

    def __init__(self, browser: Any, address: str) -> None:
        """Take the browser, and the address of the service."""
        self.browser, self.address = browser, address
        self.complaints: list[str] = []
        self.forgiven: list[str] = []
        self.contexts: list[Any] = []

    def new(
        self,
        *,
        language: str = "en",
        theme: str = "dark",
        size: tuple[int, int] = DESK,
        scale: float = 1,
        touch: bool = False,
    ) -> Any:
        """Return an empty page; `page.goto("/")` goes to the service."""
        context = self.browser.new_context(
            base_url=self.address,
            locale=LOCALES[language],
            color_scheme=theme,
            timezone_id="Europe/Berlin",
            viewport={"width": size[0], "height": size[1]},
            device_scale_factor=scale,
            has_touch=touch,
        )
        self.contexts.append(context)
        context.set_default_timeout(30_000)
        page = context.new_page()
        self.watch(page)
        return page

    def watch(self, page: Any) -> None:
        """Write down what a page complains of, and what it asks of other hosts."""
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("request", lambda request: self._asked(request.url))

    def forgive(self, *parts: str) -> None:
        """Bear with complaints that name one of `parts`: a test cuts the line, or is refused, on purpose."""
        self.forgiven.extend(parts)

    def close(self) -> None:
        """Close everything and fail on what was complained of."""
        for context in self.contexts:
            context.close()
        left = [told for told in self.complaints if not any(part in told for part in self.forgiven)]
        assert not left, "\n".join(left)

    def ask(self, method: str, path: str, sent: Any = None, *, key: str | None = None) -> Any:
        """Ask the service itself, as another program would."""
        headers = {"Content-Type": "application/json"} | ({"X-API-Key": key} if key else {})
        data = None if sent is None else json.dumps(sent).encode()
        with urlopen(Request(self.address + path, data, headers, method=method), timeout=60) as answer:
            return json.load(answer)

    def drill(self, scenario: str = "three_towns", *, key: str | None = None) -> str:
        """Load a scenario of the library as a drill with a plan, and return the incident's id."""
        loaded = self.ask("POST", f"/v1/scenarios/{scenario}/incidents", {"is_drill": True}, key=key)
        self.wait_for_plan(loaded["id"], key=key)
        return str(loaded["id"])

    def wait_for_plan(self, incident: str, *, key: str | None = None, **asked: Any) -> None:
        """Ask for a plan of an incident, and wait until it is there."""
        about = f"/v1/incidents/{incident}"
        job = self.ask("POST", f"{about}/plans", {"seconds": 1, **asked}, key=key)["job"]
        end = time.monotonic() + 90
        while (status := self.ask("GET", f"/jobs/{job}", key=key)["status"]) in ("accepted", "running"):
            assert time.monotonic() < end, status
            time.sleep(0.1)
        assert status == "successful"

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning") and not _is_known(message.text):
            place = message.location.get("url", "")
            self.complaints.append(f"console {message.type}: {message.text} ({place})")

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and not url.startswith(self.address + "/"):
            self.complaints.append(f"left the host: {url}")


def until(holds: Callable[[], Any], seconds: float = 30) -> None:
    """Wait until something holds; the page's policy forbids Playwright's own way, which evaluates text."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not so within {seconds:g} s"
        time.sleep(0.05)


def _is_known(text: str) -> bool:
    """Tell whether Chromium only says that it draws without a graphics card."""
    return any(word in text for word in ("GL Driver Message", "WebGL", "swiftshader", "GPU stall"))
