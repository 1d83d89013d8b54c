"""Why a job is done when it is, in a few words: whom it brings back, or what would go wrong without it."""

from __future__ import annotations

from collections.abc import Mapping
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
    from lifeline.purpose import Needed, Way


@dataclass(frozen=True, eq=False)
class Why:
    """What one visit is for, without words: only what the first of these that holds needs is worked out."""

    way: Way | None
    persons_back: Mapping[str, int]
    needed_by: tuple[Needed, ...] = ()
    kept_person_minutes: int = 0

    def said(self, words: Words, clock: Clock) -> str:
        """Return the reason in a few words; a road that is there for another job too says so."""
        way = "" if self.way is None else words.opens_way(self.way)
        if self.persons_back:
            return words.both(words.brings_back(self.persons_back), way)
        first = words.needed_before(self.needed_by, clock) if self.needed_by else ""
        return words.both(first, way) or words.keeps(self.kept_person_minutes)


@dataclass(frozen=True, eq=False)
class Reasons:
    """The reasons for the visits of one plan; each is worked out when it is asked for."""

    evaluation: Evaluation
    clock: Clock
    words: Words = field(default=ENGLISH)

    def of(self, visit: Visit) -> str:
        """Return the reason for one visit, in a few words."""
        return self.why(visit).said(self.words, self.clock)

    def of_all(self) -> dict[str, str]:
        """Return the reasons by job; the later jobs that would take more replays than are allowed have none."""
        return {job: why.said(self.words, self.clock) for job, why in self.why_all().items()}

    def why(self, visit: Visit) -> Why:
        """Return what one visit is for."""
        purposes = self._purposes
        opened = purposes.way_opened(visit)
        if persons := purposes.persons_back(visit.job):
            return Why(opened, persons)
        without = purposes.without(visit)
        return Why(opened, {}, purposes.needed_by(visit, without), purposes.kept(without))

    def why_all(self) -> dict[str, Why]:
        """Return what the visits are for by job, without the later ones that would take too many replays."""
        replays = most_replays(self.evaluation.problem)
        found = {}
        for visit in sorted(self.evaluation.plan.visits, key=lambda visit: (visit.start, visit.job)):
            if not self._purposes.persons_back(visit.job):
                if not replays:
                    continue
                replays -= 1
            found[visit.job] = self.why(visit)
        return found

    @cached_property
    def _purposes(self) -> Purposes:
        return Purposes(self.evaluation)
