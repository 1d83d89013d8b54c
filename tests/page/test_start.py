"""A new user's first minutes: a story of the library, one click, and a town that recovers."""

from __future__ import annotations

from typing import Any

import pytest
from watched_pages import Pages, until


def test_one_click_on_a_story_shows_a_town_that_recovers(page: Any) -> None:
    page.goto("/")

    page.click("[data-scenario=three_towns]")

    page.wait_for_selector("#drill")
    page.wait_for_selector("#plan-shown:text-matches('1')")
    page.wait_for_selector(".js-plotly-plot .scatterlayer path")
    assert page.locator("#map canvas").count() == 1
    # It plays: from 3,000 people without power right after the storm to none.
    until(lambda: page.input_value("#slider") != "0")
    page.locator("#slider").press("End")
    until(lambda: page.locator("#panel-overview .view-people").inner_text().count("3,000") < 2)
    assert "incident=" in page.url


def test_an_open_incident_is_offered_and_opened(pages: Pages) -> None:
    incident = pages.drill()
    page = pages.new()
    page.goto("/")

    page.locator(f"a.start-card[href$='{incident}']").click()

    page.wait_for_selector("#incident-name:text('three_towns')")
    until(lambda: f"incident={incident}" in page.url)
    page.reload()
    page.wait_for_selector("#incident-name:text('three_towns')")


@pytest.mark.parametrize(("language", "told"), [("en", "Three towns"), ("zh", "三镇")])
def test_the_start_speaks_the_readers_language(pages: Pages, language: str, told: str) -> None:
    page = pages.new(language=language)
    page.goto("/")

    assert told in page.inner_text("[data-scenario=three_towns]")
    page.click("#language")
    until(lambda: told not in page.inner_text("[data-scenario=three_towns]"))
