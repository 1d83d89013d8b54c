"""What changes between two plans, crew by crew, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from api.wording import MINUTES_PER_DAY, MINUTES_PER_HOUR, Clock, counted, hours_figure, plain, weighted_hours
from api.words.replan import WORDS, Language

if TYPE_CHECKING:
    from lifeline.plan_diff import Added, CrewChange, PlanDiff, Prolonged, Removed, Shifted

MOST_NAMED, MOST_IN_ORDER, MOST_CREWS = 3, 5, 12
"Jobs and crews named in one list; of the others it says how many there are."

Row = TypeVar("Row", "Removed", "Added", "Shifted")


@dataclass(frozen=True, eq=False)
class ChangeWords:
    """Says the changes between two plans in one language; of jobs after the next `stay_hours` there is a count."""

    diff: PlanDiff
    clock: Clock
    stay_hours: int
    language: Language

    def say(self, phrase: str, **values: object) -> str:
        """Return a phrase with its places filled in."""
        return WORDS[self.language][phrase].format(**values)

    def head(self) -> str:
        """Return the sentence that says how many crews change."""
        at = self.when(self.diff.now)
        if not self.diff.affected:
            return self.say("nothing", at=at)
        return self.say("head", at=at, affected=len(self.diff.affected), crews=len(self.diff.crews))

    def change(self, now: int, before: int) -> str:
        """Return what one plan costs more than another, in weighted person-hours and as a share."""
        if now == before:
            return self.say("same")
        share = f", {(now - before) / before:+.1%}" if before else ""
        return f"{'+' if now > before else ''}{hours_figure(weighted_hours(now - before))}{share}"

    def about(self, change: CrewChange) -> str:
        """Return the paragraph for one crew."""
        earlier = tuple(shift for shift in change.shifted if shift.minutes < 0)
        later = tuple(shift for shift in change.shifted if shift.minutes > 0)
        sentences = [
            *map(self.prolonged, change.prolonged),
            *self.listed("not", change.removed, self.removed),
            *self.listed("new", change.added, self.added),
            *self.order(change),
            *self.listed("earlier", earlier, self.shifted),
            *self.listed("later", later, self.shifted),
        ]
        if change.unchanged:
            jobs = counted(change.unchanged, "job")
            sentences.append(self.say("rest", count=change.unchanged, jobs=jobs))
        between = " " if self.language == "en" else ""
        return self.say("crew", crew=plain(change.crew, 60)) + between.join(sentences)

    def crews_left_out(self, crews: Sequence[str]) -> str:
        """Return the sentence for crews for which there is no room."""
        return self.say("crews_more", more=len(crews), crews=self.crews(crews))

    def crews_later(self, crews: Sequence[str]) -> str:
        """Return the sentence for crews that go on as planned for the next hours."""
        if not crews:
            return ""
        return self.say("crews_later", hours=self.stay_hours, crews=self.crews(crews))

    def crews(self, crews: Sequence[str]) -> str:
        """Name the first crews, and count the others."""
        names = self.say("and").join(plain(crew, 30) for crew in crews[:MOST_CREWS])
        more = len(crews) - MOST_CREWS
        return self.say("and_others", crews=names, more=more) if more > 0 else names

    def prolonged(self, change: Prolonged) -> str:
        """Say until when a crew is at a job now."""
        span = self.span(abs(change.minutes))
        by = self.say("longer" if change.minutes > 0 else "shorter", span=span)
        return self.say("until", job=self.name(change.job), at=self.when(change.finish), by=by)

    def removed(self, change: Removed) -> str:
        """Name a job that a crew has no more, and who does it."""
        if change.crew_now:
            return self.say("goes", job=self.name(change.job), crew=plain(change.crew_now, 60))
        if change.reason:
            return self.say("nobody", job=self.name(change.job), why=plain(change.reason, 100).rstrip("."))
        return self.say("nobody_without", job=self.name(change.job))

    def added(self, change: Added) -> str:
        """Name a job that is new for a crew, and who was to do it."""
        if change.crew_before:
            crew = plain(change.crew_before, 60)
            return self.say("from", job=self.name(change.job), at=self.when(change.start), crew=crew)
        return self.say("from_nobody", job=self.name(change.job), at=self.when(change.start))

    def shifted(self, change: Shifted) -> str:
        """Name a job that begins at another minute."""
        sign = "+" if change.minutes > 0 else "−"
        span = sign + self.span(abs(change.minutes))
        return self.say("by", job=self.name(change.job), at=self.when(change.start), span=span)

    def order(self, change: CrewChange) -> Iterator[str]:
        """Yield the new order of a crew's jobs, if it is another."""
        if change.order:
            names = self.say("then").join(self.name(job) for job in change.order[:MOST_IN_ORDER])
            yield self.say("order", jobs=self.and_more(names, len(change.order) - MOST_IN_ORDER))

    def listed(self, phrase: str, rows: Sequence[Row], say: Callable[[Row], str]) -> Iterator[str]:
        """Yield a sentence that names the first of these jobs that start in the next hours, and counts the others."""
        soon = [row for row in rows if row.first_minute < self.diff.until][:MOST_NAMED]
        left = len(rows) - len(soon)
        if soon:
            yield self.say(phrase, jobs=self.and_more(self.say("and").join(map(say, soon)), left))
        elif left:
            jobs = counted(left, "job")
            more = self.say("only_more", more=left, jobs=jobs, hours=self.stay_hours)
            yield self.say(phrase, jobs=more)

    def and_more(self, names: str, more: int) -> str:
        """Add how many more there are."""
        return self.say("more", jobs=names, more=more) if more > 0 else names

    def name(self, job: str) -> str:
        """Return a job's name, safe to print."""
        return plain(job, 60)

    def when(self, minute: int) -> str:
        """Return day and time as crews read them."""
        settings = self.clock.settings
        if self.language == "zh":
            try:
                moment = settings.clock(minute)
            except OverflowError:
                return f"第{minute}分钟"
            return f"{moment.month}月{moment.day}日{moment.hour:02}:{moment.minute:02}"
        return self.clock.short(minute)

    def span(self, minutes: int) -> str:
        """Return a span of time in its two largest units."""
        days, rest = divmod(minutes, MINUTES_PER_DAY)
        hours, left = divmod(rest, MINUTES_PER_HOUR)
        if days >= 2:
            return self.say("days", days=days, hours=hours)
        hours += 24 * days
        return self.say("hours", hours=hours, minutes=left) if hours else self.say("minutes", minutes=left)
