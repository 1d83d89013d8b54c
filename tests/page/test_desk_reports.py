"""What a desk reports in two clicks, and how every open page follows it."""

from __future__ import annotations

from typing import Any

from watched_pages import PHONE, Pages, until

OFFLINE = ("ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "ERR_NETWORK_CHANGED")


def desk(pages: Pages, incident: str, selected: str, language: str = "en") -> Any:
    page = pages.new(language=language)
    page.goto(f"/#incident={incident}&select={selected}")
    page.wait_for_selector(".report-row button")
    return page


def kinds(pages: Pages, incident: str) -> list[str]:
    return [item["kind"] for item in pages.ask("GET", f"/v1/incidents/{incident}/updates")["items"]]


def test_a_phones_report_is_on_the_desk_as_it_happens(pages: Pages) -> None:
    incident = pages.drill()
    page = desk(pages, incident, "component:main-brook-cliff")
    page.wait_for_selector("#connection[data-connection=live]")
    phone = pages.new(size=PHONE)
    phone.goto(f"/field#incident={incident}&crew=red")
    phone.wait_for_selector("article.job")

    phone.get_by_role("button", name="New damage").click()
    phone.locator(".choices").get_by_role("button", name="line-ash-brook").click()

    page.wait_for_selector("#banner:text('There is news')")


def test_a_job_is_reported_with_one_click_beside_what_is_selected(pages: Pages) -> None:
    incident = pages.drill()
    page = desk(pages, incident, "component:line-ash-brook", language="zh")

    page.get_by_role("button", name="已开工", exact=True).click()

    page.wait_for_selector("text=已记入日志")
    page.select_option(".report-row select", "120")
    until(lambda: kinds(pages, incident) == ["job_started", "job_takes"])


def test_new_damage_is_a_part_and_one_click(pages: Pages) -> None:
    incident = pages.drill()
    page = desk(pages, incident, "component:line-brook-cliff")

    page.get_by_role("button", name="It is damaged").click()

    page.wait_for_selector("text=The report is in the log")
    page.wait_for_selector("[data-state=broken] >> visible=true")
    assert kinds(pages, incident) == ["damage_found"]


def test_without_a_connection_the_page_says_so_and_goes_on_with_what_it_has(pages: Pages) -> None:
    incident = pages.drill()
    page = desk(pages, incident, "component:line-ash-brook")
    page.wait_for_selector("#connection[data-connection=live]")
    pages.forgive(*OFFLINE)

    page.context.set_offline(True)
    page.get_by_role("button", name="Started").click()
    page.wait_for_selector("#desk-outbox >> text=Reports that wait to be sent: 1")
    page.wait_for_selector("#connection[data-connection=lost]")
    page.wait_for_selector("#banner:text('No connection to the service')")
    page.locator("#slider").press("End")
    assert page.input_value("#slider") != "0"
    assert kinds(pages, incident) == []

    page.context.set_offline(False)
    page.wait_for_selector("#desk-outbox", state="hidden")
    page.wait_for_selector("#connection[data-connection=live]")
    assert kinds(pages, incident) == ["job_started"]
