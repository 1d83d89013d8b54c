"""What-ifs on three towns, by hand. The base costs 12,000 person-hours (see the scenario's README)."""

import json

import pytest
from incident_worlds import incident, update
from pydantic import ValidationError

from api.incidents.changes import Variants
from api.incidents.what_if_answers import WhatIfs
from api.incidents.what_ifs import what_ifs, what_ifs_at_once

HOUR = 60 * 1000


def compared(folder, *changes, **more):
    variants = [{"name": f"v{number}", "changes": [change]} for number, change in enumerate(changes)]
    told = what_ifs(
        incident(folder, variants=variants, **{"plan": None, "evaluations": 100, **more}), lambda _: None
    )
    WhatIfs.model_validate(told)
    return told


def hours(told):
    return [row["result"]["objective"] / HOUR for row in told["variants"]]


def test_crews_more_and_fewer(tmp_path):
    """A second red mends the substation from 0 to 150: Cliff has power 1.5 and telecom 1.5 hours sooner: 9,000.

    Coming at 100, it saves nothing: it would begin at Cliff at 100, and be done at 250. Without blue nobody mends the
    main: Cliff's 1,000 are without water for all 24 hours in place of two: 22,000 more.
    """
    told = compared(
        tmp_path,
        {"kind": "more_crews", "like": "red"},
        {"kind": "mutual_aid", "like": "red", "arrives_minute": 100},
        {"kind": "crew_gone", "crews": ["blue"]},
    )
    assert told["base"]["objective"] == 12_000 * HOUR
    assert told["horizon_minutes"] == 1440
    assert hours(told) == [9_000, 12_000, 34_000]
    assert [row["difference"]["objective"] for row in told["variants"]] == [-3_000 * HOUR, 0, 22_000 * HOUR]
    assert {row["difference"]["how_sure"] for row in told["variants"]} == {"exact"}
    assert told["variants"][0]["difference"]["by_district"] == {"Ash": 0, "Brook": 0, "Cliff": -180_000}
    assert told["variants"][0]["result"]["finish_minute"] == 150
    assert told["variants"][2]["result"]["unassignable"][0]["job"] == "main-brook-cliff"


def test_a_crew_of_ones_own_stands_where_it_is_put(tmp_path):
    """At the line's middle at 0, it is done at 30: Brook's two services are back half an hour sooner, 2,000 hours less.

    Red, free for the substation from 0, is done at 150: 3,000 less as above.
    """
    crew = {"id": "aid", "skills": ["power"], "longitude": 20.0, "latitude": 47.04495}
    told = compared(tmp_path, {"kind": "new_crews", "crews": [crew]})
    assert hours(told) == [7_000]


def test_an_order_costs_what_it_costs(tmp_path):
    """The substation first is the README's poor plan, and so is the rule of the nearest: 22,500 person-hours."""
    told = compared(
        tmp_path,
        {"kind": "component_first", "component": "cliff-substation"},
        {"kind": "search", "method": "nearest"},
        {"kind": "customer_first", "customer": "cliff"},
    )
    assert hours(told)[:2] == [22_500, 22_500]
    # Cliff alone loses 8,000 hours by the best plan and 8,500 by the poor one: first or not, it is the same plan.
    assert hours(told)[2] == 12_000
    assert {row["difference"]["how_sure"] for row in told["variants"]} == {"exact"}


def test_other_damage(tmp_path):
    """Without the line broken: Cliff's power until 150, telecom 120-150, water until 120: 2,500 + 500 + 2,000.

    With the main alone: Cliff's water until 120.
    """
    alone = [{"component": "main-brook-cliff", "minutes": 110, "skill": "water"}]
    told = compared(
        tmp_path,
        {"kind": "unharmed", "components": ["line-ash-brook"]},
        {"kind": "other_damage", "damage": alone, "instead": True},
    )
    assert hours(told) == [5_000, 2_000]


def test_what_cannot_be_is_refused_and_the_others_stand(tmp_path):
    told = compared(
        tmp_path,
        {"kind": "more_crews", "like": "redd"},
        {"kind": "road_closed", "links": ["line-ash-brook"]},
        {"kind": "customer_first", "customer": "nobody"},
        {"kind": "more_crews", "like": "red"},
    )
    refused = [row["refused"] for row in told["variants"]]
    assert refused[0] == "There is no crew 'redd' to copy; there are blue, red."
    assert "'line-ash-brook' is no road link of the system" in refused[1]
    assert "no customer 'nobody'" in refused[2]
    assert refused[3] is None
    assert told["variants"][3]["result"]["objective"] == 9_000 * HOUR


def test_the_answer_so_far_names_what_is_not_worked_out(tmp_path):
    """The base is there first, then the second red's 9,000, then the substation first at 22,500."""
    changes = [
        {"kind": "more_crews", "like": "red"},
        {"kind": "component_first", "component": "cliff-substation"},
    ]
    variants = [{"name": f"v{number}", "changes": [change]} for number, change in enumerate(changes)]
    reports = []

    told = what_ifs(incident(tmp_path, variants=variants, plan=None, evaluations=100), reports.append)

    answers = [report["answer"] for report in reports if "answer" in report]
    assert [report["worked_out"] for report in reports if "answer" in report] == [0, 1, 2]
    assert answers[2] == told
    for answer in answers:
        WhatIfs.model_validate(json.loads(json.dumps(answer)))
        assert answer["base"]["objective"] == 12_000 * HOUR
        assert [row["name"] for row in answer["variants"]] == ["v0", "v1"]
    costs = [
        [row["result"] and row["result"]["objective"] / HOUR for row in answer["variants"]]
        for answer in answers
    ]
    assert costs == [[None, None], [9_000, None], [9_000, 22_500]]
    assert [[row["difference"]["how_sure"] for row in answer["variants"]] for answer in answers] == [
        ["not_worked_out", "not_worked_out"],
        ["exact", "not_worked_out"],
        ["exact", "exact"],
    ]


def test_an_incident_under_way_keeps_what_has_happened(tmp_path):
    """At 70 the line is done and red on its way to the substation: more crews change nothing any more.

    Should the main turn out whole at 70, blue's work ends and Cliff has had water since Brook has, from 60 on: an hour
    of 1,000 people less.
    """
    argument = incident(tmp_path)
    told = compared(
        tmp_path,
        {"kind": "more_crews", "like": "red"},
        {"kind": "unharmed", "components": ["main-brook-cliff"]},
        plan=argument["plan"],
        now=70,
        updates=[update(1, "job_finished", 60, job="line-ash-brook")],
    )
    assert told["base"]["objective"] == 12_000 * HOUR
    assert hours(told) == [12_000, 11_000]


def test_progress_is_told_of_in_order(tmp_path):
    heard = []
    variants = [{"name": "Aid", "changes": [{"kind": "more_crews", "like": "red"}]}]
    what_ifs(incident(tmp_path, plan=None, variants=variants, evaluations=50), heard.append)
    assert [told["phase"] for told in heard] == ["base", "Aid", "writing"]
    assert 0 <= heard[0]["seconds"] <= heard[1]["seconds"]


def test_when_time_is_short_a_rule_plans(tmp_path):
    """Customers for each crew hour: red's first job is the line there too, and that is the best plan."""
    variants = [{"name": "Aid", "changes": [{"kind": "more_crews", "like": "red"}]}]
    told = what_ifs_at_once(incident(tmp_path, plan=None, variants=variants), lambda _: None)
    WhatIfs.model_validate(told)
    assert told["base"]["method"] == "customers_per_crew_hour"
    assert told["base"]["objective"] >= 12_000 * HOUR


def test_variants_are_few_and_have_names_of_their_own():
    one = {"name": "a", "changes": [{"kind": "more_crews", "like": "red"}]}
    for wrong in (
        [],
        [one, one],
        [{**one, "name": f"v{number}"} for number in range(13)],
        [{**one, "changes": []}],
    ):
        with pytest.raises(ValidationError):
            Variants.model_validate({"variants": wrong})
