"""What a dispatcher sees: the map with its counts, people, curves, districts, and why a component is dark.

Three towns with its best plan: Brook (2,000) is back at 60, Cliff (1,000) has power and telecom at 240.
"""

from __future__ import annotations

import time
from typing import Any

import pytest


@pytest.fixture(scope="module")
def incident(served: str) -> str:
    from watched_pages import Pages

    ask = Pages(None, served).ask
    opened = ask("POST", "/v1/scenarios/three_towns/incidents", {})["id"]
    job = ask("POST", f"/v1/incidents/{opened}/plans", {"evaluations": 200})["job"]
    end = time.monotonic() + 60
    while ask("GET", f"/jobs/{job}")["status"] in ("accepted", "running") and time.monotonic() < end:
        time.sleep(0.2)
    assert ask("GET", f"/jobs/{job}")["status"] == "successful"
    return str(opened)


@pytest.fixture
def desk(page: Any, incident: str) -> Any:
    """The page of the incident at minute 30."""
    page.goto(f"/#incident={incident}&minute=30")
    page.wait_for_selector("#legend [data-state=works]")
    return page


def counts(page: Any) -> dict[str, int]:
    rows = page.locator("#legend [data-state]").all()
    return {row.get_attribute("data-state"): int(row.locator("b").text_content()) for row in rows}


def slide(page: Any, minute: int) -> None:
    page.locator("#slider").evaluate(
        "(slider, minute) => { slider.value = minute; slider.dispatchEvent(new Event('input')); }", minute
    )


def test_the_slider_takes_map_and_people_through_time(desk: Any) -> None:
    assert counts(desk) == {
        "works": 2, "dark": 4, "broken": 1, "under_repair": 2, "repaired": 0, "closed": 0, "unused": 0
    }  # fmt: skip
    assert desk.locator(".tile b").all_text_contents()[0] == "3,000"

    slide(desk, 60)
    assert counts(desk)["repaired"] == 1
    assert desk.locator(".tile b").all_text_contents()[0] == "1,000"

    slide(desk, 240)
    assert (counts(desk)["repaired"], counts(desk)["dark"]) == (3, 0)
    assert set(desk.locator(".tile b").all_text_contents()) == {"0"}


def test_it_plays_and_stops(desk: Any) -> None:
    desk.locator("#play-button").click()
    desk.wait_for_timeout(700)
    desk.locator("#play-button").click()
    stopped = int(desk.locator("#slider").input_value())
    assert stopped > 30
    desk.wait_for_timeout(300)
    assert int(desk.locator("#slider").input_value()) == stopped


def test_a_dark_component_says_why_and_who_comes(page: Any, incident: str) -> None:
    page.goto(f"/#incident={incident}&minute=30&select=component:brook-pump")
    chain = page.locator("#selection .chain li")
    chain.nth(2).wait_for()
    assert [text.split(" ")[0] for text in chain.all_text_contents()] == [
        "brook-pump", "brook-substation", "line-ash-brook"
    ]  # fmt: skip
    assert "red" in page.locator("#selection .visits").text_content()
    page.keyboard.press("Escape")
    page.locator("#selection").wait_for(state="hidden")


def test_districts_are_sorted_by_a_click_on_a_heading(desk: Any) -> None:
    desk.locator("#tab-districts").click()
    names = desk.locator(".view-districts tbody th")
    names.first.wait_for()
    assert names.all_text_contents()[0] == "Brook"
    desk.locator('[data-column="district"]').click()
    assert names.all_text_contents() == ["Ash", "Brook", "Cliff"]


def test_the_curves_are_drawn(desk: Any) -> None:
    desk.locator(".curves .main-svg").first.wait_for()
    assert desk.locator(".curves .scatterlayer .trace").count() == 3


def test_the_address_holds_the_view(desk: Any) -> None:
    desk.locator("#tab-facilities").click()
    slide(desk, 90)
    desk.wait_for_url(lambda url: "minute=90" in url and "tab=facilities" in url)
