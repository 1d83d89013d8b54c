"""What each role may do: one literal table, and nothing that is not in it."""

from __future__ import annotations

from enum import StrEnum

from api.access.caller import Caller, Role


class Right(StrEnum):
    """One thing that may be allowed; every route names the one it asks for."""

    READ_SYSTEMS = "read_systems"
    WRITE_SYSTEMS = "write_systems"
    READ_INCIDENTS = "read_incidents"
    MANAGE_INCIDENTS = "manage_incidents"
    REPORT_UPDATES = "report_updates"
    REPORT_OWN_CREW = "report_own_crew"
    READ_OWN_WORK = "read_own_work"
    PLAN = "plan"
    APPROVE = "approve"
    ASK_WHAT_IF = "ask_what_if"
    MANAGE_KEYS = "manage_keys"
    READ_AUDIT = "read_audit"


_READ = frozenset({Right.READ_SYSTEMS, Right.READ_INCIDENTS})

RIGHTS_OF: dict[Role, frozenset[Right]] = {
    Role.VIEWER: _READ,
    Role.REPORTER: _READ | {Right.REPORT_UPDATES},
    Role.CREW: frozenset({Right.READ_OWN_WORK, Right.REPORT_OWN_CREW}),
    Role.DISPATCHER: _READ
    | {
        Right.WRITE_SYSTEMS,
        Right.MANAGE_INCIDENTS,
        Right.REPORT_UPDATES,
        Right.PLAN,
        Right.ASK_WHAT_IF,
    },
    # Who approves did not make the plan; where one person does both, the key gets both roles.
    Role.APPROVER: _READ | {Right.ASK_WHAT_IF, Right.APPROVE},
    Role.ADMIN: frozenset(Right),
}


def rights_of(caller: Caller) -> frozenset[Right]:
    """Return everything the caller's roles allow together."""
    return frozenset().union(*(RIGHTS_OF[role] for role in caller.roles))


def may(caller: Caller, *any_of: Right) -> bool:
    """Tell whether the caller has at least one of these rights; of none named, nobody has one."""
    return not rights_of(caller).isdisjoint(any_of)
