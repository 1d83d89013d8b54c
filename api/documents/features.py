"""Map layers as OGC API - Features, Part 1: Core 1.0.1 (17-069r4), so that QGIS and others open them by URL.

Each incident is an API of its own: its landing page is `…/v1/incidents/{id}/ogc`. Everything here is in CRS84, WGS84
longitude and latitude.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from api.documents.feature_query import DEFAULT_LIMIT, MOST_LIMIT, FeatureQuery
from api.documents.layers import Layer

GEOJSON = "application/geo+json"
JSON = "application/json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
CONFORMS_TO = tuple(
    f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}" for name in ("core", "oas30", "geojson")
)

Link = dict[str, str]


def link(href: str, rel: str, media_type: str, title: str) -> Link:
    """Return a link (RFC 8288); `href` is absolute."""
    return {"href": href, "rel": rel, "type": media_type, "title": title}


def landing_page(base: str, *, title: str, description: str) -> dict[str, Any]:
    """Return the landing page of the API at the absolute URL `base`, which has no slash at its end."""
    return {
        "title": title,
        "description": description,
        "links": [
            link(base, "self", JSON, "This page"),
            link(f"{base}/api", "service-desc", OPENAPI, "The description of this API"),
            link(f"{base}/conformance", "conformance", JSON, "What this API conforms to"),
            link(f"{base}/collections", "data", JSON, "The map layers"),
        ],
    }


def conformance() -> dict[str, Any]:
    """Return the conformance classes."""
    return {"conformsTo": list(CONFORMS_TO)}


def collections(base: str, layers: Mapping[str, Layer]) -> dict[str, Any]:
    """Return all layers."""
    return {
        "links": [link(f"{base}/collections", "self", JSON, "The map layers")],
        "collections": [collection(base, layer) for layer in layers.values()],
    }


def collection(base: str, layer: Layer) -> dict[str, Any]:
    """Return one layer: what it is, where and when it is, and where its features are."""
    url = f"{base}/collections/{layer.id}"
    found: dict[str, Any] = {
        "id": layer.id,
        "title": layer.title,
        "description": layer.description,
        "itemType": "feature",
        "crs": [CRS84],
        "links": [
            link(url, "self", JSON, layer.title),
            link(f"{url}/items", "items", GEOJSON, f"{layer.title} as GeoJSON"),
        ],
    }
    extent: dict[str, Any] = {}
    if layer.box is not None:
        extent["spatial"] = {"bbox": [layer.box], "crs": CRS84}
    if layer.times is not None:
        extent["temporal"] = {"interval": [[stamp(moment) for moment in layer.times]], "trs": GREGORIAN}
    return {**found, "extent": extent} if extent else found


def items(
    base: str, layer: Layer, query: FeatureQuery, given: Mapping[str, str], *, now: datetime
) -> dict[str, Any]:
    """Return a page of a layer's features; `given` are the parameters as they came, for the links."""
    shown, matched, goes_on = layer.page(query)
    url = f"{base}/collections/{layer.id}/items"
    links = [
        link(_with(url, given), "self", GEOJSON, "This page"),
        link(f"{base}/collections/{layer.id}", "collection", JSON, layer.title),
    ]
    if goes_on and shown:
        further = {**given, "limit": str(query.limit), "after": str(shown[-1]["id"])}
        links.append(link(_with(url, further), "next", GEOJSON, "The next page"))
    return {
        "type": "FeatureCollection",
        "features": shown,
        "links": links,
        "timeStamp": stamp(now),
        "numberMatched": matched,
        "numberReturned": len(shown),
    }


def item(base: str, layer: Layer, feature_id: str) -> dict[str, Any] | None:
    """Return one feature with its links; None where there is none of this id."""
    found = layer.one(feature_id)
    if found is None:
        return None
    url = f"{base}/collections/{layer.id}"
    links = [
        link(f"{url}/items/{quote(feature_id, safe='')}", "self", GEOJSON, feature_id),
        link(url, "collection", JSON, layer.title),
    ]
    return {**found, "links": links}


def description(base: str, layers: Mapping[str, Layer], *, title: str, version: str) -> dict[str, Any]:
    """Return the OpenAPI 3.0 description of the API at `base`; QGIS finds the largest page in it."""
    paths: dict[str, Any] = {
        "/": _get("The landing page", JSON),
        "/api": _get("This description", OPENAPI),
        "/conformance": _get("What this API conforms to", JSON),
        "/collections": _get("The map layers", JSON),
    }
    for layer in layers.values():
        url = f"/collections/{layer.id}"
        paths[url] = _get(layer.title, JSON)
        paths[f"{url}/items"] = _get(layer.description, GEOJSON, ITEM_PARAMETERS)
        paths[f"{url}/items/{{featureId}}"] = _get(f"One of {layer.title}", GEOJSON, (FEATURE_ID,))
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "version": version},
        "servers": [{"url": base}],
        "paths": paths,
    }


def _get(summary: str, media_type: str, parameters: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    answers = {
        "200": {"description": summary, "content": {media_type: {"schema": {"type": "object"}}}},
        "default": {
            "description": "A refusal (RFC 9457)",
            "content": {"application/problem+json": {"schema": {"type": "object"}}},
        },
    }
    return {"get": {"summary": summary, "parameters": list(parameters), "responses": answers}}


ITEM_PARAMETERS: tuple[dict[str, Any], ...] = (
    {
        "name": "limit",
        "in": "query",
        "required": False,
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST_LIMIT, "default": DEFAULT_LIMIT},
        "style": "form",
        "explode": False,
    },
    {
        "name": "bbox",
        "in": "query",
        "required": False,
        "schema": {
            "type": "array",
            "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
            "items": {"type": "number"},
        },
        "style": "form",
        "explode": False,
    },
    {
        "name": "datetime",
        "in": "query",
        "required": False,
        "schema": {"type": "string"},
        "style": "form",
        "explode": False,
    },
    {
        "name": "after",
        "in": "query",
        "required": False,
        "description": "The id of the last feature of the page before, as the link `next` has it.",
        "schema": {"type": "string"},
    },
)
FEATURE_ID: dict[str, Any] = {
    "name": "featureId",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
}


def stamp(moment: datetime) -> str:
    """Return a moment in UTC as RFC 3339."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _with(url: str, parameters: Mapping[str, str]) -> str:
    return f"{url}?{urlencode(parameters)}" if parameters else url
