"""The library of scenarios: one folder each, listed cheaply and loaded by name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from library import loaded

from lifeline.cascade import propagate
from lifeline.components import component_table
from lifeline.errors import InvalidInput
from lifeline.shock import Shock
from scenarios import Scenario, list_scenarios, load_scenario

NAMES = [scenario.name for scenario in list_scenarios()]


def test_the_library_is_listed_by_name() -> None:
    assert sorted(NAMES) == NAMES
    assert {"aldermouth", "three_towns"} <= set(NAMES)


@pytest.mark.parametrize("scenario", list_scenarios(), ids=NAMES)
def test_every_scenario_has_a_story_a_readme_damage_and_a_crew_for_every_skill(scenario: Scenario) -> None:
    system = loaded(scenario.name)
    skills = set(";".join(system.crews["skills"]).split(";"))

    assert scenario.story
    assert scenario.readme.startswith("# ")
    assert len(system.damage)
    assert set(Shock.from_table(system, system.damage).damage["skill"]) <= skills


@pytest.mark.parametrize("scenario", list_scenarios(), ids=NAMES)
def test_every_scenario_is_whole_before_and_can_be_made_whole_again(scenario: Scenario) -> None:
    system = loaded(scenario.name)

    assert propagate(system, Shock.of(system, [])).without_service == frozenset()
    assert system.compiled.before.works.all()
    assert propagate(system, Shock.from_table(system, system.damage)).stuck == frozenset()


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(InvalidInput, match="Did you mean 'three_towns'"):
        load_scenario("tree_towns")


def test_a_name_like_no_other_is_refused_with_the_whole_list() -> None:
    with pytest.raises(InvalidInput, match="aldermouth, schutterwald, three_towns"):
        load_scenario("../../etc")


def test_listing_is_cheap() -> None:
    """It reads a few lines of TOML: neither pandas nor NumPy is imported, and nothing is grown."""
    asked = "import sys, scenarios; scenarios.list_scenarios(); print(sorted({'pandas', 'numpy'} & set(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-c", asked],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )

    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("toml", "complaint"),
    [
        ('story = "x"\nkind = "poem"', "kind must be one of tables, synthetic"),
        ('story = ""\nkind = "tables"', "has no story"),
        ('story = "x"\nkind = "tables"\nnodes = 3', "has no use for nodes"),
        ('story = "x"\nkind = "synthetic"\n[recipe]\ncomponent = 50', "Did you mean components"),
        ('story = "x"\nkind = "synthetic"\n[recipe]\ncomponents = 5', "from 40"),
        ('story = "x"\nkind = "built"', "has no builder in scenarios.built; there are schutterwald"),
    ],
)
def test_a_scenario_that_makes_no_sense_is_refused(tmp_path: Path, toml: str, complaint: str) -> None:
    (tmp_path / "scenario.toml").write_text(toml, encoding="utf-8")

    with pytest.raises(InvalidInput, match=complaint):
        Scenario.from_folder(tmp_path).load()


def test_a_scenario_is_one_folder_and_no_code(tmp_path: Path) -> None:
    folder = tmp_path / "hamlet"
    folder.mkdir()
    text = 'story = "Fifty parts."\nkind = "synthetic"\n[recipe]\ncomponents = 50\nsectors = ["power", "water"]\n'
    (folder / "scenario.toml").write_text(text, encoding="utf-8")

    scenario = Scenario.from_folder(folder)
    system = scenario.load()

    assert scenario.name == "hamlet"
    assert set(system.nodes["sector"]) == {"power", "water"}


def test_aldermouth_is_what_its_readme_says() -> None:
    scenario = next(scenario for scenario in list_scenarios() if scenario.name == "aldermouth")
    system, readme = scenario.load(), scenario.readme
    parts = component_table(system)
    broken = system.damage.merge(parts, left_on="component", right_on="id")

    for sector, rows in parts.groupby("sector"):
        work = broken.loc[broken["sector"] == sector, "repair_minutes"]
        links = int(rows["is_link"].sum())
        row = f"| {sector} | {len(rows) - links:,} | {links:,} | {len(work)} | {round(work.sum() / 60):,} |"
        assert row in readme
    cascade = propagate(system, Shock.from_table(system, system.damage))
    for service, people in cascade.people_without.items():
        later = cascade.people_without_later[service]
        assert f"| {service} | {people:,} | {later:,} |" in readme
    assert f"{system.customers['persons'].sum():,} people in all" in readme
    assert f"| together | {len(system.nodes):,} | {len(system.links):,} | {len(broken)} |" in readme
    assert f"{len(broken)} broken parts" in scenario.story
    assert f"{len(system.crews)} crews" in scenario.story
    assert f"{len(system.crews)} crews" in readme
    assert f"{system.shifts['crew'].nunique()} of them in twelve-hour shifts" in readme
    kinds = (
        "bridge",
        "generating station",
        "transmission substation",
        "water treatment plant",
        "storage tank",
    )
    for part in broken.loc[broken["kind"].isin(kinds), "component"]:
        number = part.rpartition("-")[2]
        assert f"`{part}`" in readme or f"`-{number}`" in readme
