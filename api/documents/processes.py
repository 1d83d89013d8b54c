"""Long work as OGC API - Processes, Part 1: Core 1.0 (18-062r2): what can be asked for, and how far a job is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.documents.document import Document
from api.documents.features import JSON, Link, link

CONFORMS_TO = tuple(
    f"http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/{name}"
    for name in ("core", "ogc-process-description", "json", "job-list", "dismiss")
)

EXCEPTIONS = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0"
NO_SUCH_PROCESS = f"{EXCEPTIONS}/no-such-process"
NO_SUCH_JOB = f"{EXCEPTIONS}/no-such-job"
NOT_READY = f"{EXCEPTIONS}/result-not-ready"

MONITOR = "monitor"
RESULTS = "http://www.opengis.net/def/rel/ogc/1.0/results"
PROCESSES = "http://www.opengis.net/def/rel/ogc/1.0/processes"
JOB_LIST = "http://www.opengis.net/def/rel/ogc/1.0/job-list"
EXECUTE = "http://www.opengis.net/def/rel/ogc/1.0/execute"

Status = Literal["accepted", "running", "successful", "failed", "dismissed"]
ENDED = frozenset({"successful", "failed", "dismissed"})


@dataclass(frozen=True)
class Process:
    """One kind of long work: its inputs are the fields of one model, its outputs have a schema each."""

    id: str
    title: str
    description: str
    inputs: type[BaseModel]
    outputs: Mapping[str, type[BaseModel]]
    version: str = "1.0.0"


class BestSoFar(Document):
    """The best plan that a search has told of, so that whoever waits can see whether it still gets better."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"label": "feasible", "objective": 75_000_000, "bound": 60_000_000, "seconds": 1.5}]
        }
    )

    label: str = Field(description="feasible, or rule while no search has found more.")
    objective: int = Field(description="Persons x weight in thousandths x minutes without service.")
    bound: int | None = Field(description="No plan costs less; null where none is proven yet.")
    seconds: float = Field(ge=0, description="Into the search, when it was told of.")


class StatusInfo(Document):
    """How far a job is (18-062r2, 7.12); `message` says it in words. `best` is ours, as the standard allows."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "processID": "plan",
                    "type": "process",
                    "jobID": "9f1d7a84c0ffee00",
                    "status": "running",
                    "message": "Best plan so far: 1,250 person-hours",
                    "created": "2026-03-01T12:00:00.000Z",
                    "started": "2026-03-01T12:00:00.120Z",
                    "updated": "2026-03-01T12:00:02.000Z",
                    "progress": 40,
                    "links": [],
                },
                {
                    "processID": "what-if",
                    "type": "process",
                    "jobID": "5f1d7a84c0ffee00",
                    "status": "accepted",
                    "message": "Waits for its turn; jobs of its tenant that go before it: 2.",
                    "created": "2026-03-01T12:00:01.000Z",
                    "updated": "2026-03-01T12:00:01.000Z",
                    "progress": 0,
                    "links": [],
                },
            ]
        }
    )

    processID: str = Field(description="What was asked for.")  # noqa: N815 - the standard's name
    type: Literal["process"] = "process"
    jobID: str  # noqa: N815
    status: Status
    message: str
    created: str
    started: str | None = None
    finished: str | None = None
    updated: str
    progress: int = Field(ge=0, le=100, description="Per cent.")
    best: BestSoFar | None = Field(None, description="Of a plan that is being looked for, once there is one.")
    links: tuple[Link, ...]


@dataclass(frozen=True)
class JobRecord:
    """A job as it is stored; moments are RFC 3339 text in UTC."""

    id: str
    kind: str
    status: Status
    message: str
    progress: int
    created_at: str
    updated_at: str
    started_at: str | None = None
    finished_at: str | None = None
    best: BestSoFar | None = None


def landing_page(base: str, *, title: str, description: str, links: Sequence[Link] = ()) -> dict[str, Any]:
    """Return the landing page of the service at the absolute URL `base`, which has no slash at its end."""
    return {
        "title": title,
        "description": description,
        "links": [
            link(f"{base}/", "self", JSON, "This page"),
            link(
                f"{base}/openapi.json", "service-desc", "application/vnd.oai.openapi+json;version=3.1", "API"
            ),
            link(
                f"{base}/conformance",
                "http://www.opengis.net/def/rel/ogc/1.0/conformance",
                JSON,
                "What this API conforms to",
            ),
            link(f"{base}/processes", PROCESSES, JSON, "What can be asked for"),
            link(f"{base}/jobs", JOB_LIST, JSON, "What was asked for"),
            *links,
        ],
    }


def process_summary(base: str, process: Process) -> dict[str, Any]:
    """Return one process in short."""
    url = f"{base}/processes/{process.id}"
    return {
        "id": process.id,
        "title": process.title,
        "description": process.description,
        "version": process.version,
        "jobControlOptions": ["async-execute", "dismiss"],
        "outputTransmission": ["value"],
        "links": [
            link(url, "self", JSON, process.title),
            link(f"{url}/execution", EXECUTE, JSON, "Ask for it"),
        ],
    }


def process_list(base: str, processes: Iterable[Process]) -> dict[str, Any]:
    """Return all processes in short."""
    return {
        "processes": [process_summary(base, process) for process in processes],
        "links": [link(f"{base}/processes", "self", JSON, "What can be asked for")],
    }


def process_description(base: str, process: Process) -> dict[str, Any]:
    """Return one process with the schemas of its inputs and outputs."""
    schema = process.inputs.model_json_schema()
    needed = set(schema.get("required", ()))
    inputs = {}
    for name, field in schema.get("properties", {}).items():
        described = process.inputs.model_fields.get(name)
        inputs[name] = {
            "title": field.get("title", name),
            "description": (described.description if described else None) or field.get("title", name),
            "minOccurs": 1 if name in needed else 0,
            "maxOccurs": 1,
            "schema": whole(field, schema.get("$defs", {})),
        }
    outputs = {
        name: {"title": name, "schema": whole(model.model_json_schema(), None)}
        for name, model in process.outputs.items()
    }
    return {**process_summary(base, process), "inputs": inputs, "outputs": outputs}


def whole(schema: Any, parts: Mapping[str, Any] | None) -> Any:
    """Return a schema with its `$ref`s written out, so that it stands by itself."""
    if isinstance(schema, Mapping):
        known = schema.get("$defs", parts) or {}
        if "$ref" in schema:
            found = whole(known[schema["$ref"].rpartition("/")[2]], known)
            return {**found, **{name: value for name, value in schema.items() if name != "$ref"}}
        return {name: whole(value, known) for name, value in schema.items() if name != "$defs"}
    if isinstance(schema, list):
        return [whole(part, parts) for part in schema]
    return schema


def status_info(base: str, job: JobRecord) -> StatusInfo:
    """Return how far a job is."""
    url = f"{base}/jobs/{job.id}"
    links = [link(url, "self", JSON, "This status")]
    if job.status == "successful":
        links.append(link(f"{url}/results", RESULTS, JSON, "What came out"))
    return StatusInfo(
        processID=job.kind,
        jobID=job.id,
        status=job.status,
        message=job.message,
        created=job.created_at,
        started=job.started_at,
        finished=job.finished_at,
        updated=job.updated_at,
        progress=100 if job.status == "successful" else job.progress,
        best=job.best,
        links=tuple(links),
    )


def job_list(base: str, jobs: Iterable[JobRecord], *, this: str, further: str | None) -> dict[str, Any]:
    """Return a page of jobs; `this` and `further` are the absolute URLs of this page and the next."""
    links = [link(this, "self", JSON, "This page")]
    if further is not None:
        links.append(link(further, "next", JSON, "The next page"))
    return {
        "jobs": [status_info(base, job).model_dump(exclude_none=True) for job in jobs],
        "links": links,
    }


def lasted_seconds(job: JobRecord, *, now: datetime) -> float:
    """Return how long a job has been at work, or was; 0 while it waits."""
    if job.started_at is None:
        return 0.0
    end = now if job.finished_at is None else datetime.fromisoformat(job.finished_at)
    return (end.astimezone(UTC) - datetime.fromisoformat(job.started_at)).total_seconds()
