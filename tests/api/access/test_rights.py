"""What each role may do, written out once more as a person would check it."""

from datetime import UTC, datetime

import pytest

from api.access.caller import LOCAL_ADMIN, Caller
from api.access.rights import RIGHTS_OF, Right, Role, rights_of
from lifeline.errors import InvalidInput


def somebody(*roles: Role, **given: object) -> Caller:
    return Caller(**{"tenant": "east", "id": "key:1", "name": "n", "roles": frozenset(roles), **given})  # type: ignore[arg-type]


def test_every_role_has_a_row() -> None:
    assert set(RIGHTS_OF) == set(Role)


@pytest.mark.parametrize(
    ("right", "roles"),
    [
        (Right.read_systems, "viewer reporter dispatcher approver admin"),
        (Right.write_systems, "dispatcher admin"),
        (Right.read_incidents, "viewer reporter dispatcher approver admin"),
        (Right.manage_incidents, "dispatcher admin"),
        (Right.report_updates, "reporter dispatcher admin"),
        (Right.report_own_crew, "crew admin"),
        (Right.read_own_work, "crew admin"),
        (Right.plan, "dispatcher admin"),
        (Right.approve, "approver admin"),
        (Right.ask_what_if, "dispatcher approver admin"),
        (Right.manage_keys, "admin"),
        (Right.read_audit, "admin"),
    ],
)
def test_a_right_belongs_to_these_roles_and_no_other(right: Right, roles: str) -> None:
    assert {
        role.value for role in Role if somebody(role, crew="red" if role == "crew" else None).may(right)
    } == set(roles.split())


def test_without_a_role_nothing_is_allowed_and_no_right_is_nobodys() -> None:
    assert not any(somebody().may(right) for right in Right)
    assert not LOCAL_ADMIN.may()


def test_two_roles_add_up() -> None:
    both = somebody(Role.DISPATCHER, Role.APPROVER)
    assert both.may(Right.plan)
    assert both.may(Right.approve)
    assert not both.may(Right.manage_keys)
    assert rights_of(both.roles) == RIGHTS_OF[Role.DISPATCHER] | RIGHTS_OF[Role.APPROVER]


def test_a_crew_speaks_for_itself_only_and_others_for_any() -> None:
    red = somebody(Role.CREW, crew="red")
    assert red.speaks_for("red")
    assert not red.speaks_for("blue")
    assert somebody(Role.DISPATCHER).speaks_for("blue")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"crew": "red"}, "goes with"),
        ({"crew": "", "roles": frozenset({Role.CREW})}, "goes with"),
        ({"roles": frozenset({Role.CREW})}, "goes with"),
        ({"roles": frozenset({Role.CREW, Role.ADMIN}), "crew": "red"}, "no other role"),
        ({"tenant": "East Side"}, "not a name"),
        ({"tenant": ""}, "not a name"),
        ({"expires_at": datetime(2026, 1, 1)}, "offset"),
    ],
)
def test_a_caller_that_makes_no_sense_is_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        somebody(Role.VIEWER, **given) if "roles" not in given else somebody(**given)


def test_a_caller_expires_on_the_second() -> None:
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    assert somebody(Role.VIEWER, expires_at=noon).has_expired(noon)
    assert not somebody(Role.VIEWER).has_expired(noon)
