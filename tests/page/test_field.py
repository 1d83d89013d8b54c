"""A crew's phone: its next jobs, what it reports, and a dead zone.

three_towns: red (power) mends line-ash-brook first, then cliff-substation; blue mends main-brook-cliff.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from watched_pages import PHONE, Pages, until
from worlds import town

from lifeline import Settings
from lifeline.json_tables import system_to_json

OFFLINE = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED")


def reported(pages: Pages, incident: str) -> list[tuple[str, str]]:
    items = pages.ask("GET", f"/v1/incidents/{incident}/updates")["items"]
    return [(item["kind"], item["body"].get("job") or item["body"].get("component")) for item in items]


def phone(pages: Pages, incident: str, crew: str = "red", language: str = "en") -> Any:
    opened = pages.new(language=language, size=PHONE)
    opened.goto(f"/field#incident={incident}&crew={crew}")
    opened.wait_for_selector("article.job")
    return opened


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_crew_reads_its_jobs_in_order_with_times_and_reasons(pages: Pages, language: str) -> None:
    opened = phone(pages, pages.drill(), language=language)

    assert opened.inner_text("article.job h3") == "line-ash-brook"
    assert opened.locator("details.job summary").count() == 1
    assert "cliff-substation" in opened.inner_text("details.job summary")
    told = opened.inner_text("article.job")
    assert ("3,000" in told) or ("2,000" in told)  # the reason counts people
    assert ("恢复" in told) == (language == "zh")
    assert opened.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_what_a_crew_taps_is_in_the_log_and_seen_by_another_phone(pages: Pages) -> None:
    incident = pages.drill()
    one, other = phone(pages, incident), phone(pages, incident)

    one.get_by_role("button", name="Started").click()

    other.wait_for_selector("article.job .state.job_started")
    one.get_by_role("button", name="Takes longer").click()
    one.get_by_role("button", name="4 h").click()
    one.get_by_role("button", name="Finished").click()
    one.get_by_role("button", name="Yes, it is finished").click()
    other.wait_for_selector("text=Done: 1")
    assert reported(pages, incident) == [
        ("job_started", "line-ash-brook"),
        ("job_left", "line-ash-brook"),
        ("job_finished", "line-ash-brook"),
    ]


@pytest.mark.parametrize(
    ("language", "accept", "accepted"), [("en", "Accept", "✓ accepted at"), ("zh", "接受任务", "已接受")]
)
def test_a_crew_accepts_its_next_job_before_it_starts_and_the_desk_sees_when(
    pages: Pages, language: str, accept: str, accepted: str
) -> None:
    incident = pages.drill()
    opened, desk = phone(pages, incident, language=language), pages.new(language=language)
    desk.goto(f"/#incident={incident}&tab=plan&select=crew:red")
    desk.wait_for_selector(".visit")
    opened.wait_for_selector("article.job")

    opened.get_by_role("button", name=accept, exact=True).click()

    opened.wait_for_selector(f"article.job .state.job_accepted >> text={accepted}")
    assert opened.get_by_role("button", name=accept, exact=True).count() == 0
    desk.wait_for_selector("#selection .accepted, .selected .accepted")
    desk.wait_for_selector(".visit[data-job='line-ash-brook'] text:has-text('✓')", state="attached")
    assert reported(pages, incident) == [("job_accepted", "line-ash-brook")]
    assert pages.ask("GET", f"/v1/incidents/{incident}/plans/1").get("stale_since") is None


def a_town_with_roads(pages: Pages) -> str:
    """A drill in a town in which red mends a line beside the road link R1-R2."""
    system = town(
        power="P1*-A",
        road="R1-R2-R3",
        places={"P1": (0.02, 0.0), "A": (0.02, 0.0), "R1": (0.02, 0.0), "R2": (0.04, 0.0), "R3": (0.06, 0.0)},
        people={"A": 20},
        crews={"red": "power"},
        damage={"P1-A": 60},
        settings=Settings(name="roads", start="2026-03-02T06:00:00+00:00", horizon_minutes=2880),
    )
    name = pages.ask("POST", "/v1/systems?name=roads", json.loads(system_to_json(system)))["name"]
    incident: str = pages.ask("POST", "/v1/incidents", {"name": "Roads", "system": name, "is_drill": True})[
        "id"
    ]
    pages.wait_for_plan(incident)
    return incident


def test_a_road_near_the_next_site_is_closed_in_two_taps_and_opened_in_two(pages: Pages) -> None:
    incident = a_town_with_roads(pages)
    opened = phone(pages, incident)

    opened.get_by_role("button", name="Road closed").click()
    opened.locator(".choices").get_by_role("button", name="R1-R2").click()
    opened.get_by_role("button", name="Road open again").click()
    opened.locator(".choices").get_by_role("button", name="R1-R2").click()

    opened.wait_for_selector("#outbox", state="hidden")
    until(lambda: opened.get_by_role("button", name="Road open again").count() == 0)
    items = pages.ask("GET", f"/v1/incidents/{incident}/updates")["items"]
    assert [(item["kind"], item["body"]["link"]) for item in items] == [
        ("road_closed", "R1-R2"),
        ("road_opened", "R1-R2"),
    ]


def test_new_damage_is_two_taps_and_a_blocked_job_says_why(pages: Pages) -> None:
    incident = pages.drill()
    opened = phone(pages, incident)

    opened.get_by_role("button", name="New damage").click()
    opened.locator(".choices").get_by_role("button", name="cliff-substation").click()
    opened.get_by_role("button", name="Blocked").first.click()
    opened.get_by_role("button", name="Not safe").click()

    opened.wait_for_selector("article.job .state.job_blocked")
    opened.wait_for_selector("#outbox", state="hidden")
    items = pages.ask("GET", f"/v1/incidents/{incident}/updates")["items"]
    assert [item["kind"] for item in items] == ["damage_found", "job_blocked"]
    assert items[1]["body"]["note"] == "Not safe"


def test_reports_survive_a_dead_zone_and_a_reload_and_go_out_once_in_order(pages: Pages) -> None:
    incident = pages.drill()
    opened = phone(pages, incident)
    opened.evaluate("navigator.serviceWorker.ready")
    until(lambda: opened.evaluate("caches.match('/page/text/zh.json', {ignoreVary: true}).then(Boolean)"))
    pages.forgive(*OFFLINE)

    # Both: a reload sometimes gets a request out before Chromium knows again that it is offline.
    opened.context.route("**/updates", lambda route: route.abort())
    opened.context.set_offline(True)
    opened.get_by_role("button", name="Started").click()
    opened.wait_for_selector("text=Reports that wait to be sent: 1")
    opened.reload()
    opened.wait_for_selector("article.job .state.job_started")
    opened.wait_for_selector("#field-banner >> text=No connection")
    opened.get_by_role("button", name="Finished").click()
    opened.get_by_role("button", name="Yes, it is finished").click()
    opened.wait_for_selector("text=Reports that wait to be sent: 2")
    assert reported(pages, incident) == []

    opened.context.unroute("**/updates")
    opened.context.set_offline(False)
    opened.wait_for_selector("#outbox", state="hidden")
    opened.reload()
    opened.wait_for_selector("text=Done: 1")
    assert reported(pages, incident) == [
        ("job_started", "line-ash-brook"),
        ("job_finished", "line-ash-brook"),
    ]


def test_a_report_that_is_refused_is_shown_and_kept_until_it_is_put_away(pages: Pages) -> None:
    incident = pages.drill()
    opened = phone(pages, incident)
    pages.forgive("422")

    opened.get_by_role("button", name="Road closed").click()
    opened.get_by_label("Road link, by its name").fill("no-such-bridge")
    opened.get_by_role("button", name="Report").click()
    opened.wait_for_selector("text='no-such-bridge' is no road link")
    opened.get_by_role("button", name="Started").click()

    # The next one is not held up by it.
    opened.wait_for_selector("article.job .state.job_started")
    opened.reload()
    opened.wait_for_selector("text='no-such-bridge' is no road link")
    opened.get_by_role("button", name="Put away").click()
    opened.wait_for_selector("#outbox", state="hidden")
    assert reported(pages, incident) == [("job_started", "line-ash-brook")]


def test_a_crews_key_opens_its_own_list_without_being_told_where(chromium: Any, fresh_service: str) -> None:
    pages = Pages(chromium, fresh_service)
    incident = pages.drill()
    admin = pages.ask("POST", "/v1/keys", {"name": "desk", "roles": ["admin"]})["key"]
    crew = pages.ask("POST", "/v1/keys", {"name": "phone", "roles": ["crew"], "crew": "blue"}, key=admin)[
        "key"
    ]
    pages.forgive("401")

    opened = pages.new(size=PHONE)
    opened.goto("/field")
    opened.fill("#key", crew)
    opened.get_by_role("button", name="Use it").click()
    opened.wait_for_selector("article.job")

    assert opened.inner_text("#field-crew") == "Crew blue"
    assert opened.inner_text("article.job h3") == "main-brook-cliff"
    assert opened.get_by_role("button", name="Road closed").count() == 0
    opened.get_by_role("button", name="Started").click()
    opened.wait_for_selector("#outbox", state="hidden")
    items = pages.ask("GET", f"/v1/incidents/{incident}/updates", key=admin)["items"]
    assert [item["kind"] for item in items] == ["job_started"]

    # What the desk says of its job is on the phone long before it would look by itself.
    block = {
        "id": "desk-1",
        "kind": "job_blocked",
        "job": "main-brook-cliff",
        "happened_at": items[0]["reported_at"],
    }
    until(lambda: opened.locator("article.job .state.job_started").count() == 1)
    pages.ask("POST", f"/v1/incidents/{incident}/updates", {"updates": [block]}, key=admin)
    opened.wait_for_selector("article.job .state.job_blocked", timeout=10_000)
    pages.close()
