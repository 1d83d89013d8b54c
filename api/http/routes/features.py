"""/v1/incidents/{id}/ogc: the incident as map layers, an OGC API - Features that QGIS opens by this URL."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse

from api.access.caller import Caller
from api.documents import features
from api.documents.feature_query import MOST_LIMIT, BadQuery, FeatureQuery
from api.documents.layers import Layer
from api.http.links import root_of
from api.http.map_layers import layers_for
from api.http.parameters import IncidentId, Reader
from api.http.problems import Refusal, not_found
from api.http.service import service_of
from api.http.who import sight_of

router = APIRouter(prefix="/v1/incidents/{incident}/ogc", tags=["map layers"])

LayerId = Annotated[str, Path(max_length=40, examples=["components"])]
ABOUT = "Components with their state, damage, customers with their services, crews, and what the plan has them do."
DRILL = "This is a drill. "


class GeoJSON(JSONResponse):
    """GeoJSON (RFC 7946)."""

    media_type = features.GEOJSON


class OpenAPI(JSONResponse):
    """A description in OpenAPI 3.0."""

    media_type = features.OPENAPI


@router.get("")
@router.get("/", include_in_schema=False)
async def landing_page(request: Request, incident: IncidentId, caller: Reader) -> dict[str, Any]:
    """Say where everything is; this is the URL to give to QGIS."""
    row = await service_of(request).incident(caller.tenant, incident)
    about = f"{DRILL if row.is_drill else ''}{ABOUT}"
    return features.landing_page(base_of(request, incident), title=row.name, description=about)


@router.get("/api", response_class=OpenAPI)
async def description(request: Request, incident: IncidentId, caller: Reader) -> OpenAPI:
    """Describe this API in OpenAPI 3.0."""
    row, layers = await _layers(request, caller, incident)
    version = request.app.version
    return OpenAPI(features.description(base_of(request, incident), layers, title=row.name, version=version))


@router.get("/conformance")
async def conformance(request: Request, incident: IncidentId, caller: Reader) -> dict[str, Any]:
    """Say what this API conforms to."""
    await service_of(request).incident(caller.tenant, incident)
    return features.conformance()


@router.get("/collections")
async def collections(request: Request, incident: IncidentId, caller: Reader) -> dict[str, Any]:
    """List the map layers."""
    _, layers = await _layers(request, caller, incident)
    return features.collections(base_of(request, incident), layers)


@router.get("/collections/{layer}")
async def collection(
    request: Request, incident: IncidentId, layer: LayerId, caller: Reader
) -> dict[str, Any]:
    """Tell of one map layer: what it is, where and when."""
    return features.collection(base_of(request, incident), await _layer(request, caller, incident, layer))


@router.get("/collections/{layer}/items", response_class=GeoJSON)
async def items(
    request: Request,
    incident: IncidentId,
    layer: LayerId,
    caller: Reader,
    limit: Annotated[
        str | None,
        Query(
            description=f"Features on a page, at most {MOST_LIMIT}.",
            json_schema_extra={"pattern": "^[1-9][0-9]{0,8}$"},
        ),
    ] = None,
    bbox: Annotated[
        str | None, Query(max_length=200, description="west,south,east,north in degrees (CRS84).")
    ] = None,
    datetime_: Annotated[
        str | None,
        Query(alias="datetime", max_length=100, description="A moment in RFC 3339, or two with / between."),
    ] = None,
    after: Annotated[str | None, Query(max_length=400, description="As the link `next` has it.")] = None,
) -> GeoJSON:
    """Return a page of a layer's features; the link `next` leads to the following page."""
    given = dict(request.query_params)
    try:
        query = FeatureQuery.of(given)
    except BadQuery as bad:
        raise Refusal(400, "invalid-input", str(bad)) from None
    found = await _layer(request, caller, incident, layer)
    return GeoJSON(features.items(base_of(request, incident), found, query, given, now=datetime.now(UTC)))


@router.get("/collections/{layer}/items/{feature:path}", response_class=GeoJSON)
async def item(
    request: Request,
    incident: IncidentId,
    layer: LayerId,
    feature: Annotated[str, Path(max_length=420, examples=["line_7"])],
    caller: Reader,
) -> GeoJSON:
    """Return one feature."""
    found = features.item(base_of(request, incident), await _layer(request, caller, incident, layer), feature)
    if found is None:
        raise not_found("feature", feature)
    return GeoJSON(found)


def base_of(request: Request, incident: str) -> str:
    """Return the absolute URL of an incident's map layers, as the reader reaches the service."""
    return f"{root_of(request)}/v1/incidents/{incident}/ogc"


async def _layers(request: Request, caller: Caller, incident: str) -> tuple[Any, dict[str, Layer]]:
    service = service_of(request)
    row = await service.incident(caller.tenant, incident)
    return row, await layers_for(service, row, await sight_of(request, caller, row))


async def _layer(request: Request, caller: Caller, incident: str, name: str) -> Layer:
    _, layers = await _layers(request, caller, incident)
    if name not in layers:
        raise not_found("collection", name)
    return layers[name]
