"""A service on this machine, and a Chromium that looks at its page and forgives nothing.

Every page that a test opens fails the test on a console error, on an error nobody caught, and on any request that
leaves the host.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from page_service import ARGUMENTS, running_service
from watched_pages import Pages


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Where Chromium is; the tests are skipped, saying so, where it or Playwright is absent."""
    pytest.importorskip("playwright", reason="Playwright is absent; install the extra `ui`")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium on this machine")
    return path


@pytest.fixture(scope="session")
def served(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service with an empty data folder, in a process group of its own."""
    with running_service(tmp_path_factory.mktemp("served")) as address:
        yield address


@pytest.fixture
def fresh_service(chromium_path: str, tmp_path: Path) -> Iterator[str]:
    """As `served`, for a test that needs a service in which nothing ever happened."""
    with running_service(tmp_path / "data") as address:
        yield address


# Of a module, not of the session: while Playwright runs, the thread has an event loop, and a test of another module
# that starts its own would fail.
@pytest.fixture(scope="module")
def chromium(chromium_path: str) -> Iterator[Any]:
    """One Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def pages(chromium: Any, served: str) -> Iterator[Pages]:
    """Opens pages of the service, in a language, a theme and a size; asserts at the end that none complained."""
    opened = Pages(chromium, served)
    yield opened
    opened.close()


@pytest.fixture(params=[("en", "dark"), ("zh", "light")], ids=["en-dark", "zh-light"])
def page(request: pytest.FixtureRequest, pages: Pages) -> Any:
    """The desk's page before it is sent anywhere, in English and dark, and in Chinese and light."""
    language, theme = request.param
    return pages.new(language=language, theme=theme)
