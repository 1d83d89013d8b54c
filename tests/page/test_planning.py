"""The tab "Plan" and the tab "What if": ask, order, compare, approve, print, as a dispatcher does it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from watched_pages import Pages, until

PAGE = Path(__file__).resolve().parents[2] / "api" / "page"
CREWS_OF_THREE_TOWNS = 2


@pytest.fixture
def planned(pages: Pages) -> str:
    """A drill in the three towns with a plan: red mends the line and the substation, blue the main."""
    return pages.drill()


def opened(page: Any, incident: str, tab: str) -> Any:
    page.goto(f"/#incident={incident}&tab={tab}")
    return page


def bar(page: Any, job: str) -> Any:
    return page.locator(f".visit[data-job='{job}'] .work")


def middle(box: dict[str, float]) -> tuple[float, float]:
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Any, job: str, to: tuple[float, float]) -> None:
    bar(page, job).scroll_into_view_if_needed()
    page.mouse.move(*middle(bar(page, job).bounding_box()))
    page.mouse.down()
    page.mouse.move(*to, steps=5)
    page.mouse.up()


def orders_sent(page: Any) -> list[dict[str, str]]:
    with page.expect_request(lambda asked: asked.method == "POST" and asked.url.endswith("/plans")) as sent:
        page.click("#start-plan")
    found: list[dict[str, str]] = json.loads(sent.value.post_data)["locks"]
    return found


def test_a_plan_is_asked_for_watched_and_approved(page: Any, pages: Pages) -> None:
    incident = pages.ask("POST", "/v1/scenarios/three_towns/incidents", {"is_drill": False})["id"]
    opened(page, incident, "plan")
    page.fill("input[type=number] >> nth=0", "3")
    page.click("#start-plan")
    page.wait_for_selector(".plan-watching .curve.best", state="attached", timeout=60_000)
    page.wait_for_selector(".visit", timeout=60_000)

    page.click("#approve")
    assert re.search(r"[0-9a-f]{64}", page.inner_text("dialog[open]"))
    page.click("#approve-yes")

    about = f"/v1/incidents/{incident}/plans/1"
    until(lambda: pages.ask("GET", about)["status"] == "approved")
    until(lambda: page.locator("#approve").is_disabled())


def test_a_drills_plan_cannot_be_approved_and_the_page_says_so(pages: Pages, planned: str) -> None:
    page = opened(pages.new(), planned, "plan")
    page.wait_for_selector("#approve-why")
    assert page.locator("#approve").is_disabled()
    assert "drill" in page.inner_text("#approve-why")


def test_a_bar_dragged_to_another_crew_is_an_order_for_the_next_plan(pages: Pages, planned: str) -> None:
    page = opened(pages.new(), planned, "plan")
    page.wait_for_selector(".visit")
    bar(page, "main-brook-cliff").scroll_into_view_if_needed()
    row = page.locator("g[data-crew='red'] .row").bounding_box()
    drag(page, "main-brook-cliff", middle(row))
    page.wait_for_selector("#pending >> text=main-brook-cliff: only by red")
    assert orders_sent(page) == [{"job": "main-brook-cliff", "kind": "crew", "value": "red"}]


def swipe(page: Any, begin: tuple[float, float], end: tuple[float, float]) -> None:
    """Move a finger: Chromium makes the pointer's events of it itself, and scrolls where it may."""
    session = page.context.new_cdp_session(page)
    steps = 8
    for number in range(steps + 1):
        x, y = (one + (other - one) * number / steps for one, other in zip(begin, end, strict=True))
        kind = "touchStart" if number == 0 else "touchMove"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def test_a_finger_drags_a_bar_to_another_crew(pages: Pages, planned: str) -> None:
    """Straight down a page that is scrolled: beside the bar a finger scrolls it back."""
    page = opened(pages.new(touch=True, size=(1366, 420)), planned, "plan")
    page.wait_for_selector(".visit")
    page.locator("#pending").scroll_into_view_if_needed()
    page.locator("g[data-crew='red'] .row").scroll_into_view_if_needed()
    row = page.locator("g[data-crew='red'] .row").bounding_box()
    x, y = middle(bar(page, "main-brook-cliff").bounding_box())
    swipe(page, (x, y), (x, middle(row)[1]))
    page.wait_for_selector("#pending >> text=main-brook-cliff: only by red")


def test_a_tap_on_a_bar_explains_its_job(pages: Pages, planned: str) -> None:
    page = opened(pages.new(touch=True), planned, "plan")
    page.wait_for_selector(".visit")
    bar(page, "line-ash-brook").scroll_into_view_if_needed()
    page.touchscreen.tap(*middle(bar(page, "line-ash-brook").bounding_box()))
    page.wait_for_selector(".job-panel .sentences li")


def test_a_bar_dragged_before_the_first_of_its_row_comes_first(pages: Pages, planned: str) -> None:
    page = opened(pages.new(), planned, "plan")
    page.wait_for_selector(".visit")
    bar(page, "cliff-substation").scroll_into_view_if_needed()
    x, y = middle(bar(page, "line-ash-brook").bounding_box())
    drag(page, "cliff-substation", (x - 90, y))
    page.wait_for_selector("#pending >> text=cliff-substation: first")
    page.click("#pending li button")
    assert orders_sent(page) == []


def test_orders_are_given_by_keyboard_too(pages: Pages, planned: str) -> None:
    page = opened(pages.new(), planned, "plan")
    page.wait_for_selector(".visit")
    page.locator(".visit[data-job='line-ash-brook']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("o")
    page.wait_for_selector("dialog.orders >> text=cliff-substation")
    page.click("dialog.orders >> text=Not by red")
    page.wait_for_selector("#pending >> text=cliff-substation: not by red")


def test_a_job_is_explained_in_the_readers_language(page: Any, planned: str) -> None:
    opened(page, planned, "plan")
    page.wait_for_selector(".visit")
    page.locator(".visit[data-job='cliff-substation']").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".job-panel .sentences li")
    assert "cliff-substation" in page.inner_text(".job-panel .sentences")


def test_a_plans_orders_are_read_in_another_browser_and_given_anew(pages: Pages, planned: str) -> None:
    order = {"job": "main-brook-cliff", "kind": "crew", "value": "blue"}
    pages.wait_for_plan(planned, locks=[order])
    page = opened(pages.new(), planned, "plan")
    page.wait_for_selector(".plan-orders >> text=main-brook-cliff: only by blue")
    page.get_by_role("button", name="Give them for the next plan too").click()
    page.wait_for_selector("#pending >> text=main-brook-cliff: only by blue")
    assert orders_sent(page) == [order]


def test_what_nobody_can_do_and_what_is_refused_are_told_in_chinese_with_the_english_detail(
    pages: Pages,
) -> None:
    """The tank takes a skill that no crew has; and too many plans were asked for."""
    incident = pages.drill()
    found = {"id": "t", "kind": "damage_found", "component": "cliff-tank", "skill": "telecom", "minutes": 30}
    moment = pages.ask("GET", f"/v1/incidents/{incident}")["started_at"]
    pages.ask("POST", f"/v1/incidents/{incident}/updates", {"updates": [found | {"happened_at": moment}]})
    page = opened(pages.new(language="zh"), incident, "plan")
    page.wait_for_selector("#left-out >> text=没有队伍具备所需技能")
    assert page.get_attribute("#left-out [lang]", "lang") == "en"

    told = {"type": "urn:lifeline:problem:quota", "status": 429, "detail": "9 jobs of yours wait or run."}
    page.route("**/plans", lambda route: route.fulfill(status=429, json=told))
    pages.forgive("429")
    page.click("#start-plan")
    page.wait_for_selector(".problem")
    assert page.inner_text(".problem") == "请求过多，请稍后再试\n9 jobs of yours wait or run."


def test_one_sheet_is_printed_for_each_crew(page: Any, planned: str) -> None:
    page.add_init_script("window.print = () => {}")
    opened(page, planned, "plan")
    page.wait_for_selector("#approve-why")
    page.locator(".plan-versions button").last.click()
    page.wait_for_selector(".sheet table", state="attached")
    assert page.locator(".sheet").count() == CREWS_OF_THREE_TOWNS
    assert page.locator(".sheet .drill").count() == CREWS_OF_THREE_TOWNS


def test_a_what_if_is_compared_and_its_address_shows_it_again(pages: Pages, planned: str) -> None:
    page = opened(pages.new(), planned, "whatif")
    page.fill(".variant-1 .fields input >> nth=0", "red")
    page.fill(".whatif-form > .bar-row input[type=number]", "4")
    page.click("#ask-what-if")
    page.wait_for_selector(".compare", timeout=60_000)
    until(lambda: "whatif=" in page.url)
    assert "1 more like red" in page.inner_text(".variant-1")
    assert (
        page.locator(".whatif-answer .curve").count() == CREWS_OF_THREE_TOWNS
    )  # As it stands, and the variant.

    shared = pages.new(language="zh", theme="light")
    shared.goto(page.url.removeprefix(pages.address))
    shared.wait_for_selector(".compare")


def test_an_order_takes_the_place_of_those_it_contradicts(pages: Pages) -> None:
    page = pages.new()
    page.goto("/")
    kept = page.evaluate(
        """async () => {
          const { withOrder } = await import("/page/js/orders.js");
          const order = (job, kind, value = "") => ({ job, kind, value });
          const pins = [order("a", "not_crew", "red"), order("a", "crew", "red"), order("a", "crew", "blue")];
          const turns = [order("b", "after", "a"), order("a", "after", "b")];
          return [...pins, ...turns].reduce(withOrder, []);
        }"""
    )
    assert kept == [
        {"job": "a", "kind": "crew", "value": "blue"},
        {"job": "a", "kind": "after", "value": "b"},
    ]


def test_every_kind_of_change_has_a_name_a_sentence_and_a_name_for_each_field() -> None:
    words = json.loads((PAGE / "text" / "en.json").read_text(encoding="utf-8"))["whatif"]
    table = (PAGE / "js" / "changes.js").read_text(encoding="utf-8").split("KINDS = {")[1].split("\n};")[0]
    kinds = re.findall(r"^  (\w+): \{(.*)\},$", table, re.MULTILINE)
    assert len(kinds) == 11
    for kind, fields in kinds:
        assert {f"kind_{kind}", f"said_{kind}"} <= words.keys()
        assert {f"field_{name}" for name in re.findall(r"(\w+): ", fields)} <= words.keys()
