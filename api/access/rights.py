"""What each role may do: one literal table, and nothing that is not in it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """What somebody does here; `RIGHTS_OF` says what that allows."""

    VIEWER = "viewer"
    REPORTER = "reporter"
    CREW = "crew"
    DISPATCHER = "dispatcher"
    APPROVER = "approver"
    ADMIN = "admin"


class Right(StrEnum):
    """One thing that may be allowed; every route names the one it asks for."""

    read_systems = "read_systems"
    write_systems = "write_systems"
    read_incidents = "read_incidents"
    manage_incidents = "manage_incidents"
    report_updates = "report_updates"
    report_own_crew = "report_own_crew"
    read_own_work = "read_own_work"
    plan = "plan"
    approve = "approve"
    ask_what_if = "ask_what_if"
    manage_keys = "manage_keys"
    read_audit = "read_audit"


_READ = frozenset({Right.read_systems, Right.read_incidents})

RIGHTS_OF: dict[str, frozenset[Right]] = {
    Role.VIEWER: _READ,
    Role.REPORTER: _READ | {Right.report_updates},
    # Of the incident a crew reads its own work list and nothing else, and reports about its own work.
    Role.CREW: frozenset({Right.read_own_work, Right.report_own_crew}),
    Role.DISPATCHER: _READ
    | {
        Right.write_systems,
        Right.manage_incidents,
        Right.report_updates,
        Right.plan,
        Right.ask_what_if,
    },
    # Who approves did not make the plan; where one person does both, the key gets both roles.
    Role.APPROVER: _READ | {Right.approve, Right.ask_what_if},
    Role.ADMIN: frozenset(Right),
}


def rights_of(roles: Iterable[str]) -> frozenset[Right]:
    """Return everything these roles allow together; a role that is not in the table allows nothing."""
    return frozenset().union(*(RIGHTS_OF.get(role, frozenset()) for role in roles))
