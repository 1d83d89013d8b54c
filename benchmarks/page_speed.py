"""How fast the command-centre page is, in headless Chromium with software drawing.

    python page_speed.py [--runs 3]

Told are, in milliseconds, for each run: from the navigation to the map with its links, and to the people's curves
beside it (`picture`), in a city of 20,000 components, on the first visit after a plan was published and on the next;
from an input on the slider to the end of the frame that shows it; from a click on a story to a recovering city on
screen, without anything loaded before; from a tap on a phone to the news of it on another page. Needs the extra `ui`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parents[1]
sys.path += [str(ROOT), str(ROOT / "tests")]

from machine import header  # noqa: E402
from page_service import ARGUMENTS, running_service  # noqa: E402
from service_first_plan import grown_city  # noqa: E402
from watched_pages import PHONE, Pages, until  # noqa: E402

HOOK = """
let given;
Object.defineProperty(window, "maplibregl", { get: () => given, set: (library) => {
  given = library;
  const Known = library.Map;
  library.Map = class extends Known {
    constructor(options) {
      super(options);
      window.theMap = this;
    }
  };
} });
const look = () => {
  const map = window.theMap;
  const isMapped = map && map.getLayer("links") && map.loaded();
  if (isMapped && !performance.getEntriesByName("map").length) performance.mark("map");
  if (isMapped && document.querySelector(".js-plotly-plot .scatterlayer path")) performance.mark("picture");
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""

STEP = """
async ([from, to]) => {
  const map = window.theMap, slider = document.getElementById("slider"), gl = map.painter.context.gl;
  const go = (minute) => new Promise((done) => {
    const began = performance.now();
    map.once("render", () => {
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
      requestAnimationFrame(() => done(performance.now() - began));
    });
    slider.value = minute;
    slider.dispatchEvent(new Event("input"));
    map.triggerRepaint();
  });
  const pause = () => new Promise((done) => setTimeout(done, 800));
  await go(from); await pause();
  const spent = await go(to); await pause();
  return spent;
}
"""


def picture_ms(page: Any, url: str) -> dict[str, int]:
    """Open a page and return when its map was there, and when it had curves too."""
    page.add_init_script(HOOK)
    page.goto(url)
    until(lambda: page.evaluate("performance.getEntriesByName('picture').length"), 90)
    marks = page.evaluate("performance.getEntriesByType('mark').map((mark) => [mark.name, mark.startTime])")
    return {name: round(at) for name, at in marks if name in ("map", "picture")}


def big_city(pages: Pages, zipped: Path) -> str:
    """Upload the city, open an incident, have it planned, and return the incident."""
    upload = Request(
        f"{pages.address}/v1/systems?name=city", zipped.read_bytes(), {"Content-Type": "application/zip"}
    )
    with urlopen(upload, timeout=120) as answer:
        json.load(answer)
    incident = pages.ask("POST", "/v1/incidents", {"name": "City", "system": "city"})["id"]
    plan(pages, incident, 10)
    return str(incident)


def plan(pages: Pages, incident: str, seconds: float) -> None:
    job = pages.ask("POST", f"/v1/incidents/{incident}/plans", {"seconds": seconds})["job"]
    while pages.ask("GET", f"/jobs/{job}")["status"] in ("accepted", "running"):
        time.sleep(0.2)


def of_a_big_city(pages: Pages, zipped: Path) -> dict[str, Any]:
    incident = big_city(pages, zipped)
    time.sleep(5)
    told: dict[str, Any] = {}
    for visit in ("first_picture_ms", "next_picture_ms"):
        page = pages.new()
        told[visit] = picture_ms(page, f"/#incident={incident}&minute=60")
        if visit == "next_picture_ms":
            page.wait_for_timeout(3000)
            last = int(page.get_attribute("#slider", "max"))
            steps = [
                (0, 60),
                (60, 61),
                (60, 120),
                (600, 660),
                (1440, 1441),
                (0, last),
                (last, 0),
                (last // 3, last // 2),
            ]
            spent = [page.evaluate(STEP, list(step)) for step in steps]
            told["slider_step_ms"] = {"median": round(statistics.median(spent)), "most": round(max(spent))}
        page.context.close()
        pages.contexts.remove(page.context)
    return told


def of_a_first_user(pages: Pages) -> dict[str, Any]:
    told = {}
    for scenario in ("three_towns", "aldermouth"):
        page = pages.new()
        page.goto("/")
        page.wait_for_selector(f"[data-scenario={scenario}]")
        began = time.perf_counter()
        page.click(f"[data-scenario={scenario}]")
        page.wait_for_selector("#plan-shown:text-matches('1')", timeout=90_000)
        page.wait_for_selector(".js-plotly-plot .scatterlayer path", timeout=90_000)
        until(lambda page=page: page.input_value("#slider") != "0")
        told[f"{scenario}_on_screen_ms"] = round(1000 * (time.perf_counter() - began))
        page.context.close()
        pages.contexts.remove(page.context)
    return told


def of_a_report(pages: Pages) -> dict[str, Any]:
    """Tap on the phone; the desk has it when it says that there is news, and when its picture knows it."""
    spent = []
    for _ in range(3):
        incident = pages.drill()
        desk, phone = pages.new(), pages.new(size=PHONE)
        desk.goto(f"/#incident={incident}&selected=component:main-brook-cliff")
        desk.wait_for_selector("#connection[data-connection=live]")
        phone.goto(f"/field#incident={incident}&crew=red")
        phone.wait_for_selector("article.job")
        desk.wait_for_timeout(2000)
        phone.get_by_role("button", name="New damage").click()
        began = time.perf_counter()
        phone.locator(".choices").get_by_role("button", name="line-ash-brook").click()
        desk.wait_for_selector("#banner:text('There is news')")
        spent.append(1000 * (time.perf_counter() - began))
        for page in (desk, phone):
            page.context.close()
            pages.contexts.remove(page.context)
    return {"tap_to_other_page_ms": [round(each) for each in spent]}


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    print(header(), file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        zipped = Path(folder) / "city.zip"
        grown_city(zipped)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(ARGUMENTS))
        for run in range(asked.runs):
            with running_service(Path(folder) / f"data{run}") as address:
                pages = Pages(browser, address)
                print(
                    json.dumps(
                        {**of_a_first_user(pages), **of_a_report(pages), **of_a_big_city(pages, zipped)}
                    )
                )
        browser.close()


if __name__ == "__main__":
    main()
