"""Work lists: the same visits as JSON, CSV and GeoJSON."""

import csv
import io
import json

import pytest
from worlds import town

from api.documents.maps import work_map
from api.documents.tables import defused, work_csv
from api.documents.work_lists import VISIT_EXAMPLE, CrewWork, WorkLists, WorkVisit, work_lists
from lifeline import Shock, build_problem, evaluate, schedule


def rows(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_each_crew_has_its_visits_in_order_with_clock_place_and_reason(lists):
    """Red does A from 06:00 to 07:00 UTC (14:00 to 15:00 in Shanghai), then C."""
    red = lists.crew("red")
    assert [(visit.position, visit.job, visit.start, visit.finish) for visit in red.visits] == [
        (1, "P1-A", 0, 60),
        (2, "P1-C", 60, 120),
    ]
    assert red.visits[1].start_clock == "2026-03-02T15:00:00+08:00"
    assert (red.visits[1].longitude, red.visits[1].latitude) == (0.25, 0.5)
    assert "90" in red.visits[1].reason.en
    assert "90" in red.visits[1].reason.zh
    assert red.visits[1].reason.en != red.visits[1].reason.zh
    assert [work.crew for work in lists.crews] == ["blue", "red"]
    assert lists.left_out == ()


def test_a_work_list_can_be_kept_as_json_and_read_again(lists):
    assert WorkLists.model_validate_json(lists.model_dump_json()) == lists


def test_a_job_that_nobody_can_do_is_left_out_with_the_reason():
    """The pipe takes a skill nobody has."""
    system = town(
        power="P1*-A", water="W1*-W2", people={"A": 5, "W2": 5}, crews={"red": "power"}, damage={"W1-W2": 60}
    )
    problem = build_problem(system, Shock.from_table(system, system.damage))
    lists = work_lists(evaluate(problem, schedule(problem, {})))
    (left_out,) = lists.left_out
    assert left_out.job == "W1-W2"
    assert "skill" in left_out.reason
    assert lists.crew("red").visits == ()
    assert lists.crew("blue") is None


def test_the_csv_has_a_row_a_visit_in_the_language_asked_for(lists):
    both = rows(work_csv(lists, language="zh"))
    assert [(row["crew"], row["position"], row["job"]) for row in both] == [
        ("blue", "1", "P1-B"),
        ("blue", "2", "P1-D"),
        ("red", "1", "P1-A"),
        ("red", "2", "P1-C"),
    ]
    assert both[3]["start"] == "60"
    assert both[3]["after_horizon"] == "false"
    assert both[3]["reason"] == lists.crew("red").visits[1].reason.zh
    assert [row["job"] for row in rows(work_csv(lists, crew="red"))] == ["P1-A", "P1-C"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "\0=1"])
def test_what_a_spreadsheet_would_run_is_defused(text):
    assert defused(text).startswith("'")


def test_harmless_text_and_numbers_below_zero_are_left_as_they_are(lists):
    assert defused("pump-3 = broken") == "pump-3 = broken"
    west = WorkVisit.model_validate({**VISIT_EXAMPLE, "job": "=cmd|' /C calc'!A0"})
    crew = lists.crews[0].model_copy(update={"visits": (west,)})
    (row,) = rows(work_csv(lists.model_copy(update={"crews": (crew,)})))
    assert row["longitude"] == "-89.9712"
    assert row["job"] == "'=cmd|' /C calc'!A0"


def test_the_map_has_a_point_a_visit_and_a_line_a_crew(lists):
    """Red starts and works twice at longitude 0.25, latitude 0.5."""
    collection = json.loads(json.dumps(work_map(lists, crew="red")))
    *visits, route = collection["features"]
    assert collection["type"] == "FeatureCollection"
    assert [visit["id"] for visit in visits] == ["P1-A", "P1-C"]
    assert visits[0]["geometry"] == {"type": "Point", "coordinates": [0.25, 0.5]}
    assert visits[0]["properties"]["layer"] == "visit"
    assert route["geometry"] == {"type": "LineString", "coordinates": [[0.25, 0.5]] * 3}
    assert route["properties"]["jobs"] == ["P1-A", "P1-C"]


def test_a_visit_without_a_place_is_on_the_map_without_a_geometry(lists):
    nowhere = WorkVisit.model_validate({**VISIT_EXAMPLE, "longitude": None, "latitude": None})
    crew = lists.crews[0].model_copy(update={"visits": (nowhere,)})
    visit, route = work_map(lists.model_copy(update={"crews": (crew,)}))["features"]
    assert visit["geometry"] is None
    assert route["geometry"] is None


@pytest.mark.parametrize("model", [WorkVisit, CrewWork])
def test_the_example_of_a_document_is_one(model):
    for example in model.model_json_schema()["examples"]:
        model.model_validate(example)
