"""`lifeline replan`: the message to the crews, its files, and plans that are made anew again and again."""

import json

import pytest
from worlds import town

from api.commands.replan import minute_of
from api.crew_message import MOST_COLUMNS, MOST_LINES, crew_message, wrapped
from lifeline import InvalidInput, Settings, Shock, build_problem, schedule, write_system
from lifeline.news import News, Update
from lifeline.plan_diff import NOT_WORTH_A_WORD_MINUTES
from solvers import Budget
from solvers.replan import replan

FEW = Budget(evaluations=150)
QUICK = ("--evaluations", 150)
SPOT = (0.0, 0.0)


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def four_lines():
    """Red has A (20 people), then C (90); blue has B (20), then D (10); each takes 60 minutes, and nobody drives."""
    return town(
        power="P1*-A P1*-B P1*-C P1*-D",
        people={"A": 20, "B": 20, "C": 90, "D": 10},
        places=dict.fromkeys(("P1", "A", "B", "C", "D"), SPOT),
        crews={"blue": "power", "red": "power"},
        damage={f"P1-{name}": 60 for name in "ABCD"},
        settings=Settings(name="four lines", start="2026-03-02T06:00:00+00:00", horizon_minutes=2880),
    )


@pytest.fixture
def folder(four_lines, tmp_path):
    write_system(four_lines, tmp_path / "system")
    return tmp_path / "system"


@pytest.fixture
def orders(tmp_path):
    rows = ("red,P1-A,1", "red,P1-C,2", "blue,P1-B,1", "blue,P1-D,2")
    return write(tmp_path / "orders.csv", "\n".join(("crew,job,position", *rows)) + "\n")


@pytest.fixture
def held_up(tmp_path):
    """At 06:30 red reports that A takes five hours in all."""
    return write(
        tmp_path / "updates.csv", "minute_reported,what,job,minutes,note\n30,takes,P1-A,300,pole down\n"
    )


def test_the_message_reads_like_one_to_the_crews(lifeline, folder, orders, held_up):
    """Person-minutes: promised 14,400 = 240 h; carried on, with C back at 360, 40,800 = 680 h; now 19,800 = 330 h."""
    answer = lifeline("replan", folder, orders, "--at", 30, "--updates", held_up, *QUICK)
    assert answer.out.splitlines() == [
        "New plan from Mon 06:30 on. 2 of 2 crews change; the others go on as planned.",
        "Person-hours without service: 240 promised before, 680 if the old plan were carried on, 330 with",
        "this one (-350, -51.5%).",
        "Jobs of the next 24 h: 2; to another crew or day of these go 1.",
        "blue: New for you: P1-C from Mon 07:00, instead of red. Later: P1-D from Mon 08:00 (+1 h 0 min).",
        "red: You are at P1-A until Mon 11:00 (4 h 0 min longer). Do not go to P1-C (blue goes).",
    ]


def test_the_message_is_there_in_chinese(lifeline, folder, orders, held_up):
    out = lifeline("replan", folder, orders, "--at", 30, "--updates", held_up, "--language", "zh", *QUICK).out
    assert (
        "red:你们在P1-A的工作到3月2日11:00结束(延长4小时0分钟)。不必再去:P1-C(由blue去)。" in out.splitlines()
    )
    assert "停供人·小时:原先承诺240,若沿用旧计划680,新计划330(-350, -51.5%)。" in out


def test_without_news_nobody_has_to_be_told_anything(lifeline, folder, orders, tmp_path):
    """With the best plan in hand: A and B are interchangeable, and so is who does C."""
    first = tmp_path / "first"
    lifeline("replan", folder, orders, "--at", 0, "--out", first, "--evaluations", 500)
    out = lifeline("replan", folder, first / "plan.json", "--at", "2026-03-02T07:30", *QUICK).out
    assert out.startswith("From Mon 07:30 on everybody goes on as planned.\n")


def test_a_new_plan_is_the_next_ones_old_plan(lifeline, folder, orders, held_up, tmp_path):
    """At 90 blue is at C, from 60 to 120; at 95 E's people, found out of power at 80, are planned behind it."""
    first, second, third = (tmp_path / name for name in ("first", "second", "third"))
    lifeline("replan", folder, orders, "--at", 30, "--updates", held_up, "--out", first, *QUICK)
    words = ("--updates", held_up, *QUICK)
    assert lifeline("replan", folder, first / "plan.json", "--at", 90, *words, "--out", second).code == 0
    assert (second / "plan.json").read_bytes() == (first / "plan.json").read_bytes()
    log = (
        held_up.read_text(encoding="utf-8") + "91,found,P1,30,source hit too\n200,done,P1-A,,not known yet\n"
    )
    grown = write(tmp_path / "grown.csv", log)
    answer = lifeline(
        "replan", folder, second / "plan.json", "--at", 95, "--updates", grown, "--out", third, *QUICK
    )
    assert "1 updates are reported only after this minute" in answer.out
    before = json.loads((second / "plan.json").read_text(encoding="utf-8"))["visits"]
    after = json.loads((third / "plan.json").read_text(encoding="utf-8"))["visits"]
    assert [visit for visit in before if visit["depart"] < 95] == [
        visit for visit in after if visit["depart"] < 95
    ]
    assert {"job": "P1", "crew": "blue", "depart": 120, "arrive": 120, "start": 120, "finish": 150} in after
    again = lifeline(
        "replan", folder, third / "plan.json", "--at", 100, "--updates", grown, "--json", *QUICK
    ).json
    assert again["moved"] == []


def test_the_folder_has_the_message_and_the_files_of_every_plan(lifeline, folder, orders, held_up, tmp_path):
    out = tmp_path / "out"
    answer = lifeline("replan", folder, orders, "--at", 30, "--updates", held_up, "--out", out, *QUICK)
    assert answer.out.startswith((out / "diff.txt").read_text(encoding="utf-8"))
    assert {"plan.json", "worklists.csv", "diff.txt"} <= {entry.name for entry in out.iterdir()}
    assert lifeline("plan", folder, "--out", out, *QUICK).code == 0
    assert not (out / "diff.txt").exists()


def test_programs_get_one_object(lifeline, folder, orders, held_up):
    report = lifeline("replan", folder, orders, "--at", 30, "--updates", held_up, "--json", *QUICK).json
    assert report["carried_on_weighted_person_hours"] == 680
    assert report["objective"] == 19_800_000
    assert report["moved"] == ["P1-C"]
    assert [change["crew"] for change in report["diff"]["crews"]] == ["blue", "red"]
    assert report["reproducible"] is True


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--at", "tomorrow"), "neither a whole number of minutes nor a clock"),
        (("--at", "2026-03-01T00:00"), "before time zero"),
        (("--at", "30", "--language", "fr"), "There are en, zh"),
        (("--at", "30", "--updates", "nowhere.csv"), "nowhere.csv"),
    ],
)
def test_what_cannot_be_meant_is_bad_input(lifeline, folder, orders, words, message):
    answer = lifeline("replan", folder, orders, *words)
    assert (answer.code, answer.out) == (2, "")
    assert message in " ".join(answer.err.split())


def test_every_bad_row_of_the_updates_is_named(lifeline, folder, orders, tmp_path):
    bad = write(tmp_path / "bad.csv", "minute_reported,what,job,crew\n5,done,P1-Z,\n6,gone,,rde\n")
    answer = lifeline("replan", folder, orders, "--at", 30, "--updates", bad)
    assert answer.code == 2
    assert "row 2" in answer.err
    assert "row 3" in answer.err
    assert "Did you mean 'red'?" in answer.err


def test_a_clock_without_an_offset_is_local_time():
    settings = Settings(name="x", start="2026-03-02T06:00:00+00:00", timezone="Europe/Berlin")
    assert minute_of(settings, "90") == 90
    assert minute_of(settings, "2026-03-02T08:30") == 90
    assert minute_of(settings, "2026-03-02T07:30Z") == 90
    with pytest.raises(InvalidInput):
        minute_of(settings, "2026-03-02T06:30")


def test_a_start_that_moves_by_a_few_minutes_is_no_news(four_lines):
    """A takes 14 minutes longer: C starts at 74 in place of 60, and red hears of A alone."""
    problem = build_problem(four_lines, Shock.from_table(four_lines, four_lines.damage))
    plan = schedule(problem, {"red": ["P1-A", "P1-D"], "blue": ["P1-B", "P1-C"]})
    late = Update(30, "takes", "P1-A", minutes=60 + NOT_WORTH_A_WORD_MINUTES - 1)
    (change,) = replan(problem, plan, News(30, (late,)), budget=FEW).diff.affected
    assert (change.crew, change.shifted, change.unchanged) == ("red", (), 1)


def test_a_message_about_sixty_crews_fits_on_a_screen():
    """Sixty crews with three jobs each are all an hour late: some are named, as many as fit, the rest counted."""
    crews = [f"crew {number:02}" for number in range(60)]
    jobs = [f"N{number:03}" for number in range(180)]
    system = town(
        power=" ".join(["P1*", *(f"P1-{job}" for job in jobs)]),
        people=dict.fromkeys(jobs, 5),
        places=dict.fromkeys(["P1", *jobs], SPOT),
        crews=dict.fromkeys(crews, "power"),
        damage={f"P1-{job}": 60 for job in jobs},
    )
    problem = build_problem(system, Shock.from_table(system, system.damage))
    sequences = {crew: [f"P1-{job}" for job in jobs[3 * n : 3 * n + 3]] for n, crew in enumerate(crews)}
    plan = schedule(problem, sequences)
    log = tuple(Update(30, "takes", mine[0], minutes=120) for mine in sequences.values())
    for language in ("en", "zh"):
        lines = crew_message(replan(problem, plan, News(30, log), budget=FEW), language=language).splitlines()
        assert len(lines) <= MOST_LINES
        assert "crew 00" in "\n".join(lines)
        assert "more" in lines[-2] + lines[-1] or "另有" in lines[-2] + lines[-1]
    assert all(len(line) <= MOST_COLUMNS for line in wrapped("word " * 100))
    assert wrapped("字" * 60) == ["字" * 50, "字" * 10]


LOCKED = [{"job": f"P1-{name}", "kind": "start", "value": "0"} for name in "ABC"]
"Three jobs are to start at minute 0, and there are two crews."


@pytest.fixture
def plan(four_lines, tmp_path):
    """The plan of somebody who knew of no orders."""
    problem = build_problem(four_lines, Shock.from_table(four_lines, four_lines.damage))
    made = schedule(problem, {"red": ["P1-A", "P1-C"], "blue": ["P1-B", "P1-D"]})
    return write(tmp_path / "plan.json", made.to_json())


def ordered(system, folder, locks):
    write_system(system.replace(locks=locks), folder)
    return folder


def test_orders_in_each_others_way_from_the_start_are_refused_as_in_plan(
    lifeline, four_lines, plan, tmp_path
):
    folder = ordered(four_lines, tmp_path / "ordered", LOCKED)
    answer = lifeline("replan", folder, plan, "--at", 0, *QUICK)
    assert answer.code == 2
    assert "lifeline: These 3 orders cannot all be kept" in answer.err
    assert "  P1-A: start 0\n  P1-B: start 0\n  P1-C: start 0\n" in answer.err


def test_orders_that_the_news_has_put_right_are_no_reason_to_stop(lifeline, four_lines, plan, tmp_path):
    """C was never broken, so its order is about nothing any more; A and B have begun at minute 0, as ordered."""
    folder = ordered(four_lines, tmp_path / "ordered", LOCKED)
    whole = write(tmp_path / "updates.csv", "minute_reported,what,job\n30,not_broken,P1-C\n")
    answer = lifeline("replan", folder, plan, "--at", 30, "--updates", whole, *QUICK)
    assert (answer.code, answer.err) == (0, "")


def test_an_order_that_the_news_has_broken_is_told_of(lifeline, four_lines, plan, held_up, tmp_path):
    """C is to start at 60 at the latest with red; red reports at 30 that A takes until 300."""
    locks = [
        {"job": "P1-C", "kind": "not_after", "value": "60"},
        {"job": "P1-C", "kind": "crew", "value": "red"},
    ]
    folder = ordered(four_lines, tmp_path / "ordered", locks)
    answer = lifeline("replan", folder, plan, "--at", 30, "--updates", held_up, *QUICK)
    assert answer.code == 0
    assert "'P1-C' must start at minute 60 at the latest" in " ".join(answer.out.split())
