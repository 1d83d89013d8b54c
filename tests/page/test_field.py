"""A crew's phone: its next jobs, what it reports, and a dead zone.

three_towns: red (power) mends line-ash-brook first, then cliff-substation; blue mends main-brook-cliff.
"""

from __future__ import annotations

from typing import Any

import pytest
from watched_pages import PHONE, Pages, until

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
    pages.close()
