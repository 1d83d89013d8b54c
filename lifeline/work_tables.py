"""The tables that say how work is done: steps of a repair, other tasks, parts, danger zones, orders, facilities.

Every one of them may be absent; a system without them is planned as if they did not exist.
"""

from __future__ import annotations

from lifeline.columns import (
    MOST_WEIGHT_PERMILLE,
    Column,
    Table,
    flag,
    minutes,
    optional_minutes,
    place_columns,
    reference,
    text,
)

MOST_SPEED_PERMILLE = 100_000
MOST_PARTS = 1_000_000

LOCK_KINDS = ("crew", "not_crew", "start", "not_before", "not_after", "after", "first")
"What a row of `locks` can order; see the table."


def _name(name: str, meaning: str) -> Column:
    return Column(name, "text", meaning, is_id=True)


def _quantity(meaning: str) -> Column:
    return Column("quantity", "integer", meaning, "pieces", True, None, 1, MOST_PARTS)


def _optional_reference(name: str, meaning: str, *tables: str) -> Column:
    return Column(name, "text", meaning, required=False, default="", refers_to=tables)


WORK_TABLES = (
    Table(
        "crew_speeds",
        "How fast a crew works with a skill; without a row it works as fast as the damage table says.",
        (
            reference("crew", "The crew.", "crews"),
            _name("skill", "The skill, as in `crews`."),
            Column(
                "speed_permille",
                "integer",
                "Speed of work: 1000 takes as long as the table says, 2000 half as long. Minutes are rounded up.",
                "1/1000",
                minimum=1,
                maximum=MOST_SPEED_PERMILLE,
            ),
        ),
        ("crew", "skill"),
        if_used=True,
    ),
    Table(
        "steps",
        "Repairs that are done in steps. A broken component with rows here has one job for each row, called "
        "`component/step`, in place of the one job that its row in `damage` stands for.",
        (
            reference("component", "The component, if it is broken.", "nodes", "links"),
            _name("step", "Name of the step, for example `isolate`."),
            minutes("minutes", "Work it takes.", 1),
            text("skill", "Skill a crew needs for it; blank means that of the damage."),
            text(
                "with_skills",
                "Further crews that have to be there at the same time: one skill for each, separated by `;`.",
            ),
            text(
                "after",
                "What has to be done before, separated by `;`: steps of the same component, other components, or "
                "`component/step`. What is not broken has been done.",
            ),
            optional_minutes("lag_minutes", "How long after all of that it can begin at the earliest.", 0),
            flag(
                "restores",
                "The component is back when this step is done. Blank everywhere: the step that no other waits for.",
            ),
            flag("simple", "Volunteers may do it too."),
        ),
        ("component", "step"),
        if_used=True,
    ),
    Table(
        "tasks",
        "Jobs that are no repairs: closing a tie switch, placing a generator or a tanker, clearing a square.",
        (
            Column("id", "text", "Name of the task; no component has it.", is_id=True),
            text("kind", "What it is, for people to read."),
            _optional_reference(
                "component",
                "A component that stands by: the task brings it into service. Any other node: the task gives it "
                "relief, which serves whoever is served there or depends on it, whether the node works or not. "
                "Blank: it serves nobody, but must be done.",
                "nodes",
                "links",
            ),
            minutes("minutes", "Work it takes.", 1),
            text("skill", "Skill a crew needs for it; blank means the sector of the component, or `road`."),
            *place_columns(required=False),
            text("owner", "Who wants it done."),
            flag("simple", "Volunteers may do it too."),
        ),
        ("id",),
        if_used=True,
    ),
    Table(
        "uses",
        "Spare parts that a job uses up as it starts.",
        (
            _name("job", "The job: a component, `component/step`, or a task."),
            _name("part", "Kind of part."),
            _quantity("How many."),
        ),
        ("job", "part"),
        if_used=True,
    ),
    Table(
        "stock",
        "Spare parts by depot, and what is delivered later. Of a kind without any row there is none.",
        (
            text("depot", "The depot, as in `crews`.", is_id=True),
            _name("part", "Kind of part."),
            optional_minutes("from_minute", "When they are there, counted from time zero.", 0),
            _quantity("How many come."),
        ),
        ("depot", "part", "from_minute"),
        if_used=True,
    ),
    Table(
        "closures",
        "Danger zones and hours in which a site must not be entered: work there pauses.",
        (
            Column("id", "text", "Name of the closure.", is_id=True),
            _optional_reference("component", "The site; blank means the place given here.", "nodes", "links"),
            *place_columns(required=False),
            Column(
                "radius_km",
                "number",
                "All sites so near to the place are closed.",
                "km",
                required=False,
                default=0.0,
                minimum=0,
                maximum=1000,
            ),
            minutes("from_minute", "First minute in which nobody may be there."),
            minutes("until_minute", "First minute in which people may be there again.", 1),
        ),
        ("id",),
        if_used=True,
    ),
    Table(
        "locks",
        "Orders of people that every plan keeps.",
        (
            _name("job", "The job: a component, `component/step`, or a task."),
            Column(
                "kind",
                "text",
                "`crew`: only this crew does it. `not_crew`: this one does not. `start`: it starts at this minute. "
                "`not_before`, `not_after`: it starts at this minute at the earliest, at the latest. `after`: it "
                "starts once this job is done. `first`: its crew does it before all others.",
                choices=LOCK_KINDS,
            ),
            text("value", "The crew, the minute or the job; blank for `first`.", is_id=True),
        ),
        ("job", "kind", "value"),
        if_used=True,
    ),
    Table(
        "facilities",
        "Customers that are up or down as a whole, such as a hospital: up while all their services are there, or "
        "their own buffer bridges what is not.",
        (
            reference("customer", "The facility.", "customers"),
            optional_minutes(
                "buffer_minutes",
                "How long it lasts without any one of its services, on its own diesel or tank; each service has "
                "a buffer of this length.",
                0,
            ),
            Column(
                "price_permille",
                "integer",
                "What a person-minute of the facility being down counts in the objective, besides the services "
                "that are lost.",
                "1/1000",
                required=False,
                default=1000,
                minimum=0,
                maximum=MOST_WEIGHT_PERMILLE,
            ),
        ),
        ("customer",),
        if_used=True,
    ),
)
