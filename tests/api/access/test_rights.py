"""What each role may do, written out once more as a person would check it."""

from datetime import UTC, datetime

import pytest

from api.access.caller import LOCAL_ADMIN, Caller, Role
from api.access.rights import RIGHTS_OF, Right, may, rights_of
from lifeline.errors import InvalidInput


def somebody(*roles: Role, **given: object) -> Caller:
    return Caller(**{"tenant": "east", "id": "key:1", "name": "n", "roles": frozenset(roles), **given})  # type: ignore[arg-type]


def test_every_role_has_a_row() -> None:
    assert set(RIGHTS_OF) == set(Role)


@pytest.mark.parametrize(
    ("right", "roles"),
    [
        (Right.READ_SYSTEMS, "viewer reporter dispatcher approver admin"),
        (Right.WRITE_SYSTEMS, "dispatcher admin"),
        (Right.READ_INCIDENTS, "viewer reporter dispatcher approver admin"),
        (Right.MANAGE_INCIDENTS, "dispatcher admin"),
        (Right.REPORT_UPDATES, "reporter dispatcher admin"),
        (Right.REPORT_OWN_CREW, "crew admin"),
        (Right.READ_OWN_WORK, "crew admin"),
        (Right.PLAN, "dispatcher admin"),
        (Right.APPROVE, "approver admin"),
        (Right.ASK_WHAT_IF, "dispatcher approver admin"),
        (Right.MANAGE_KEYS, "admin"),
        (Right.READ_AUDIT, "admin"),
    ],
)
def test_a_right_belongs_to_these_roles_and_no_other(right: Right, roles: str) -> None:
    assert {role.value for role in Role if may(somebody(role, crew="red" * (role == "crew")), right)} == set(
        roles.split()
    )


def test_without_a_role_nothing_is_allowed_and_no_right_is_nobodys() -> None:
    assert not any(may(somebody(), right) for right in Right)
    assert not may(LOCAL_ADMIN)


def test_two_roles_add_up() -> None:
    both = somebody(Role.DISPATCHER, Role.APPROVER)
    assert may(both, Right.PLAN)
    assert may(both, Right.APPROVE)
    assert not may(both, Right.MANAGE_KEYS)
    assert rights_of(both) == RIGHTS_OF[Role.DISPATCHER] | RIGHTS_OF[Role.APPROVER]


def test_a_crew_speaks_for_itself_only_and_others_for_any() -> None:
    red = somebody(Role.CREW, crew="red")
    assert red.speaks_for("red")
    assert not red.speaks_for("blue")
    assert somebody(Role.DISPATCHER).speaks_for("blue")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"crew": "red"}, "goes with"),
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
