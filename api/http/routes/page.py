"""/, /field, /page/… and /vendor/…: the command-centre page; its files say nothing of any incident and need no key."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from api.http.problems import not_found

router = APIRouter(include_in_schema=False)

# Everything comes from here, and scripts and styles from files only. MapLibre makes its workers and images of blobs.
POLICY = (
    "default-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
)
PAGE_HEADERS = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache", "Vary": "Accept"}
WORKER = "js/field_worker.js"
"The one script that may stand between a page and the network, and between /field and nothing else."

WORKER_HEADERS = {**PAGE_HEADERS, "Service-Worker-Allowed": "/field"}
VENDOR_HEADERS = {"Cache-Control": "public, max-age=86400"}
"The same for a day: an upgrade of the wheel changes them, and nothing else does."

MEDIA_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
"By hand: what a machine's own table says of .js differs from machine to machine."

VENDOR = {
    "maplibre-gl.js": ("maplibre", "srcjs/maplibre-gl.js"),
    "maplibre-gl.css": ("maplibre", "srcjs/maplibre-gl.css"),
    "plotly.js": ("plotly", "package_data/plotly.min.js"),
}
"Files inside installed wheels, by the name under which they are served."


class ForBrowsers(APIRoute):
    """A route for those who ask for HTML; others who ask for the same path get the route after it.

    Programs find the landing page of OGC API - Processes at `/`, which is JSON and wants a key.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match where HTML is accepted by name: `*/*` is what programs send."""
        if b"text/html" in dict(scope.get("headers", ())).get(b"accept", b""):
            return super().matches(scope)
        return Match.NONE, {}


front = APIRouter(include_in_schema=False, route_class=ForBrowsers)


@front.get("/")
async def page() -> FileResponse:
    """Give the command-centre page."""
    return _html("index.html")


router.routes.extend(front.routes)


@router.get("/field")
async def field_page() -> FileResponse:
    """Give the page for a crew's phone."""
    return _html("field.html")


@router.get("/page/{path:path}")
async def page_file(path: str) -> FileResponse:
    """Give a file of the page: one of those that lie in its folder, and nothing else."""
    file = page_files().get(path)
    if file is None:
        raise not_found("file of the page", path)
    headers = WORKER_HEADERS if path == WORKER else PAGE_HEADERS
    return FileResponse(file, media_type=MEDIA_TYPES[file.suffix], headers=headers)


@router.get("/vendor/{name}")
async def vendor_file(name: str) -> FileResponse:
    """Give a file of the map's and the charts' libraries, out of their installed packages."""
    if name not in VENDOR:
        raise not_found("file of the page", name)
    file = vendor_path(name)
    return FileResponse(file, media_type=MEDIA_TYPES[file.suffix], headers=VENDOR_HEADERS)


@cache
def page_files() -> dict[str, Path]:
    """Return the files that may be asked for, by their path in the folder: no path of a request is ever opened."""
    folder = page_folder()
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix in MEDIA_TYPES)
    return {path.relative_to(folder).as_posix(): path for path in files}


def page_folder() -> Path:
    """Return the folder of the page inside the installed package."""
    return Path(__file__).parents[2] / "page"


@cache
def vendor_path(name: str) -> Path:
    """Return where a library's file lies; the package is looked up, not imported: maplibre's import logs warnings."""
    package, file = VENDOR[name]
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise not_found("installed package", package)
    return Path(spec.origin).parent / file


def _html(name: str) -> FileResponse:
    file = page_folder() / name
    if not file.is_file():
        raise not_found("page", name)
    return FileResponse(file, media_type="text/html; charset=utf-8", headers=PAGE_HEADERS)
