"""`lifeline explain`: a plan and its jobs in sentences and tables, in both languages, and as one JSON object."""

import csv
import json
from dataclasses import fields
from string import Formatter

import pytest
from worlds import town

from api.wording import Clock
from api.words import LANGUAGES
from api.words.words import Words
from lifeline import Settings, write_system
from lifeline.binding import KINDS, Binding
from lifeline.etr import BECAUSE
from lifeline.explain import Delay
from lifeline.purpose import Needed, Price, Way

CLOCK = Clock(Settings(start="2026-03-02T06:00:00+00:00"))
BETTER = "crew,job,position\nsparks,P1-P2,1\nsparks,P1-P3,2\n"
WORSE = "crew,job,position\nsparks,P1-P3,1\nsparks,P1-P2,2\n"


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "plan.csv"
    path.write_text(BETTER, encoding="utf-8")
    return path


def flat(answer):
    return " ".join(answer.out.split())


def test_a_plan_is_explained_with_its_jobs_and_returns(lifeline, two_lines, plan):
    """An hour later P1-P2 costs its 30 and P1-P3's 10 people one hour each, P1-P3 its own 10."""
    answer = lifeline("explain", two_lines, plan)
    assert answer.code == 0
    rows = [line.split() for line in answer.out.splitlines()]
    assert ["P1-P2", "sparks", "Thu", "00:00", "Thu", "01:00", "30", "40.0"] in rows
    assert ["P1-P3", "sparks", "Thu", "01:00", "Thu", "02:00", "10", "10.0"] in rows
    assert "people of P3 power 10 Thu 02:00 P1-P3 (sparks)" in flat(answer)
    assert "50.0 person-hours without service" in answer.out


def test_decisions_are_told_against_the_best_rule(lifeline, two_lines, plan, tmp_path):
    """Every rule but `nearest` has the plan of 50; the worse plan's decisions cost 20 each against it."""
    worse = tmp_path / "worse.csv"
    worse.write_text(WORSE, encoding="utf-8")
    answer = lifeline("explain", two_lines, worse)
    said = flat(answer)
    assert (
        "1. P1-P2 is done 1 h later than the rule does it. Where the rule has it, as job 1 of sparks: -20.0"
        in said
    )
    assert "2. P1-P3 is done 1 h earlier than the rule does it" in said
    assert "nothing would change if it did" in flat(lifeline("explain", two_lines, plan))


def test_one_job_is_explained_in_sentences(lifeline, two_lines, plan):
    """Never done, P1-P2's 30 people lose 23 more hours of the day that counts: 690."""
    answer = lifeline("explain", two_lines, plan, "P1-P2")
    assert answer.code == 0
    assert flat(answer) == (
        "P1-P2 is job 1 of sparks: work begins Thu 00:00 and is done Thu 01:00, 1 h after the shock. "
        "Brings back power for 30 people. "
        "Never done, it would cost +690 person-hours. "
        "Begun 1 h later, it would cost +40.0 person-hours; 1 other job would be later too. "
        "Its best other place, of 1, is as job 2 of sparks, at the end, done Thu 02:00: +20.0 person-hours."
    )


@pytest.mark.parametrize("option", ["--language", "--lang"])
def test_the_same_in_chinese(lifeline, two_lines, plan, option):
    answer = lifeline("explain", two_lines, plan, "P1-P2", option, "zh")
    assert answer.code == 0
    assert answer.out.replace("\n", "") == (
        "P1-P2 是 sparks 的第 1 项任务：周四 00:00 开工，周四 01:00 完工，即灾后 1 小时。"
        "使 30 人恢复供电。"
        "若始终不做，代价为 +690 人·小时。"
        "推迟 1 小时开工，代价为 +40.0 人·小时，并使另外 1 项任务推迟。"
        "在其他 1 个位置中，最好的是作为 sparks 的第 2 项任务（排在最后），周四 02:00 完工：+20.0 人·小时。"
    )


def test_a_whole_plan_in_chinese_has_no_english_sentence(lifeline, two_lines, plan):
    out = lifeline("explain", two_lines, plan, "--lang", "zh").out
    assert "全部任务" in out
    for english in ("person", "Thu", "Back", "Hangs", "power", "job"):
        assert english not in out


def test_returns_alone_list_everybody(lifeline, two_lines, plan):
    answer = lifeline("explain", two_lines, plan, "--etr")
    assert answer.out.splitlines()[1].startswith("When they are back")
    assert "The jobs in order of time" not in answer.out
    assert "people of P2" in answer.out


def test_programs_get_exact_figures(lifeline, two_lines, plan):
    report = lifeline("explain", two_lines, plan, "P1-P2", "--json").json
    assert report["in_plan"] is True
    assert report["delay"] == {
        "minutes": 60,
        "price": {"objective": 40 * 60 * 1000, "person_minutes": 40 * 60},
        "pushed": ["P1-P3"],
        "dropped": [],
    }
    assert report["best_place"]["price"]["person_minutes"] == 20 * 60
    whole = lifeline("explain", two_lines, plan, "--json").json
    assert whole["person_minutes"] == 50 * 60
    assert [line["job"] for line in (entry["visit"] for entry in whole["jobs"])] == ["P1-P2", "P1-P3"]
    assert [(row["minute"], row["job"], row["needs"]) for row in whole["etr"]] == [
        (60, "P1-P2", ["P1-P2"]),
        (120, "P1-P3", ["P1-P3"]),
    ]


def test_a_plan_of_lifelines_own_is_explained(lifeline, tmp_path):
    """Three towns: an hour later the line costs Brook 4,000 person-hours and Cliff, whose substation waits, 2,000."""
    lifeline("plan", "three_towns", "--out", tmp_path / "out", "--evaluations", 50)
    said = flat(lifeline("explain", "three_towns", tmp_path / "out" / "plan.json", "line-ash-brook"))
    assert "it would cost +6,000 person-hours; 1 other job would be later too" in said
    assert "+10,500 person-hours" in said


def test_what_a_plan_leaves_out_is_explained_and_what_cannot_be_done_too(lifeline, two_lines, tmp_path):
    damage = tmp_path / "damage.csv"
    damage.write_text("component,repair_minutes,skill\nP1-P2,60,diver\nP1-P3,60,\n", encoding="utf-8")
    nothing = tmp_path / "nothing.json"
    nothing.write_text(json.dumps({"visits": [], "unassignable": []}), encoding="utf-8")
    words = ("explain", two_lines, nothing, "--damage", damage)
    assert "P1-P2 is not in the plan: no crew has the skill diver." in flat(lifeline(*words, "P1-P2"))
    assert "P1-P3 is not in the plan: it was left out" in flat(lifeline(*words, "P1-P3"))
    whole = lifeline(*words)
    assert "waits for P1-P2, not in the plan" in flat(whole)
    assert "Jobs that are not in the plan" in whole.out
    assert "没有队伍具备技能 diver" in lifeline(*words, "--lang", "zh").out
    report = lifeline(*words, "--json").json
    assert [row["minute"] for row in report["etr"]] == [None, None]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("P1-P4",), "Did you mean 'P1-P3'?"),
        (("--lang", "fr"), "There are en, zh."),
        (("P1-P2", "--etr"), "leave out JOB, or --etr"),
    ],
)
def test_what_cannot_be_explained_is_bad_input(lifeline, two_lines, plan, words, message):
    answer = lifeline("explain", two_lines, plan, *words)
    assert answer.code == 2
    assert message in answer.err


def test_a_plan_that_cannot_be_carried_out_is_refused(lifeline, two_lines, tmp_path):
    visit = {"crew": "sparks", "job": "P1-P2", "depart": 0, "arrive": 0, "start": 0, "finish": 6}
    hasty = tmp_path / "plan.json"
    hasty.write_text(json.dumps({"visits": [visit], "unassignable": []}), encoding="utf-8")
    answer = lifeline("explain", two_lines, hasty)
    assert answer.code == 2
    assert "wrong_duration" in answer.err


def test_critical_facilities_come_first_in_the_short_table(lifeline, tmp_path):
    """Fifteen customers wait behind one line; the hospital is the smallest, and back no later than the others."""
    nodes = [f"P{number}" for number in range(2, 17)]
    system = town(
        power=" ".join(f"P1*-{node}" for node in nodes),
        people=dict.fromkeys(nodes[:-1], 100) | {nodes[-1]: 1},
        places=dict.fromkeys(["P1", *nodes], (0.0, 0.0)),
        crews={"c": "power"},
        damage={"P1": 60},
    )
    customers = system.customers
    system = system.replace(customers=customers.assign(critical=customers["persons"] == 1))
    write_system(system, tmp_path / "city")
    plan = tmp_path / "plan.csv"
    plan.write_text("crew,job,position\nc,P1,1\n", encoding="utf-8")
    out = lifeline("explain", tmp_path / "city", plan).out
    table = out[out.index("When they are back") :].splitlines()
    assert table[2].startswith("people of P16")
    assert "3 more; --etr lists all." in out
    assert len(lifeline("explain", tmp_path / "city", plan, "--etr").out.splitlines()) == 3 + 15


def test_etr_csv_is_written_beside_the_plan(lifeline, two_lines, tmp_path):
    damage = tmp_path / "damage.csv"
    damage.write_text("component,repair_minutes,skill\nP1-P2,60,diver\nP1-P3,60,\n", encoding="utf-8")
    lifeline("plan", two_lines, "--damage", damage, "--method", "nearest", "--out", tmp_path / "out")
    with (tmp_path / "out" / "etr.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    never, back = rows
    assert (never["customer"], never["minute"], never["clock"], never["job"]) == ("people of P2", "", "", "")
    assert (never["because"], never["waits_for"]) == ("undone", "P1-P2")
    assert (back["minute"], back["clock"], back["job"]) == ("60", "2026-01-01T01:00:00+00:00", "P1-P3")
    assert (back["crew"], back["needs"], back["after_horizon"]) == ("sparks", "P1-P3", "false")


# Languages --------------------------------------------------------------------------------------------------


def test_every_language_has_the_same_texts_with_the_same_blanks():
    blanks = [
        {
            key: sorted(name for _, name, _, _ in Formatter().parse(text) if name)
            for key, text in words.texts.items()
        }
        for words in LANGUAGES.values()
    ]
    assert all(of_one == blanks[0] for of_one in blanks)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_language_has_a_sentence_for_every_reason(language, kind):
    binding = Binding(kind, ("this", "that"), 90, 60, "As the problem says.")
    said = LANGUAGES[language].binding(binding, CLOCK)
    assert said
    assert not said.endswith((".", "。"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("because", BECAUSE)
def test_every_language_says_why_somebody_is_never_back(language, because):
    names = () if because == "short" else ("this",)
    assert LANGUAGES[language].never(because, names)


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_from_files_cannot_steer_the_terminal(language):
    words: Words = LANGUAGES[language]
    bad = "a\x1b[2Jb"
    said = [
        words.opens_way(Way(bad, bad, None)),
        words.opens_way(Way(bad, bad, 5)),
        words.needed_before((Needed(bad, 60, 1), Needed(bad, 60, 1)), CLOCK),
        words.unblocks((Needed(bad, 60, 1),), CLOCK),
        words.never("undone", (bad,)),
        words.binding(Binding("skill", (bad, bad)), CLOCK),
    ]
    assert not any("\x1b" in sentence for sentence in said)


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "+1.0 person-hours (+2.0 weighted)"), ("zh", "+1.0 人·小时（加权 +2.0）")],
)
def test_weights_are_told_where_they_make_a_difference(language, said):
    assert [field.name for field in fields(Price)] == ["objective", "person_minutes"]
    assert LANGUAGES[language].cost(Price(2 * 60 * 1000, 60)) == said


@pytest.mark.parametrize(
    ("minutes", "said"), [(45, "45 分钟"), (90, "1 小时 30 分钟"), (2880, "2 天"), (3000, "2 天 2 小时")]
)
def test_spans_of_time_in_chinese(minutes, said):
    delay = Delay(minutes, Price(0, 0), ())
    assert LANGUAGES["zh"].delay(delay) == f"推迟 {said}开工，没有代价。"


def test_days_in_chinese_are_dates_once_weekdays_repeat():
    far = Clock(CLOCK.settings, 7 * 1440)
    assert LANGUAGES["zh"].time(far, 60) == "3 月 2 日 07:00"
    assert LANGUAGES["zh"].time(CLOCK, 60) == "周一 07:00"
