"""Minutes between the places where crews start and work: what all travel offers, and travel without roads.

Sites are numbered: first the start of each crew, in the order of the crews, then the site of each job.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lifeline.distance import EARTH_RADIUS_METRES, unit_vectors

if TYPE_CHECKING:
    from lifeline.crews import Crew
    from lifeline.jobs import Job

Minutes = NDArray[np.int32]

SECONDS_PER_MINUTE = 60
SECONDS_TIMES_KMH_PER_METRE = 3.6
ROUNDING_SECONDS = 1e-6  # What binary fractions add to a whole number of seconds must not cost one more.


class Drives(Protocol):
    """The drives that are possible at one moment; told of the jobs that are done, it moves on in time."""

    def job_done(self, job: int) -> None:
        """Let the roads open that this job, by its number, was the last to block."""
        ...

    def minutes(self, speed_class: int, here: int, there: int) -> int:
        """Return the minutes from site to site in this speed class, -1 for no way."""
        ...

    def minutes_from(self, speed_class: int, here: int) -> Minutes:
        """Return the minutes from one site to all sites in this speed class, -1 for no way."""
        ...


class Travel(Protocol):
    """How long crews drive between sites; crews of one speed share a speed class, the slowest is class 0."""

    @property
    def speed_class_of_crew(self) -> NDArray[np.int64]:
        """Return the speed class of each crew."""
        ...

    @property
    def changes_with_repairs(self) -> bool:
        """Tell whether some job opens a road."""
        ...

    @property
    def opening_jobs(self) -> frozenset[int]:
        """Return the numbers of the jobs that have a part in opening some road."""
        ...

    @property
    def longest_minutes(self) -> int:
        """Return minutes that no drive of any crew exceeds, whatever roads have been opened by then."""
        ...

    def minutes(self, opened: Collection[int] = ()) -> Minutes:
        """Return minutes by speed class, site left and site reached, -1 for no way; the array is read-only.

        `opened` are the numbers of the jobs that are done; only those on roads make a difference.
        """
        ...

    def drives(self) -> Drives:
        """Return the drives at time zero, for whoever follows a plan and needs few of all the pairs of sites."""
        ...

    def there_and_back(self, opened: Collection[int] = ()) -> NDArray[np.bool_]:
        """Tell for each crew and job whether the crew can drive from its start to the site and back again."""
        ...


@dataclass(frozen=True, eq=False)
class StraightLine:
    """Travel without roads: the straight line times the detour factor, at the crew's own speed."""

    speed_class_of_crew: NDArray[np.int64]
    class_kmh: NDArray[np.float64]
    longitude: NDArray[np.float64]
    latitude: NDArray[np.float64]
    detour_factor: float

    @classmethod
    def between(cls, crews: Sequence[Crew], jobs: Sequence[Job], detour_factor: float) -> StraightLine:
        """Build the travel between these crews' starts and these jobs."""
        class_kmh, speed_class = speed_classes(crews)
        return cls(speed_class, class_kmh, *site_places(crews, jobs), detour_factor)

    @property
    def changes_with_repairs(self) -> bool:
        """Return False: there are no roads that could open."""
        return False

    @property
    def opening_jobs(self) -> frozenset[int]:
        """Return no jobs: there are no roads that could open."""
        return frozenset()

    @property
    def longest_minutes(self) -> int:
        """Return the longest drive there is."""
        return int(self._minutes[0].max(initial=0)) if len(self._minutes) else 0

    def minutes(self, opened: Collection[int] = ()) -> Minutes:
        """Return minutes by speed class, site left and site reached."""
        return self._minutes

    def drives(self) -> Drives:
        """Return the drives, which are the same at any time."""
        return _StraightDrives(self._minutes)

    def there_and_back(self, opened: Collection[int] = ()) -> NDArray[np.bool_]:
        """Return True for each crew and job."""
        crews = len(self.speed_class_of_crew)
        return np.ones((crews, len(self.longitude) - crews), bool)

    @cached_property
    def _minutes(self) -> Minutes:
        from lifeline.road_kernels import straight_minutes

        sites = len(self.longitude)
        minutes = np.empty((len(self.class_kmh), sites, sites), np.int32)
        places = unit_vectors(self.longitude, self.latitude)
        for kmh, answer in zip(self.class_kmh, minutes, strict=True):
            seconds_per_radian = EARTH_RADIUS_METRES * self.detour_factor * SECONDS_TIMES_KMH_PER_METRE / kmh
            straight_minutes(places, seconds_per_radian, answer)
        minutes.flags.writeable = False
        return minutes


@dataclass(frozen=True, eq=False)
class _StraightDrives:
    table: Minutes

    def job_done(self, job: int) -> None:
        """Nothing opens."""

    def minutes(self, speed_class: int, here: int, there: int) -> int:
        return int(self.table[speed_class, here, there])

    def minutes_from(self, speed_class: int, here: int) -> Minutes:
        row: Minutes = self.table[speed_class, here]
        return row


def driving_seconds(metres: Any, kmh: Any) -> NDArray[np.int64]:
    """Return the whole seconds it takes to drive these metres at this speed, rounded up."""
    exact = np.asarray(SECONDS_TIMES_KMH_PER_METRE * metres / kmh)
    return np.ceil(exact - ROUNDING_SECONDS).astype(np.int64)


def speed_classes(crews: Sequence[Crew]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the different speeds of the crews, slowest first, and which of them each crew has."""
    kmh, speed_class = np.unique(np.array([crew.speed_kmh for crew in crews], float), return_inverse=True)
    return kmh, speed_class.astype(np.int64)


def site_places(
    crews: Sequence[Crew], jobs: Sequence[Job]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return longitude and latitude of every site: the starts of the crews, then the jobs."""
    places: list[Crew | Job] = [*crews, *jobs]
    longitude = np.array([place.longitude for place in places], np.float64)
    return longitude, np.array([place.latitude for place in places], np.float64)
