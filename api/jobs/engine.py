"""Queues that survive: every call of DBOS is in this file, behind five verbs.

Our own table of jobs is the truth; DBOS decides who works on what and when, and gives work that a dead process had
taken to another one. A workflow does nothing but call `work` with a job's number, which may come twice and does its
work once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.settings import Settings

NORMAL_QUEUE, URGENT_QUEUE = "plans", "urgent"

POLL_SECONDS = 0.1
MOST_RUNNING_OF_A_TENANT = 2
URGENT_SLOTS = 1
"Slots that no work but urgent work gets: priorities do not interrupt what runs."

WAITS, RUNS = ("ENQUEUED", "DELAYED"), ("PENDING",)

CLOSING_SECONDS = 3

WORKFLOWS = "0001"
"Version of the workflows, which are a job's number and no more: with another one DBOS would leave what waits lying."

ATTEMPT = "~"
"Between a job's number and that of an attempt, in the number of a workflow."


@dataclass(frozen=True)
class Standing:
    """Where a job stands with DBOS: whether it waits or runs, by which workflow, and how many there have been."""

    workflow: str
    is_waiting: bool
    is_running: bool
    attempts: int


class Engine:
    """DBOS, launched. One at a time in a process: DBOS is global."""

    def __init__(self, settings: Settings, name: str, work: Callable[[str], None]) -> None:
        """Open the job database; `name` stays the same when the process is started anew, so that it finds its work.

        `work` is called in a thread with the number of a job.
        """
        from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

        config: DBOSConfig = {
            "name": "lifeline",
            "system_database_url": settings.jobs_database,
            # By default it hashes our sources.
            "application_version": WORKFLOWS,
            "executor_id": name,
            # What is pickled in a database, as is the default, runs in whoever reads it.
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "ERROR",
            "notification_listener_polling_interval_sec": POLL_SECONDS,
        }
        self._dbos = DBOS
        DBOS(config=config)

        @DBOS.workflow(name="job", max_recovery_attempts=None)
        def run(job: str) -> None:
            work(job)

        self._workflow = run
        DBOS.launch()
        for queue, slots in ((NORMAL_QUEUE, settings.solve_slots), (URGENT_QUEUE, URGENT_SLOTS)):
            DBOS.register_queue(
                queue,
                worker_concurrency=slots,
                partition_concurrency=MOST_RUNNING_OF_A_TENANT,
                polling_interval_sec=POLL_SECONDS,
                on_conflict="always_update",
            )

    def submit(self, job: str, tenant: str, *, is_urgent: bool, priority: int, attempt: int = 0) -> None:
        """Put a job into its queue; one that is in it already stays where it is."""
        from dbos import SetEnqueueOptions, SetWorkflowID

        queue = URGENT_QUEUE if is_urgent else NORMAL_QUEUE
        name = f"{job}{ATTEMPT}{attempt}" if attempt else job
        with SetWorkflowID(name), SetEnqueueOptions(priority=priority, queue_partition_key=tenant):
            self._dbos.enqueue_workflow(queue, self._workflow, job)

    def standing(self, jobs: Iterable[str]) -> dict[str, Standing]:
        """Return where these jobs stand; those are missing that DBOS does not know."""
        found: dict[str, list[Any]] = {}
        names = list(jobs)
        if not names:
            return {}
        for workflow in self._dbos.list_workflows(
            workflow_id_prefix=names, load_input=False, load_output=False
        ):
            found.setdefault(workflow.workflow_id.split(ATTEMPT)[0], []).append(workflow)
        return {job: _standing(workflows) for job, workflows in found.items()}

    def resume(self, workflow: str, *, is_urgent: bool) -> None:
        """Give the work of a process that is dead to whoever is there."""
        # Without a queue it would go to one of DBOS's own, beyond the reach of our limits.
        self._dbos.resume_workflow(workflow, queue_name=URGENT_QUEUE if is_urgent else NORMAL_QUEUE)

    def close(self, *, has_work: bool) -> None:
        """Let go of everything; what is broken off is found again at the next start.

        DBOS notes for itself that it was broken off, which takes it up to a second or two.
        """
        seconds = CLOSING_SECONDS if has_work else 0
        self._dbos.destroy(destroy_registry=True, workflow_completion_timeout_sec=seconds)


def _standing(workflows: list[Any]) -> Standing:
    waiting = [workflow for workflow in workflows if workflow.status in WAITS]
    running = [workflow for workflow in workflows if workflow.status in RUNS]
    chosen = (running or waiting or workflows)[-1]
    return Standing(chosen.workflow_id, bool(waiting), bool(running), len(workflows))
