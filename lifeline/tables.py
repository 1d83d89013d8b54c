"""The data format in one place: every table with its columns, types, units, bounds and meaning.

Everything else (reading, checking, writing, `docs/data-format.md`) follows from the tables written down here.
"""

from lifeline.columns import (
    MOST_FLOW,
    MOST_MINUTES,
    SECTORS,
    Column,
    Kind,
    Table,
    amount,
    flag,
    id_column,
    minutes,
    optional_minutes,
    physical,
    place_columns,
    reference,
    sector_column,
    speed,
    text,
)
from lifeline.work_tables import WORK_TABLES

__all__ = ["MOST_FLOW", "MOST_MINUTES", "SECTORS", "Column", "Kind", "Table"]

# With MOST_MINUTES these bounds keep persons * weight * minutes inside an int64 for every system that passes checks.
MOST_PERSONS = 1_000_000_000
MOST_WEIGHT_PERMILLE = 1_000_000
MOST_FAIRNESS_PERMILLE = 1_000_000
PLAIN_WEIGHT_PERMILLE = 1000
LONGEST_ID = 200
LONGEST_TEXT = 10_000
SHARE_TOLERANCE = 1e-6
DEFAULT_ROAD_KMH = 40.0
DEFAULT_REACH_MINUTES = 30
DEFAULT_RECLOSE_MINUTES = 60
ANY_KIND = "*"

FLOW_UNITS = {"power": "W", "water": "litres/hour", "gas": "grams/hour", "telecom": "units", "road": "-"}
"What one unit of demand, capacity and generation is in each sector."

RULES_BY_SECTOR = {
    "power": ("connectivity", "flow", "dc_power"),
    "water": ("connectivity", "flow", "hydraulic"),
    "gas": ("connectivity", "flow"),
    "telecom": ("connectivity", "flow"),
    "road": ("connectivity", "reach"),
}
"The service rules that can decide who is served in each sector; the first unless the settings say otherwise."


_TABLES = (
    Table(
        "nodes",
        "Places where a network makes, passes on or hands over its service. The one table every system has.",
        (
            id_column("Name of the node; nodes and links share one set of names."),
            sector_column("The network the node belongs to."),
            text("kind", "Component type, for example `12kV Substation`; chooses the repair time."),
            *place_columns(required=True),
            flag("source", "The sector's supply starts here."),
            flag("black_start", "Can start again although the services it waits for are waiting for it."),
            text("owner", "Who runs it."),
            flag("standby", "Not in service until a task brings it in, such as a spare feed.", if_used=True),
            amount("demand", "What is drawn here when all who are served here are served in full.", 0),
            amount(
                "capacity",
                "For a source the most it can give, for another node the most that can pass; blank means no limit.",
                None,
            ),
            amount(
                "generation",
                "What a power source makes before the shock; blank means its part by capacity.",
                None,
            ),
            Column(
                "threshold_permille",
                "integer",
                "The part of its demand a node has to get in order to work, for those who depend on it.",
                "1/1000",
                required=False,
                default=1000,
                minimum=0,
                maximum=1000,
                if_used=True,
            ),
            physical("elevation_m", "Height of a water node above sea level.", "m", -1000, 10_000),
            physical(
                "head_m", "Height of the water level of a source (reservoir, tank).", "m", -1000, 20_000
            ),
        ),
        ("id",),
    ),
    Table(
        "links",
        "Lines, pipes, cables and roads between two nodes of one sector.",
        (
            id_column("Name of the link; nodes and links share one set of names."),
            sector_column("The network the link belongs to; the same as that of both ends."),
            reference("from_node", "One end.", "nodes"),
            reference("to_node", "The other end.", "nodes"),
            text("kind", "Component type; chooses the repair time."),
            flag("directed", "Carries only from `from_node` to `to_node`."),
            Column(
                "length_km",
                "number",
                "Length; blank means the straight line between its ends.",
                "km",
                required=False,
                minimum=0,
                maximum=100_000,
            ),
            speed(f"Speed of travel, for road links only; blank there means {DEFAULT_ROAD_KMH:g}.", None),
            text("owner", "Who runs it."),
            flag(
                "standby",
                "Stands open until a task closes it, such as a tie switch or a valve between two zones.",
                if_used=True,
            ),
            amount("capacity", "The most that can pass; blank means no limit.", None),
            physical(
                "reactance_pu",
                "Reactance of a power line or transformer per unit on 100 MVA, times its tap ratio.",
                "1",
                -1000,
                1000,
            ),
            physical("phase_shift_degrees", "Shift of a phase-shifting transformer.", "degrees", -360, 360),
            physical("diameter_mm", "Inner diameter of a water pipe or valve.", "mm", 0.1, 20_000),
            physical("roughness", "Hazen-Williams coefficient of a water pipe.", "1", 1, 1000),
            physical("minor_loss", "Minor loss coefficient of a water pipe or valve.", "1", 0, 100_000),
            physical(
                "valve_setting",
                "Setting of a water valve of the `kind` PRV or PSV (m), FCV (litres/hour) or TCV (1).",
                "",
                0,
                MOST_FLOW,
            ),
            Column(
                "head_curve",
                "text",
                "Curve of a water pump, as `flow:head` with `;` between, in litres/hour and m.",
                required=False,
                default="",
                if_used=True,
            ),
        ),
        ("id",),
    ),
    Table(
        "dependencies",
        "Which node needs which other node in order to work. A node needs every one of its groups (AND); "
        "inside a group any one provider will do (OR).",
        (
            reference("dependent", "The node that needs.", "nodes"),
            reference("provider", "The node that is needed.", "nodes"),
            text(
                "group",
                "Rows of one dependent with the same group name are alternatives; "
                "blank is the same as writing the provider's id here.",
                is_id=True,
            ),
            optional_minutes(
                "buffer_minutes",
                "How long the dependent lasts on its own (battery, tank) once the last provider of the group "
                "is gone; equal in all rows of a group.",
                0,
            ),
            text("kind", "What sort of dependency, for example `physical` or `cyber`."),
            Column(
                "source",
                "text",
                "Where the row is from: `rule` where lifeline guessed it and a person may correct it.",
                required=False,
                default="",
                if_used=True,
            ),
        ),
        ("dependent", "group", "provider"),
    ),
    Table(
        "customers",
        "Those for whom the networks are there: population zones and critical facilities.",
        (
            id_column("Name of the customer."),
            text("name", "Name for people to read."),
            text("kind", "What it is: `zone`, `hospital`, `shelter` and so on.", "zone"),
            Column("persons", "integer", "People who use it.", "persons", minimum=0, maximum=MOST_PERSONS),
            text("district", "District it is reported under."),
            *place_columns(required=False),
            flag("critical", "A facility that goes before the others, such as a hospital."),
            Column(
                "vulnerable_persons",
                "integer",
                "How many of `persons` are hit harder than others: the old, the ill, households with infants. They "
                "count by the setting `vulnerable_weight_permille`.",
                "persons",
                required=False,
                default=0,
                minimum=0,
                maximum=MOST_PERSONS,
                if_used=True,
            ),
        ),
        ("id",),
    ),
    Table(
        "supplies",
        "Which nodes serve which customer with which service. Every customer has at least one row.",
        (
            reference("customer", "The customer who is served.", "customers"),
            sector_column("The service; the sector of the node.", "service"),
            reference("node", "The node it comes from.", "nodes"),
            Column(
                "share",
                "number",
                "Part of the customer's people served through this row. The shares of a customer and service "
                f"add up to 1 within {SHARE_TOLERANCE:f}, an alternative group counting once.",
                required=False,
                default=1.0,
                minimum=0,
                maximum=1,
            ),
            text(
                "alternative",
                "Rows of one customer and service with the same name here are alternatives: any one of their "
                "nodes is enough. They carry the same share.",
                is_id=True,
            ),
            Column(
                "weight_permille",
                "integer",
                "Weight of this service to this customer in the objective; equal for all rows of a customer "
                "and service.",
                "1/1000",
                required=False,
                default=1000,
                minimum=0,
                maximum=MOST_WEIGHT_PERMILLE,
            ),
        ),
        ("customer", "service", "alternative", "node"),
    ),
    Table(
        "crews",
        "Teams that repair.",
        (
            id_column("Name of the crew."),
            Column("skills", "text", "What it can do, separated by `;`, for example `power;telecom`."),
            *place_columns(required=True),
            optional_minutes("available_from_minute", "When it can start, counted from time zero.", 0),
            speed("Speed of travel; on roads the slower of this and the road's own.", 30.0),
            text("owner", "Who sends it."),
            optional_minutes(
                "available_until_minute",
                "When it leaves for good: its last job is done by then. Blank means it stays.",
                None,
                1,
                if_used=True,
            ),
            optional_minutes(
                "longest_stretch_minutes",
                "The longest it may be on duty without a rest of `least_rest_minutes`; blank: its shifts say it all.",
                None,
                1,
                if_used=True,
            ),
            optional_minutes(
                "least_rest_minutes", "The least time off after its longest stretch.", None, 1, if_used=True
            ),
            flag("volunteer", "May do simple jobs only.", if_used=True),
            text("depot", "The depot whose spare parts it takes; blank is a depot too.", if_used=True),
        ),
        ("id",),
    ),
    Table(
        "shifts",
        "When a crew is on duty. A crew without rows works round the clock.",
        (
            reference("crew", "The crew.", "crews"),
            minutes("start_minute", "Start of the shift, counted from time zero."),
            minutes("end_minute", "End of the shift, the first minute off duty."),
            optional_minutes(
                "every_minutes",
                "The shift comes again after this long; equal in all rows of a crew.",
                1440,
                1,
            ),
        ),
        ("crew", "start_minute"),
    ),
    Table(
        "damage",
        "What is broken at time zero.",
        (
            reference("component", "The broken node or link.", "nodes", "links"),
            optional_minutes(
                "repair_minutes",
                "Work it takes; blank means looked up in `repair_times` by sector, kind and length.",
                None,
                1,
            ),
            text("skill", "Skill a crew needs for it; blank means the name of the component's sector."),
            flag("simple", "Volunteers may do it too.", if_used=True),
        ),
        ("component",),
    ),
    Table(
        "repair_times",
        "How long repairs take by type of component. Without this table lifeline uses its own, "
        "`lifeline/repair_times.csv`.",
        (
            sector_column("The sector."),
            text("kind", f"The component type; blank or `{ANY_KIND}` means every other kind of the sector."),
            minutes("minutes", "Fixed part of the repair."),
            Column(
                "minutes_per_km",
                "number",
                "Part that grows with the length of a link.",
                "minutes/km",
                required=False,
                default=0.0,
                minimum=0,
                maximum=1_000_000,
            ),
            text("source", "Where the figure is from."),
        ),
        ("sector", "kind"),
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in (*_TABLES, *WORK_TABLES)}

SETTINGS = Table(
    "settings",
    "What holds for the system as a whole.",
    (
        text("name", "Name of the system.", "unnamed"),
        text("description", "What it shows, in a sentence or two."),
        text(
            "start",
            "The clock at minute 0: ISO 8601 with an offset from UTC.",
            "2026-01-01T00:00:00+00:00",
        ),
        text("timezone", "IANA name of the zone in which times are printed.", "UTC"),
        Column(
            "detour_factor",
            "number",
            "Length by road divided by the straight line; used when the system has no roads.",
            required=False,
            default=1.3,
            minimum=1,
            maximum=100,
        ),
        optional_minutes(
            "horizon_minutes",
            "Service not back by then counts up to then; left out, it follows from the damage and the crews.",
            None,
            1,
        ),
        text("sources", "Where the data come from."),
        Column(
            "command",
            "text",
            "Who sends the crews: `joint` lets every crew work for everybody, `own` only for its own owner.",
            required=False,
            default="joint",
            choices=("joint", "own"),
        ),
        *(
            Column(
                f"{sector}_rule",
                "text",
                f"What decides who is served with {sector}; see docs/service-rules.md.",
                required=False,
                default=rules[0],
                choices=rules,
            )
            for sector, rules in RULES_BY_SECTOR.items()
        ),
        optional_minutes(
            "reach_minutes",
            "How far, in minutes by road, a hub may be under the road rule `reach`.",
            DEFAULT_REACH_MINUTES,
            1,
        ),
        optional_minutes(
            "reclose_minutes",
            "When lines that tripped in overload are closed again under the power rule `dc_power`.",
            DEFAULT_RECLOSE_MINUTES,
        ),
        Column(
            "vulnerable_weight_permille",
            "integer",
            "What a vulnerable person counts in the objective where another counts 1000, on top of the supply's "
            "weight; see docs/fairness.md.",
            "1/1000",
            required=False,
            default=PLAIN_WEIGHT_PERMILLE,
            minimum=PLAIN_WEIGHT_PERMILLE,
            maximum=MOST_WEIGHT_PERMILLE,
        ),
        Column(
            "fairness_permille",
            "integer",
            "Weight of the worst-served district in the objective: 1000 counts it as much as all people together, "
            "0 not at all; see docs/fairness.md.",
            "1/1000",
            required=False,
            default=0,
            minimum=0,
            maximum=MOST_FAIRNESS_PERMILLE,
        ),
    ),
    (),
)
