"""On what each kind of update has its say, and about whom; light, for the store reads it too."""

from __future__ import annotations

SUBJECT = {
    "job_started": ("started", "job"),
    "job_finished": ("finished", "job"),
    "job_takes": ("takes", "job"),
    "job_left": ("left", "job"),
    "job_blocked": ("block", "job"),
    "job_unblocked": ("block", "job"),
    "damage_found": ("damage", "component"),
    "damage_ruled_out": ("damage", "component"),
    "crew_off_duty": ("duty", "crew"),
    "crew_on_duty": ("duty", "crew"),
    "road_closed": ("road", "link"),
    "road_opened": ("road", "link"),
    "buffer_refilled": ("buffer", "component"),
}
"For each kind of update the topic on which it has its say, and the field that names whom it is about."
