"""Why a job is done when it is, in a few words: whom it brings back, or what would go wrong without it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from api.words import ENGLISH
from lifeline.purpose import Purposes, most_replays

if TYPE_CHECKING:
    from api.wording import Clock
    from api.words.words import Words
    from lifeline.evaluation import Evaluation
    from lifeline.plan import Visit


@dataclass(frozen=True, eq=False)
class Reasons:
    """The reasons for the visits of one plan; each is worked out when it is asked for."""

    evaluation: Evaluation
    clock: Clock
    words: Words = field(default=ENGLISH)

    def of(self, visit: Visit) -> str:
        """Return the reason for one visit, in a few words; a road that is there for another job too says so."""
        purposes, words = self._purposes, self.words
        opened = purposes.way_opened(visit)
        way = "" if opened is None else words.opens_way(opened)
        if persons := purposes.persons_back(visit.job):
            return words.both(words.brings_back(persons), way)
        without = purposes.without(visit)
        needed = purposes.needed_by(visit, without)
        first = words.needed_before(needed, self.clock) if needed else ""
        return words.both(first, way) or words.keeps(purposes.kept(without))

    def of_all(self) -> dict[str, str]:
        """Return the reasons by job; the later jobs that would take more replays than are allowed have none."""
        replays = most_replays(self.evaluation.problem)
        found = {}
        for visit in sorted(self.evaluation.plan.visits, key=lambda visit: (visit.start, visit.job)):
            if not self._purposes.persons_back(visit.job):
                if not replays:
                    continue
                replays -= 1
            found[visit.job] = self.of(visit)
        return found

    @cached_property
    def _purposes(self) -> Purposes:
        return Purposes(self.evaluation)
