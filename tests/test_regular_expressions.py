"""No text makes a regular expression think: each one there is, is attacked with 100,000 letters made to be hard for it.

Counted is processor time, and of three goes the best: what a machine does beside is not the expression's fault.
"""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hostile_texts import HostileText, hostile_texts
from regular_expressions import (
    PACKAGES,
    CannotSeeError,
    Expression,
    in_package,
    in_script,
    in_scripts,
    in_source,
)

MOST_SECONDS = 0.05
LETTERS = 100_000
# Long enough to tell time that grows with the square of the length from time that grows with the length.
LETTERS_OF_A_FIRST_LOOK = 2_000


class TooLongError(Exception):
    """More processor time went by than an expression may take."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Break off what takes more processor time than this; matching lets itself be broken off."""

    def break_off(*_: object) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGVTALRM, break_off)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def seconds_for(expression: Expression, use: str, text: str) -> float:
    start = time.process_time()
    try:
        with at_most(MOST_SECONDS):
            expression.attack(use, text)
    except TooLongError:
        return float("inf")
    return time.process_time() - start


def too_hard(expression: Expression) -> list[str]:
    """Return the texts over which an expression thinks too long, of the three for which a first look took longest."""
    return [
        f"{expression.where}: {use} of {expression.pattern!r} takes more than {MOST_SECONDS} s for {hard}"
        for use in expression.uses
        for hard in hardest(expression, use, 3)
        if all(seconds_for(expression, use, hard.of(LETTERS)) > MOST_SECONDS for _ in range(3))
    ]


def hardest(expression: Expression, use: str, count: int) -> list[HostileText]:
    took = {}
    for text in hostile_texts(expression):
        took[text] = seconds_for(expression, use, text.of(LETTERS_OF_A_FIRST_LOOK))
        if took[text] > MOST_SECONDS:
            # Too long for a short text already: there is no need to look further.
            return [text]
    return sorted(took, key=took.__getitem__, reverse=True)[:count]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_text_makes_an_expression_of_a_package_think(package: str) -> None:
    assert [hard for expression in in_package(package) for hard in too_hard(expression)] == []


def test_no_text_makes_an_expression_of_the_page_think() -> None:
    expressions = in_scripts()
    assert expressions
    assert [hard for expression in expressions for hard in too_hard(expression)] == []


@pytest.mark.parametrize(
    ("pattern", "use"),
    [
        (r"(a+)+b", "match"),
        (r"([a-z]+)*[0-9]", "fullmatch"),
        (r"(a|a)*b", "fullmatch"),
        (r"(\w+\s?)*", "fullmatch"),
        (r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", "fullmatch"),
        (r"x-(\d+)(\d*)(\d*);", "match"),
        (r"\s+$", "search"),
        (r"<!--.*-->", "search"),
        (r"key=[^;]*key=[^;]*;", "search"),
    ],
)
def test_the_attack_finds_expressions_that_think(pattern: str, use: str) -> None:
    assert too_hard(Expression("here", pattern, uses=(use,)))


@pytest.mark.parametrize(
    ("pattern", "use"),
    [
        (r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", "fullmatch"),
        (r"\s*a{1,40}=", "match"),
        (r"(?:[^\"\\]++|\\.)*+", "search"),
        (r"(?:/[a-z]+)*", "fullmatch"),
        (r"(k: (v, ?)*)*;", "match"),
    ],
)
def test_the_attack_lets_be_those_that_do_not(pattern: str, use: str) -> None:
    assert too_hard(Expression("here", pattern, uses=(use,))) == []


def found_in(source: str, **names: object) -> list[tuple[object, int, tuple[str, ...]]]:
    return [(found.pattern, found.flags, found.uses) for found in in_source(source, "here", names)]


def test_expressions_are_found_wherever_they_are_written() -> None:
    everywhere = ("match", "fullmatch", "search")
    assert found_in("re.sub(r'a', '', text)") == [("a", 0, ("search",))]
    assert found_in("re.fullmatch(pattern='a', string=text)") == [("a", 0, ("fullmatch",))]
    assert found_in("_A = re.compile(rb'a', re.I)\n_A.match(text)") == [(b"a", re.I, ("match",))]
    assert found_in("A = re.compile('a')\nA.match(text)") == [("a", 0, everywhere)]
    assert found_in("_A = re.compile('a')\nhand_on(_A)") == [("a", 0, everywhere)]
    assert found_in("Field(pattern=NAME)", NAME="^a$") == [("^a$", 0, ("search",))]
    assert found_in("Field(pattern='^(' + '|'.join(WORDS) + ')$')", WORDS=("a", "b")) == [
        ("^(a|b)$", 0, ("search",))
    ]
    assert found_in("def f(name):\n    return re.match(f'{name} =', text)") == [("word =", 0, ("match",))]
    assert found_in("column.str.contains('a')\ncolumn.str.replace('b', '', regex=True)") == [
        ("a", 0, ("search",)),
        ("b", 0, ("search",)),
    ]


def test_what_is_no_expression_is_none() -> None:
    source = "Layout(pattern=3)\ntext.replace('a', 'b')\ncolumn.str.replace('a', '')\nc.str.contains(w, regex=False)"
    assert found_in(source) == []


def test_text_of_somebody_is_never_an_expression() -> None:
    with pytest.raises(CannotSeeError, match=r"here:2: 'text' is made while the program runs"):
        found_in("def f(text):\n    return re.compile(text)")
    with pytest.raises(CannotSeeError, match="made while the page runs"):
        list(in_script("const hit = new RegExp(asked).test(name);", "here"))


def test_expressions_of_a_script_are_told_from_divisions_and_addresses() -> None:
    script = """
    const half = width / 2, third = (left + right) / 3 / scale;  // not /this/
    fetch("https://here.example/v1/x").then((answer) => answer.split(/[/,]\\s*/i));
    const [found] = /^(a)\\/b$/.exec(text);
    """
    assert [found.pattern for found in in_script(script, "here")] == [r"[/,]\s*", r"^(a)\/b$"]
