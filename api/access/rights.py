"""What each role may do: a literal table; what is not in it is denied."""

from __future__ import annotations

from enum import StrEnum


class Right(StrEnum):
    """One thing a caller may be allowed to do."""

    read_systems = "read_systems"
    write_systems = "write_systems"
    read_incidents = "read_incidents"
    manage_incidents = "manage_incidents"
    report_updates = "report_updates"
    plan = "plan"
    approve = "approve"
    ask_what_if = "ask_what_if"
    manage_keys = "manage_keys"
    read_audit = "read_audit"


_READ = frozenset({Right.read_systems, Right.read_incidents})

RIGHTS_OF: dict[str, frozenset[Right]] = {
    "viewer": _READ,
    "reporter": _READ | {Right.report_updates},
    "crew": frozenset({Right.read_incidents, Right.report_updates}),
    "dispatcher": _READ
    | {
        Right.write_systems,
        Right.manage_incidents,
        Right.report_updates,
        Right.plan,
        Right.ask_what_if,
    },
    "approver": _READ | {Right.approve, Right.ask_what_if},
    "admin": frozenset(Right),
}
