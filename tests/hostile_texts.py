"""Makes text that is as hard as can be for a regular expression, out of what the expression itself asks for.

Hard is what begins as it should, goes on with what could be read in more than one way, and ends so that all those ways
were in vain: text that fits, then one letter of each kind, two of them in turn or what stands in a repeat, very often,
and then a letter that fits nowhere.
"""

from __future__ import annotations

import re
import re._constants as opcodes
import re._parser as parser
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from regular_expressions import Expression

_PROBES = "a0 _-.A" + "".join(map(chr, range(128))) + "\u00e9\u0416\u5b57\u202e\uffff\U0001f6b0"
_ENDINGS = ("", "!", "\n", "\x00", "\u5b57")
# Of more kinds of letters, as words written out have them, those of classes come first.
_MOST_KINDS = 14
_REPEATING = {opcodes.MAX_REPEAT, opcodes.MIN_REPEAT, opcodes.POSSESSIVE_REPEAT}
_LOOKING = {opcodes.ASSERT, opcodes.ASSERT_NOT}
_OF_ONE_LETTER = {opcodes.IN, opcodes.LITERAL, opcodes.NOT_LITERAL, opcodes.ANY}


@dataclass(frozen=True)
class HostileText:
    """A beginning, what is repeated after it, and an ending."""

    start: str
    again: str
    ending: str

    def of(self, length: int) -> str:
        """Return it in about this length."""
        return self.start + self.again * (length // len(self.again)) + self.ending


def hostile_texts(expression: Expression) -> Iterator[HostileText]:
    """Yield what is worth trying, from nothing that fits to all that does."""
    parsed = parser.parse(expression.pattern, expression.flags)
    repeats = list(_repeats(parsed, ""))
    letters = _kinds_of_letters(parsed)
    starts = dict.fromkeys(["", *(start for start, _ in repeats)])
    # Beginnings too: a search starts anew at each of them.
    agains = dict.fromkeys([*letters, _example(parsed), *(again for _, again in repeats), *starts])
    pairs = dict.fromkeys(map("".join, product(letters, repeat=2)))
    for start in starts:
        yield from (HostileText(start, again, ending) for again in agains if again for ending in _ENDINGS)
        yield from (HostileText(start, pair, ending) for pair in pairs for ending in _ENDINGS[:2])


def _kinds_of_letters(parsed: Any) -> list[str]:
    """Return one letter of each kind that the expression tells apart."""
    tests = sorted(dict.fromkeys(_single_letters(parsed)), key=lambda test: test[0] is opcodes.LITERAL)
    kinds: dict[tuple[bool, ...], str] = {}
    for probe in _PROBES:
        kinds.setdefault(tuple(_fits(probe, *test) for test in tests), probe)
    return [kinds[kind] for kind in sorted(kinds, reverse=True)][:_MOST_KINDS]


def _single_letters(parsed: Any) -> Iterator[tuple[Any, Any]]:
    """Yield what an expression asks of single letters."""
    for operation, argument in parsed:
        if operation in _OF_ONE_LETTER:
            yield operation, tuple(argument) if operation is opcodes.IN else argument
        for inner in _inside(operation, argument):
            yield from _single_letters(inner)


def _repeats(parsed: Any, start: str) -> Iterator[tuple[str, str]]:
    """Yield for each repeat an example of what comes before it and of what it repeats."""
    for operation, argument in parsed:
        for inner in _inside(operation, argument):
            yield from _repeats(inner, start)
        if operation in _REPEATING and argument[1] > 1:
            yield start, _example(argument[2])
        start += _example([(operation, argument)])


def _inside(operation: Any, argument: Any) -> list[Any]:
    """Return the expressions that a part of an expression is made of."""
    if operation in _REPEATING:
        return [argument[2]]
    if operation is opcodes.SUBPATTERN:
        return [argument[3]]
    if operation is opcodes.BRANCH:
        return list(argument[1])
    if operation is opcodes.ATOMIC_GROUP:
        return [argument]
    return [argument[1]] if operation in _LOOKING else []


def _example(parsed: Any) -> str:
    """Return a short text that fits, as far as that can be told without looking around."""
    return "".join(_short(operation, argument) for operation, argument in parsed)


def _short(operation: Any, argument: Any) -> str:
    if operation is opcodes.LITERAL:
        return chr(argument)
    if operation in _OF_ONE_LETTER:
        return next((probe for probe in _PROBES if _fits(probe, operation, argument)), "a")
    if operation in _REPEATING:
        return _example(argument[2]) * argument[0]
    inside = [] if operation in _LOOKING else _inside(operation, argument)
    return _example(inside[0]) if inside else ""


def _fits(letter: str, operation: Any, argument: Any) -> bool:
    """Tell whether a letter is what one part of an expression, or of a class of letters, asks for."""
    if operation is not opcodes.IN:
        return _FITTING[operation](ord(letter), argument)
    is_negated = argument[0][0] is opcodes.NEGATE
    return is_negated != any(_fits(letter, *member) for member in argument[is_negated:])


_CATEGORIES = {
    opcodes.CATEGORY_DIGIT: r"\d",
    opcodes.CATEGORY_NOT_DIGIT: r"\D",
    opcodes.CATEGORY_SPACE: r"\s",
    opcodes.CATEGORY_NOT_SPACE: r"\S",
    opcodes.CATEGORY_WORD: r"\w",
    opcodes.CATEGORY_NOT_WORD: r"\W",
}
_FITTING: dict[Any, Callable[[int, Any], bool]] = {
    opcodes.ANY: lambda code, argument: True,
    opcodes.LITERAL: lambda code, argument: code == argument,
    opcodes.NOT_LITERAL: lambda code, argument: code != argument,
    opcodes.RANGE: lambda code, argument: argument[0] <= code <= argument[1],
    opcodes.CATEGORY: lambda code, argument: bool(re.fullmatch(_CATEGORIES[argument], chr(code))),
}
