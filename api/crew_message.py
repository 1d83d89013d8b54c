"""A re-plan as a message to the crews: a short paragraph for each that has to change something, nothing for others."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

from api.wording import Clock, hours_figure, plain, weighted_hours
from api.words.changes import ChangeWords
from api.words.replan import Language

if TYPE_CHECKING:
    from solvers.replan import Replanned

MOST_LINES, MOST_COLUMNS = 40, 100
"A screen."

MOST_WORD = 60
CLOSING = " 。,:;)→"


def crew_message(outcome: Replanned, *, language: Language = "en") -> str:
    """Return the message: what the new plan is worth, then crew by crew; at most MOST_LINES lines of MOST_COLUMNS."""
    last = max((visit.finish for visit in outcome.plan.visits), default=0)
    clock = Clock(outcome.problem.system.settings, last)
    writer = ChangeWords(outcome.diff, clock, outcome.stay_hours, language)
    lines = [line for paragraph in _opening(writer, outcome) for line in wrapped(paragraph)]
    soon = writer.diff.soon
    later = wrapped(
        writer.crews_later([change.crew for change in writer.diff.affected if change not in soon])
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


def _opening(writer: ChangeWords, outcome: Replanned) -> Iterator[str]:
    """Yield how many crews change, what the plans cost, and how many of the next jobs move."""
    yield writer.head()
    if outcome.why_not:
        yield writer.say("cannot", why=plain(outcome.why_not, 300))
    now, carried = outcome.proposal.objective, outcome.carried_cost
    portions = outcome.problem.system.compiled.portions
    weighted = (portions.weight_permille != 1000).any()
    yield writer.say(
        "instead" if outcome.why_not else "costs",
        promised=hours_figure(weighted_hours(outcome.promised)),
        carried=hours_figure(weighted_hours(carried)),
        now=hours_figure(weighted_hours(now)),
        change=writer.change(now, carried),
    ) + (writer.say("weighted") if weighted else "")
    yield writer.say("moved", jobs=len(outcome.next_jobs), hours=outcome.stay_hours, moved=len(outcome.moved))


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
