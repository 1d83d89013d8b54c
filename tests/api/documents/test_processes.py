"""Jobs and processes in the shapes of OGC API - Processes."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import BaseModel, Field

from api.documents.processes import (
    RESULTS,
    BestSoFar,
    JobRecord,
    Process,
    StatusInfo,
    job_list,
    landing_page,
    lasted_seconds,
    process_description,
    process_list,
    status_info,
)

BASE = "https://city.example"


class Budget(BaseModel):
    seconds: int = Field(5, description="Most seconds.")


class Asked(BaseModel):
    incident: str = Field(description="Which incident.")
    budget: Budget = Field(Budget(), description="How long.")
    seeds: list[Budget] = []


class Got(BaseModel):
    version: int


PLAN = Process("plan", "Plan", "A plan for an incident.", Asked, {"plan": Got})
JOB = JobRecord(
    id="9f1d7a84c0ffee00",
    kind="plan",
    status="running",
    message="Searching",
    progress=40,
    created_at="2026-03-01T12:00:00.000Z",
    updated_at="2026-03-01T12:00:02.000Z",
    started_at="2026-03-01T12:00:01.000Z",
)


def test_a_process_says_what_it_needs_and_what_comes_out():
    told = process_description(BASE, PLAN)
    assert told["inputs"]["incident"]["minOccurs"] == 1
    assert told["inputs"]["budget"]["minOccurs"] == 0
    assert told["inputs"]["budget"]["description"] == "How long."
    assert told["inputs"]["budget"]["schema"]["properties"]["seconds"]["default"] == 5
    assert told["inputs"]["seeds"]["schema"]["items"]["properties"]["seconds"]["type"] == "integer"
    assert "$ref" not in str(told)
    assert told["outputs"]["plan"]["schema"]["properties"]["version"]["type"] == "integer"
    assert told["jobControlOptions"] == ["async-execute", "dismiss"]
    (summary,) = process_list(BASE, [PLAN])["processes"]
    assert "inputs" not in summary


@pytest.mark.parametrize("status", ["accepted", "running", "failed", "dismissed"])
def test_only_a_successful_job_leads_to_results(status):
    told = status_info(BASE, JobRecord(**{**vars(JOB), "status": status}))
    assert [one["rel"] for one in told.links] == ["self"]
    done = status_info(BASE, JobRecord(**{**vars(JOB), "status": "successful"}))
    assert [one["rel"] for one in done.links] == ["self", RESULTS]
    assert (told.progress, done.progress) == (40, 100)
    assert done.links[1]["href"] == f"{BASE}/jobs/{JOB.id}/results"


def test_a_search_tells_how_good_its_best_plan_is_so_far():
    best = BestSoFar(label="feasible", objective=900, bound=500, seconds=1.5)
    assert status_info(BASE, replace(JOB, best=best)).best == best
    assert "best" not in status_info(BASE, JOB).model_dump(exclude_none=True)


def test_a_list_of_jobs_leads_to_the_next_page_if_there_is_one():
    told = job_list(BASE, [JOB], this=f"{BASE}/jobs", further=f"{BASE}/jobs?cursor=x")
    assert [job["jobID"] for job in told["jobs"]] == [JOB.id]
    assert "finished" not in told["jobs"][0]
    assert [one["rel"] for one in told["links"]] == ["self", "next"]
    assert [one["rel"] for one in job_list(BASE, [], this=BASE, further=None)["links"]] == ["self"]


def test_how_long_a_job_lasts_counts_from_its_start_to_its_end():
    now = datetime(2026, 3, 1, 12, 0, 11, tzinfo=UTC)
    assert lasted_seconds(JOB, now=now) == 10
    ended = JobRecord(**{**vars(JOB), "finished_at": "2026-03-01T12:00:03.500Z"})
    assert lasted_seconds(ended, now=now) == 2.5
    assert lasted_seconds(JobRecord(**{**vars(JOB), "started_at": None}), now=now) == 0


def test_the_landing_page_leads_to_processes_and_jobs():
    hrefs = {one["href"] for one in landing_page(BASE, title="lifeline", description="")["links"]}
    assert {f"{BASE}/processes", f"{BASE}/jobs", f"{BASE}/conformance"} <= hrefs


def test_the_example_of_a_status_is_one():
    for example in StatusInfo.model_json_schema()["examples"]:
        StatusInfo.model_validate(example)
