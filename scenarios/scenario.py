"""A scenario is one folder of `scenarios/library`: a `scenario.toml`, a README.md, and tables if it has any.

`scenario.toml` holds the `story` in a sentence or two and the `kind`. Of kind "tables", the folder holds a
system as `lifeline.files` reads it; of kind "synthetic", `[recipe]` is a `scenarios.synthetic.CityRecipe`; of kind
"built", `[recipe]` is for the scenario's own builder in `scenarios.built`.
Listing reads these small files only; pandas and the rest are imported when one is loaded.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from lifeline.system import System

SCENARIO_FILE = "scenario.toml"


@dataclass(frozen=True)
class Scenario:
    """A city and what happened to it, told in a sentence or two; `load` brings the tables."""

    name: str
    story: str
    kind: str
    folder: Traversable
    recipe: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a kind that nobody knows how to load, and a scenario without a story."""
        if self.kind not in KINDS:
            _refuse(f"Scenario {self.name!r}: kind must be one of {', '.join(KINDS)}, got {self.kind!r}.")
        if not isinstance(self.story, str) or not self.story.strip():
            _refuse(f"Scenario {self.name!r} has no story; {SCENARIO_FILE} tells it in a sentence or two.")

    @classmethod
    def from_folder(cls, folder: Traversable) -> Scenario:
        """Read the `scenario.toml` of one folder; the folder's name is the scenario's."""
        told = tomllib.loads(folder.joinpath(SCENARIO_FILE).read_text(encoding="utf-8"))
        unknown = sorted(set(told) - {"story", "kind", "recipe"})
        if unknown:
            _refuse(f"Scenario {folder.name!r}: {SCENARIO_FILE} has no use for {', '.join(unknown)}.")
        return cls(folder.name, told.get("story", ""), told.get("kind", ""), folder, told.get("recipe", {}))

    @property
    def readme(self) -> str:
        """The scenario's README.md: the whole story, with its figures."""
        return self.folder.joinpath("README.md").read_text(encoding="utf-8")

    def load(self) -> System:
        """Return the city with its crews and its damage."""
        return KINDS[self.kind](self)


def list_scenarios() -> tuple[Scenario, ...]:
    """Return the scenarios of the library in order of name."""
    folders = [folder for folder in _library().iterdir() if folder.joinpath(SCENARIO_FILE).is_file()]
    return tuple(Scenario.from_folder(folder) for folder in sorted(folders, key=lambda folder: folder.name))


def load_scenario(name: str) -> System:
    """Return the city of this scenario with its crews and its damage; an unknown name is InvalidInput."""
    known = {scenario.name: scenario for scenario in list_scenarios()}
    if name not in known:
        from lifeline.nearest import Nearest

        guess = Nearest(known).to(name)
        hint = f"Did you mean {guess!r}?" if guess else f"The library has {', '.join(known)}."
        _refuse(f"There is no scenario {name!r}. {hint}")
    return known[name].load()


def _library() -> Traversable:
    return files("scenarios").joinpath("library")


def _read_tables(scenario: Scenario) -> System:
    from lifeline.files import read_system

    with as_file(scenario.folder) as folder:
        return read_system(folder)


def _grow(scenario: Scenario) -> System:
    from scenarios.synthetic import CityRecipe, grow

    return grow(CityRecipe.of(scenario.recipe))


def _build(scenario: Scenario) -> System:
    from scenarios.built import BUILDERS

    if scenario.name not in BUILDERS:
        _refuse(
            f"Scenario {scenario.name!r} has no builder in scenarios.built; there are {', '.join(BUILDERS)}."
        )
    return BUILDERS[scenario.name](scenario.recipe)


# How each kind of scenario becomes a System.
KINDS: dict[str, Callable[[Scenario], System]] = {"tables": _read_tables, "synthetic": _grow, "built": _build}


def _refuse(message: str) -> NoReturn:
    from lifeline.errors import InvalidInput

    raise InvalidInput(message)
