"""The page's files: all there, all reachable, nothing else with them, and nothing that asks another host."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.http.routes.page import MEDIA_TYPES, VENDOR, page_files, vendor_path

PAGE = Path(str(files("api") / "page"))
HTML = sorted(path for path in PAGE.glob("*.html"))
OURS = [*HTML, *page_files().values()]

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

NAMESPACES = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink", "http://www.w3.org/1999/xhtml"}
"Names that look like addresses; nobody asks for them."


def test_the_page_is_in_the_package() -> None:
    assert (PAGE / "index.html").is_file()
    assert {"js/shell.js", "css/base.css", "text/en.json", "text/zh.json"} <= page_files().keys()


def test_every_file_in_the_folder_is_one_that_is_served() -> None:
    there = {path for path in PAGE.rglob("*") if path.is_file() and path.suffix != ".html"}
    assert {path.suffix for path in there} <= MEDIA_TYPES.keys()
    assert there == set(page_files().values())


@pytest.mark.parametrize("name", sorted(page_files()))
def test_a_file_comes_as_what_it_is(client: TestClient, name: str) -> None:
    answer = client.get(f"/page/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(MEDIA_TYPES[Path(name).suffix])
    assert answer.content == page_files()[name].read_bytes()


@pytest.mark.parametrize("name", VENDOR)
def test_the_libraries_are_where_they_are_looked_for(client: TestClient, name: str) -> None:
    assert vendor_path(name).is_file()
    answer = client.get(f"/vendor/{name}")
    assert answer.status_code == 200
    assert len(answer.content) == vendor_path(name).stat().st_size


def test_a_browser_gets_the_page_and_a_program_the_landing_page_of_the_api(client: TestClient) -> None:
    page, landing = client.get("/", headers=BROWSER), client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert landing.json()["title"] == "lifeline"


def test_the_policy_lets_nothing_in_from_outside(client: TestClient) -> None:
    answer = client.get("/", headers=BROWSER)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert answer.status_code == 200
    assert policy["default-src"] == "'self'"
    assert not {"script-src", "style-src", "connect-src"} & policy.keys()
    assert policy["frame-ancestors"] == "'none'"
    assert not re.search(r"unsafe|\*|https?:", answer.headers["content-security-policy"])
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/page/../app.py",
        "/page/%2e%2e/http/app.py",
        "/page/js/%2e%2e%2f%2e%2e%2f__init__.py",
        "/page//etc/passwd",
        "/page/js",
        "/page/index.html",
        "/page/js/shell.js/",
        "/vendor/ipywidget.js",
        "/vendor/..%2f__init__.py",
        "/vendor/",
    ],
)
def test_nothing_else_can_be_read(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("page", HTML, ids=lambda page: page.name)
def test_a_page_has_no_script_or_style_in_line_and_all_it_names_is_there(
    client: TestClient, page: Path
) -> None:
    text = page.read_text("utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|javascript:", text)
    for name in re.findall(r"(?:src|href)=\"([^\"#]+)\"", text):
        assert client.get(name, headers=BROWSER).status_code == 200, name


def test_every_module_that_is_imported_is_there() -> None:
    for path in PAGE.glob("js/**/*.js"):
        for name in re.findall(r"(?:from|import)\s*\(?\s*[\"'](\.[^\"'$]+)[\"']", path.read_text("utf-8")):
            assert (path.parent / name).resolve().is_file(), f"{path.name} imports {name}"


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_no_file_of_ours_names_another_host(path: Path) -> None:
    named = set(re.findall(r"(?:https?:)?//[a-z0-9-]+\.[^\s\"'`)<]+", path.read_text("utf-8")))
    assert named <= NAMESPACES


@pytest.mark.parametrize("path", sorted(PAGE.glob("js/**/*.js")), ids=lambda path: path.name)
def test_no_script_writes_markup_or_runs_text(path: Path) -> None:
    """Names of components come from other systems: what is written as text cannot be a script."""
    text = path.read_text("utf-8")
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text
    )


def test_the_page_has_the_elements_that_keep_plotly_from_styles_of_its_own() -> None:
    """A new Plotly may look for others; then the policy refuses its styles, and this says so first."""
    plotly, page = vendor_path("plotly.js").read_text("utf-8"), (PAGE / "index.html").read_text("utf-8")
    sought = set(re.findall(r"getElementById\(\"([0-9a-f]{64})\"\)", plotly))
    assert sought
    assert all(f'id="{name}"' in page for name in sought)
    assert "no-inline-styles" in plotly
