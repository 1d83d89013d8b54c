"""Explanations in English."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from api.wording import (
    MINUTES_PER_HOUR,
    PERMILLE,
    Clock,
    counted,
    duration,
    hours_figure,
    plain,
    weighted_hours,
)

if TYPE_CHECKING:
    from lifeline.binding import Binding
    from lifeline.explain import Decision, Delay, Place, UndoneExplained, VisitExplained
    from lifeline.purpose import Needed, Price, Way

MOST_NAMED = 5
LONGEST_NAME = 40

TEXTS = {
    "plan": "This plan: {hours} person-hours without service",
    "rule": "the best rule of thumb, {rule}: {hours}",
    "decisions": "The decisions that matter most against the rule {rule}",
    "no_decisions": "The plan does every job where and when the rule does, or nothing would change if it did.",
    "not_all_decisions": "Only the first {tried} of {open} jobs done elsewhere or at another time were tried.",
    "not_a_sum": "Each is one job moved alone; jobs that need each other show their common worth in each.",
    "jobs": "The jobs in order of time",
    "job": "Job",
    "crew": "Crew",
    "start": "On site",
    "done": "Done",
    "back": "Brings back",
    "delay": "An hour later costs",
    "no_delay": "* not worked out for the later jobs of a city this large; ask for one of them by its name.",
    "ask": "`lifeline explain SYSTEM PLAN JOB` explains one job in full.",
    "undone": "Jobs that are not in the plan",
    "why": "Why",
    "etr": "When they are back, and what it hangs on",
    "etr_first": "When they are back, and what it hangs on: critical facilities, then who waits longest",
    "customer": "Customer",
    "service": "Service",
    "persons": "People",
    "when": "Back",
    "hangs_on": "Hangs on",
    "also": "Also needs",
    "never_back": "never",
    "never_out": "never out",
    "more_rows": "{number} more; --etr lists all.",
    "unit": "Times in {timezone}; {hour} is an hour of one person without one service.",
    "hour": "a person-hour",
    "kept_up_by": "kept up by {jobs}",
    "more": "and {number} more",
    "comma": ", ",
}


class English:
    """The sentences in English."""

    @property
    def texts(self) -> Mapping[str, str]:
        """Return headings and notes by their keys."""
        return TEXTS

    def time(self, clock: Clock, minute: int) -> str:
        """Return day and time in a few characters."""
        return clock.short(minute)

    def service(self, service: str) -> str:
        """Return what a service is called."""
        return service

    def cost(self, price: Price) -> str:
        """Return a price with its sign and unit; weights are told where they make a difference."""
        hours = price.person_hours
        said = f"{'+' if hours > 0 else ''}{hours_figure(hours)} person-hours"
        if price.objective == PERMILLE * price.person_minutes:
            return said
        weighted = weighted_hours(price.objective)
        return f"{said} ({'+' if weighted > 0 else ''}{hours_figure(weighted)} weighted)"

    def both(self, *reasons: str) -> str:
        """Join reasons, the blank ones left out."""
        return "; ".join(reason for reason in reasons if reason)

    def sentence(self, reason: str) -> str:
        """Return a reason as a whole sentence."""
        return f"{reason[:1].upper()}{reason[1:]}."

    def brings_back(self, persons_by_service: Mapping[str, int]) -> str:
        """Say whom a job brings back."""
        (first, persons), *others = persons_by_service.items()
        more = "".join(f", {service} for {number:,}" for service, number in others)
        return f"brings back {first} for {_people(persons)}{more}"

    def needed_before(self, needed: Sequence[Needed], clock: Clock) -> str:
        """Name the first of the later jobs that need this one."""
        first = needed[0]
        more = f", and {counted(len(needed) - 1, 'more job')}" if len(needed) > 1 else ""
        return f"needed before {_name(first.job)}, which brings back {_back(first, clock)}{more}"

    def opens_way(self, way: Way) -> str:
        """Say which drive a road makes possible or shorter."""
        drive = f"way to {_name(way.job)} for {plain(way.crew, 20)}"
        if way.minutes_saved is None:
            return f"opens the only {drive}"
        return f"shortens the {drive} by {duration(way.minutes_saved)}"

    def keeps(self, person_minutes: int) -> str:
        """Say what service a job keeps up; some jobs are for nobody, and done because they are broken."""
        if person_minutes <= 0:
            return "brings nobody back"
        hours = hours_figure(person_minutes / MINUTES_PER_HOUR)
        return f"keeps {hours} person-hours of service from being lost later"

    def done(self, explained: VisitExplained, clock: Clock) -> str:
        """Say who does a job and when."""
        visit = explained.visit
        times = f"work begins {clock.short(visit.start)} and is done {clock.short(visit.finish)}"
        return (
            f"{_name(visit.job)} is job {explained.position} of {plain(visit.crew, 20)}: {times}, "
            f"{duration(visit.finish)} after the shock."
        )

    def unblocks(self, needed: Sequence[Needed], clock: Clock) -> str:
        """Name the later jobs that need this one."""
        named = [f"{_name(later.job)} ({_back(later, clock)})" for later in needed[:MOST_NAMED]]
        return f"Without it these would not bring back their people: {_list(named, len(needed))}."

    def without(self, price: Price) -> str:
        """Say what the plan would cost without a job."""
        return (
            f"Never done, it would cost {self.cost(price)}."
            if price.objective
            else "Never done, it would cost nothing."
        )

    def delay(self, delay: Delay) -> str:
        """Say what putting a job off costs."""
        if delay.price is None:
            return (
                f"It cannot begin {duration(delay.minutes)} later: orders forbid that, or it has been begun."
            )
        pushed = f"; {counted(len(delay.pushed), 'other job')} would be later too" if delay.pushed else ""
        if delay.dropped:
            pushed += f"; {_names(delay.dropped)} could then not be done"
        cost = self.cost(delay.price) if delay.price.objective else "nothing"
        return f"Begun {duration(delay.minutes)} later, it would cost {cost}{pushed}."

    def best_place(self, tried: int, place: Place | None, clock: Clock) -> str:
        """Say where else a job could be done, and what that would cost."""
        if place is None:
            return "There is no other place for it in the plan."
        where = f"before {_name(place.before)}" if place.before else "at the end"
        found = (
            f"Its best other place, of {tried:,}, is as job {place.position} of {plain(place.crew, 20)}, {where}, "
            f"done {clock.short(place.finish)}"
        )
        if place.price.objective < 0:
            return f"{found}: {self.cost(place.price)}, so the plan could be better."
        return (
            f"{found}: {self.cost(place.price)}."
            if place.price.objective
            else f"{found}: that costs the same."
        )

    def late(self, bindings: Sequence[Binding], clock: Clock) -> str:
        """Say why a job is no earlier."""
        first, *others = (self.binding(binding, clock) for binding in bindings)
        also = f" Besides: {'; '.join(others)}." if others else ""
        return f"It is late because {first}.{also}"

    def undone(self, explained: UndoneExplained, clock: Clock) -> str:
        """Say why a job is not in the plan, and what doing it would bring."""
        said = f"{_name(explained.job)} is not in the plan: {self.binding(explained.because, clock)}."
        place = explained.best_place
        if place is None:
            return said
        where = f"job {place.position} of {plain(place.crew, 20)}, done {clock.short(place.finish)}"
        cost = self.cost(place.price) if place.price.objective else "that would change nothing"
        return f"{said} Its best place would be as {where}: {cost}."

    def binding(self, binding: Binding, clock: Clock) -> str:
        """Return one reason in a few words."""
        return BINDINGS[binding.kind](binding, clock)

    def decision(self, decision: Decision, clock: Clock) -> str:
        """Say what the plan does otherwise with a job than another plan, and what that is worth."""
        visit, other, moved = decision.visit, decision.other, decision.moved
        minutes = other.finish - visit.finish
        when = f"{duration(abs(minutes))} {'earlier' if minutes > 0 else 'later'} than the rule does it"
        if not minutes:
            when = "when the rule does it"
        who = (
            ""
            if visit.crew == other.crew
            else f", by {plain(visit.crew, 20)} instead of {plain(other.crew, 20)}"
        )
        place = f"as job {moved.position} of {plain(moved.crew, 20)}"
        return f"{_name(visit.job)} is done {when}{who}. Where the rule has it, {place}: {self.cost(moved.price)}."

    def never(self, because: str, waits_for: Sequence[str]) -> str:
        """Say why somebody is never back."""
        named = _list([_name(part) for part in waits_for[:MOST_NAMED]], len(waits_for))
        return NEVER[because if named else f"{because}_unnamed"].format(named=named)


def _name(job: str) -> str:
    return plain(job, LONGEST_NAME)


def _people(persons: int) -> str:
    return counted(persons, "person", "people")


def _back(needed: Needed, clock: Clock) -> str:
    return f"{_people(needed.persons)} at {clock.short(needed.finish)}"


def _list(named: Sequence[str], count: int) -> str:
    more = f" and {count - len(named)} more" if count > len(named) else ""
    return ", ".join(named) + more


def _names(names: Sequence[str]) -> str:
    return _list([_name(name) for name in names[:MOST_NAMED]], len(names))


def _road(binding: Binding, clock: Clock) -> str:
    by = f" by {_names(binding.names)}" if binding.names else ""
    return (
        f"no road led there until one was opened{by} at {clock.short(binding.minute)}; "
        f"the crew waited {duration(binding.minutes)}"
    )


BINDINGS: Mapping[str, Callable[[Binding, Clock], str]] = {
    "nothing_gained": lambda binding, clock: "nothing is gained by doing it: nobody waits for it",
    "road": _road,
    "arrives": lambda binding, clock: f"the crew is there only from {clock.short(binding.minute)} on",
    "after": lambda binding, clock: (
        f"it has to wait for {_names(binding.names)}, until {clock.short(binding.minute)}"
    ),
    "partner": lambda binding, clock: (
        f"its crew works together with {_names(binding.names)}, there only at {clock.short(binding.minute)}"
    ),
    "parts": lambda binding, clock: (
        f"its parts ({_names(binding.names)}) are there only at {clock.short(binding.minute)}"
    ),
    "order": lambda binding, clock: f"an order has it begin no earlier than {clock.short(binding.minute)}",
    "closed": lambda binding, clock: f"nobody may be on its site for {duration(binding.minutes)} meanwhile",
    "shift": lambda binding, clock: f"its crew is off duty for {duration(binding.minutes)} meanwhile",
    "skill": lambda binding, clock: (
        f"only {_names(binding.names[1:])} can do it (skill {_name(binding.names[0])}), while others have nothing to do"
    ),
    "waits": lambda binding, clock: f"the plan lets its crew wait for {duration(binding.minutes)}",
    "busy": lambda binding, clock: (
        f"its crew does {counted(len(binding.names), 'other job')} first, until {clock.short(binding.minute)}"
    ),
    "work": lambda binding, clock: f"the way and the work alone take {duration(binding.minutes)}",
    "no_place": lambda binding, clock: "no crew has a place for it in this plan",
    "no_skill": lambda binding, clock: f"no crew has the skill {_names(binding.names)}",
    "cut_off": lambda binding, clock: f"it is cut off by {_names(binding.names)}, which nobody can do",
    "no_road": lambda binding, clock: "no road takes a crew with the skill there and back",
    "unassignable": lambda binding, clock: plain(binding.text.rstrip("."), 300),
    "left_out": lambda binding, clock: "it was left out, though somebody could do it",
}

NEVER = {
    "undone": "waits for {named}, not in the plan",
    "loop": "{named} wait for each other for ever",
    "loop_unnamed": "waits behind parts that wait for each other for ever",
    "short_unnamed": "no repair gives it all it had",
}
