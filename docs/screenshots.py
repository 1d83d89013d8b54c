"""Takes the pictures of docs/page.md: the six main views, in both languages.

    lifeline serve --data /tmp/pictures &
    python docs/screenshots.py http://127.0.0.1:8765 docs/pictures

Needs the extra `ui` and a Chromium. It loads a story of the library as a drill, so point it at a service for that.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

DESK, PHONE = {"width": 1366, "height": 768}, {"width": 360, "height": 740}
LOCALES = {"en": ("en-GB", "dark"), "zh": ("zh-CN", "light")}
COLOURS = 160
"Of a picture: enough for flat surfaces, and a third of the bytes."

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def main() -> None:
    """Take all pictures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("service", help="address of a running service without keys")
    arguments.add_argument("folder", type=Path, help="where the pictures go")
    arguments.add_argument("--scenario", default="aldermouth")
    arguments.add_argument("--scale", type=float, default=1.0)
    given = arguments.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("There is no Chromium on this machine; install one and try again.")
    from playwright.sync_api import sync_playwright

    given.folder.mkdir(parents=True, exist_ok=True)
    service = given.service.rstrip("/")
    incident = planned_drill(service, given.scenario)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for language in LOCALES:
            Photographer(browser, service, given.folder, language, given.scale).take_all(incident)
        browser.close()


class Photographer:
    """Takes the pictures of one language."""

    def __init__(self, browser: Any, service: str, folder: Path, language: str, scale: float) -> None:
        """Take the browser, the service, and where to and how."""
        self.browser, self.service, self.folder = browser, service, folder
        self.language, self.scale = language, scale

    def take_all(self, incident: str) -> None:
        """Take the six main views."""
        page = self._page(DESK)
        page.goto(f"{self.service}/")
        page.wait_for_selector("[data-scenario]")
        self._keep(page, "start")
        for tab, minute in (("overview", 1500), ("districts", 1500), ("plan", 600), ("whatif", 600)):
            page = self._page(DESK)
            page.goto(f"{self.service}/#incident={incident}&tab={tab}&minute={minute}")
            page.wait_for_selector("#plan-shown:text-matches('1')")
            page.wait_for_selector(f"#panel-{tab}")
            # The map draws itself over some frames after its data are there.
            page.wait_for_timeout(4000)
            if tab == "whatif":
                compare(page)
            self._keep(page, tab)
        page = self._page(PHONE)
        crews = ask(self.service, "GET", f"/v1/incidents/{incident}/work")["crews"]
        page.goto(f"{self.service}/field#incident={incident}&crew={crews[0]}")
        page.wait_for_selector("article.job")
        self._keep(page, "field")

    def _page(self, size: dict[str, int]) -> Any:
        locale, theme = LOCALES[self.language]
        context = self.browser.new_context(viewport=size, locale=locale, device_scale_factor=self.scale)
        context.add_init_script(f"localStorage.setItem('lifeline.theme', '{theme}')")
        return context.new_page()

    def _keep(self, page: Any, name: str) -> None:
        from PIL import Image

        taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        # Rare colours are kept apart first, then each is moved to where its pixels are.
        few = taken.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)
        few.save(self.folder / f"{name}-{self.language}.png", optimize=True)
        page.context.close()


def compare(page: Any) -> None:
    """Ask what two more power crews would bring, and wait for the answer."""
    page.fill(".variant-1 .fields input[type=text]", "power-crew-1")
    page.fill(".variant-1 .fields input[type=number]", "2")
    page.click(".variant-1 .fields + button")
    page.click("#ask-what-if")
    page.wait_for_selector(".whatif-answer table", timeout=120_000)
    page.locator(".whatif-answer").scroll_into_view_if_needed()
    page.wait_for_timeout(1000)


def planned_drill(service: str, scenario: str) -> str:
    """Load a scenario as a drill with a plan, and return the incident's id."""
    loaded = ask(service, "POST", f"/v1/scenarios/{scenario}/incidents", {"is_drill": True})
    job = ask(service, "POST", f"/v1/incidents/{loaded['id']}/plans", {"seconds": 3})["job"]
    while ask(service, "GET", f"/jobs/{job}")["status"] in ("accepted", "running"):
        time.sleep(0.2)
    return str(loaded["id"])


def ask(service: str, method: str, path: str, sent: Any = None) -> Any:
    """Ask the service."""
    data = None if sent is None else json.dumps(sent).encode()
    request = Request(service + path, data, {"Content-Type": "application/json"}, method=method)  # noqa: S310
    with urlopen(request, timeout=60) as answer:  # noqa: S310 - the address is the user's own
        return json.load(answer)


if __name__ == "__main__":
    main()
