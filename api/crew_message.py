"""A re-plan as a message to the crews: a short paragraph for each that has to change something, nothing for others."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from api.replan_words import WORDS, Language
from api.wording import MINUTES_PER_DAY, MINUTES_PER_HOUR, Clock, counted, hours_figure, plain, weighted_hours

if TYPE_CHECKING:
    from lifeline.plan_diff import Added, CrewChange, Prolonged, Removed, Shifted
    from solvers.replan import Replanned

MOST_LINES, MOST_COLUMNS = 40, 100
"A screen."

MOST_NAMED, MOST_IN_ORDER, MOST_CREWS = 3, 5, 12
"Jobs and crews named in one list; of the others it says how many there are."

MOST_WORD = 60
CLOSING = " 。,:;)→"

Row = TypeVar("Row", "Removed", "Added", "Shifted")


def crew_message(outcome: Replanned, *, language: Language = "en") -> str:
    """Return the message: what the new plan is worth, then crew by crew; at most MOST_LINES lines of MOST_COLUMNS."""
    writer = _Writer(outcome, language)
    lines = [line for paragraph in writer.opening() for line in wrapped(paragraph)]
    soon = outcome.diff.soon
    later = wrapped(
        writer.crews_later([change.crew for change in outcome.diff.affected if change not in soon])
    )
    paragraphs = [wrapped(writer.about(change), indent="  ") for change in soon]
    for number, paragraph in enumerate(paragraphs):
        left_out = wrapped(writer.crews_left_out([change.crew for change in soon[number:]]))
        is_last = number == len(soon) - 1
        if len(lines) + len(paragraph) + len(later) + (0 if is_last else len(left_out)) > MOST_LINES:
            lines += left_out
            break
        lines += paragraph
    lines += [line for line in later if line]
    return "\n".join(lines) + "\n"


def wrapped(text: str, indent: str = "") -> list[str]:
    """Return text in lines of at most MOST_COLUMNS columns, a Chinese sign taking two; all but the first indented."""
    lines, line, columns = [], "", 0
    for word in _words(text):
        wide = sum(_columns(sign) for sign in word)
        if line.strip() and columns + sum(_columns(sign) for sign in word.rstrip()) > MOST_COLUMNS:
            lines.append(line.rstrip())
            line, columns = indent, len(indent)
            word = word.lstrip()
            wide = sum(_columns(sign) for sign in word)
        line += word
        columns += wide
    return [*lines, line.rstrip()]


def _words(text: str) -> Iterator[str]:
    """Yield words with the blank behind them; a wide sign is a word of its own, and so is a piece of a long word.

    Signs that close something stay with what is before them.
    """
    word = ""
    for sign in text:
        last = word[-1:]
        may_part = (
            _columns(sign) == 2 or len(word) > MOST_WORD or last == " " or (last and _columns(last) == 2)
        )
        if word and sign not in CLOSING and may_part:
            yield word
            word = ""
        word += sign
    if word:
        yield word


def _columns(sign: str) -> int:
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


@dataclass(frozen=True, eq=False)
class _Writer:
    """Says the changes of one re-plan in one language."""

    outcome: Replanned
    language: Language

    def say(self, phrase: str, **values: object) -> str:
        return WORDS[self.language][phrase].format(**values)

    def opening(self) -> Iterator[str]:
        """Yield how many crews change, what the plans cost, and how many of the next jobs move."""
        outcome, diff = self.outcome, self.outcome.diff
        at = self.when(diff.now)
        if not diff.affected:
            yield self.say("nothing", at=at)
        else:
            yield self.say("head", at=at, affected=len(diff.affected), crews=len(diff.crews))
        if outcome.why_not:
            yield self.say("cannot", why=plain(outcome.why_not, 300))
        now, carried = outcome.proposal.objective, outcome.carried_cost
        share = f", {(now - carried) / carried:+.1%}" if carried else ""
        change = f"{'+' if now > carried else ''}{hours_figure(weighted_hours(now - carried))}{share}"
        portions = outcome.problem.system.compiled.portions
        weighted = (portions.weight_permille != 1000).any()
        yield self.say(
            "instead" if outcome.why_not else "costs",
            promised=hours_figure(weighted_hours(outcome.promised)),
            carried=hours_figure(weighted_hours(carried)),
            now=hours_figure(weighted_hours(now)),
            change=change if now != carried else self.say("same"),
        ) + (self.say("weighted") if weighted else "")
        yield self.say(
            "moved", jobs=len(outcome.next_jobs), hours=outcome.stay_hours, moved=len(outcome.moved)
        )

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
        return self.say("crews_later", hours=self.outcome.stay_hours, crews=self.crews(crews))

    def crews(self, crews: Sequence[str]) -> str:
        names = self.say("and").join(plain(crew, 30) for crew in crews[:MOST_CREWS])
        more = len(crews) - MOST_CREWS
        return self.say("and_others", crews=names, more=more) if more > 0 else names

    def prolonged(self, change: Prolonged) -> str:
        span = self.span(abs(change.minutes))
        by = self.say("longer" if change.minutes > 0 else "shorter", span=span)
        return self.say("until", job=self.name(change.job), at=self.when(change.finish), by=by)

    def removed(self, change: Removed) -> str:
        if change.crew_now:
            return self.say("goes", job=self.name(change.job), crew=plain(change.crew_now, 60))
        if change.reason:
            return self.say("nobody", job=self.name(change.job), why=plain(change.reason, 100).rstrip("."))
        return self.say("nobody_without", job=self.name(change.job))

    def added(self, change: Added) -> str:
        if change.crew_before:
            crew = plain(change.crew_before, 60)
            return self.say("from", job=self.name(change.job), at=self.when(change.start), crew=crew)
        return self.say("from_nobody", job=self.name(change.job), at=self.when(change.start))

    def shifted(self, change: Shifted) -> str:
        sign = "+" if change.minutes > 0 else "−"
        span = sign + self.span(abs(change.minutes))
        return self.say("by", job=self.name(change.job), at=self.when(change.start), span=span)

    def order(self, change: CrewChange) -> Iterator[str]:
        if change.order:
            names = self.say("then").join(self.name(job) for job in change.order[:MOST_IN_ORDER])
            yield self.say("order", jobs=self.and_more(names, len(change.order) - MOST_IN_ORDER))

    def listed(self, phrase: str, rows: Sequence[Row], say: Callable[[Row], str]) -> Iterator[str]:
        """Yield a sentence that names the first of these jobs that start in the next hours, and counts the others."""
        soon = [row for row in rows if row.first_minute < self.outcome.diff.until][:MOST_NAMED]
        left = len(rows) - len(soon)
        if soon:
            yield self.say(phrase, jobs=self.and_more(self.say("and").join(map(say, soon)), left))
        elif left:
            jobs = counted(left, "job")
            more = self.say("only_more", more=left, jobs=jobs, hours=self.outcome.stay_hours)
            yield self.say(phrase, jobs=more)

    def and_more(self, names: str, more: int) -> str:
        return self.say("more", jobs=names, more=more) if more > 0 else names

    def name(self, job: str) -> str:
        return plain(job, 60)

    def when(self, minute: int) -> str:
        settings = self.outcome.problem.system.settings
        if self.language == "zh":
            try:
                moment = settings.clock(minute)
            except OverflowError:
                return f"第{minute}分钟"
            return f"{moment.month}月{moment.day}日{moment.hour:02}:{moment.minute:02}"
        last = max((visit.finish for visit in self.outcome.plan.visits), default=0)
        return Clock(settings, last).short(minute)

    def span(self, minutes: int) -> str:
        days, rest = divmod(minutes, MINUTES_PER_DAY)
        hours, left = divmod(rest, MINUTES_PER_HOUR)
        if days >= 2:
            return self.say("days", days=days, hours=hours)
        hours += 24 * days
        return self.say("hours", hours=hours, minutes=left) if hours else self.say("minutes", minutes=left)
