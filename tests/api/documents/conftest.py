"""One small town in trouble, and a plan for it, that all documents are made of."""

import pytest
from worlds import town

from lifeline import Settings, Shock, build_problem, evaluate, schedule


@pytest.fixture(scope="session")
def four_lines():
    """Red has A (20 people), then C (90); blue has B (20), then D (10); each takes 60 minutes, and nobody drives.

    With time zero at 06:00 UTC on Monday 2026-03-02, C's people wait two hours.
    """
    return town(
        power="P1*-A P1*-B P1*-C P1*-D",
        people={"A": 20, "B": 20, "C": 90, "D": 10},
        places=dict.fromkeys(("P1", "A", "B", "C", "D"), (0.25, 0.5)),
        crews={name: {"skills": "power", "longitude": 0.25, "latitude": 0.5} for name in ("blue", "red")},
        damage={f"P1-{name}": 60 for name in "ABCD"},
        settings=Settings(
            name="four lines",
            start="2026-03-02T06:00:00+00:00",
            timezone="Asia/Shanghai",
            horizon_minutes=2880,
        ),
    )


@pytest.fixture(scope="session")
def problem(four_lines):
    return build_problem(four_lines, Shock.from_table(four_lines, four_lines.damage))


@pytest.fixture(scope="session")
def plan(problem):
    return schedule(problem, {"red": ["P1-A", "P1-C"], "blue": ["P1-B", "P1-D"]})


@pytest.fixture(scope="session")
def evaluation(problem, plan):
    return evaluate(problem, plan)


@pytest.fixture(scope="session")
def lists(evaluation):
    from api.documents.work_lists import work_lists

    return work_lists(evaluation)
