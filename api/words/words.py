"""The sentences that every language has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from api.wording import Clock
    from lifeline.binding import Binding
    from lifeline.explain import Decision, Delay, Place, UndoneExplained, VisitExplained
    from lifeline.purpose import Needed, Price, Way


class Words(Protocol):
    """One language. Sentences end with its full stop; reasons are a few words, to stand in a table."""

    @property
    def texts(self) -> Mapping[str, str]:
        """Return headings and notes by their keys, some with places in braces to fill in."""
        ...

    def time(self, clock: Clock, minute: int) -> str:
        """Return day and time in a few characters."""
        ...

    def service(self, service: str) -> str:
        """Return what a service is called."""
        ...

    def cost(self, price: Price) -> str:
        """Return a price with its sign and unit."""
        ...

    def both(self, *reasons: str) -> str:
        """Join reasons, the blank ones left out."""
        ...

    def sentence(self, reason: str) -> str:
        """Return a reason as a whole sentence."""
        ...

    def brings_back(self, persons_by_service: Mapping[str, int]) -> str:
        """Say whom a job brings back."""
        ...

    def needed_before(self, needed: Sequence[Needed], clock: Clock) -> str:
        """Name the first of the later jobs that need this one."""
        ...

    def opens_way(self, way: Way) -> str:
        """Say which drive a road makes possible or shorter."""
        ...

    def keeps(self, person_minutes: int) -> str:
        """Say what service a job keeps up; some jobs are for nobody."""
        ...

    def done(self, explained: VisitExplained, clock: Clock) -> str:
        """Say who does a job and when."""
        ...

    def unblocks(self, needed: Sequence[Needed], clock: Clock) -> str:
        """Name the later jobs that need this one."""
        ...

    def without(self, price: Price) -> str:
        """Say what the plan would cost without a job."""
        ...

    def delay(self, delay: Delay) -> str:
        """Say what putting a job off costs."""
        ...

    def best_place(self, tried: int, place: Place | None, clock: Clock) -> str:
        """Say where else a job could be done, and what that would cost."""
        ...

    def late(self, bindings: Sequence[Binding], clock: Clock) -> str:
        """Say why a job is no earlier."""
        ...

    def undone(self, explained: UndoneExplained, clock: Clock) -> str:
        """Say why a job is not in the plan, and what doing it would bring."""
        ...

    def binding(self, binding: Binding, clock: Clock) -> str:
        """Return one reason in a few words."""
        ...

    def decision(self, decision: Decision, clock: Clock) -> str:
        """Say what the plan does otherwise with a job than another plan, and what that is worth."""
        ...

    def never(self, because: str, waits_for: Sequence[str]) -> str:
        """Say why somebody is never back."""
        ...
