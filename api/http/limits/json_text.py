"""Whether a JSON text is safe to parse: its depth, the size of its numbers, keys that stand twice.

Python's own parser overflows its stack on `[` * 200,000, refuses integers of more than 4,300 digits with a
ValueError, and takes NaN, Infinity, 1e400 and doubled keys without a word. All of it is found here, first.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from api.http.problems import Refusal

MOST_DEPTH = 32
# A mebibyte of `[],` would hold the event loop for 0.3 s; 10,000 field updates in one body are 10,000 objects.
MOST_CONTAINERS = 20_000
# Longest numbers that mean something: the integers of SQL have 64 bits, a double has 17 digits and its exponent.
LEAST_INTEGER, MOST_INTEGER = -(2**63), 2**63 - 1
MOST_NUMBER_CHARACTERS = 40

# A string that is never closed is taken to the end of the text: so the search is linear in any text.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_SQUARE = bytes.maketrans(b"{}", b"[]")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def check_json(text: bytes) -> None:
    """Refuse a text that is not JSON (400), or is JSON that nobody who means well would send (422)."""
    if text.count(b"[") + text.count(b"{") > MOST_DEPTH:  # else it cannot be deep: most texts stop here
        brackets = _brackets(text)
        if _depth(brackets) > MOST_DEPTH:
            raise _unfit(f"is nested more than {MOST_DEPTH} deep; send flatter JSON.")
        if brackets.count(b"[") > MOST_CONTAINERS:
            raise _unfit(f"has more than {MOST_CONTAINERS:,} objects and arrays; send it in parts.")
    try:
        parsed = _PARSER.decode(text.decode())
    except UnicodeDecodeError:
        raise _not_json("is not UTF-8; JSON is sent as UTF-8 (RFC 8259).") from None
    except json.JSONDecodeError as trouble:
        raise _not_json(f"line {trouble.lineno}, column {trouble.colno}: {trouble.msg}.") from None
    if b"\\u" in text:
        _refuse_unstorable(parsed)


def _brackets(text: bytes) -> bytes:
    """Return the brackets of a text that stand outside strings, all of them as square ones."""
    return _STRING.sub(b"", text).translate(_SQUARE, _NOT_BRACKETS)


def _depth(brackets: bytes) -> int:
    import numpy as np

    # "[" is 91 and "]" is 93: so each bracket is a step down or up.
    steps = 92 - np.frombuffer(brackets, np.int8)
    return int(np.cumsum(steps, dtype=np.int32).max(initial=0))


def _integer(text: str) -> int:
    if len(text) > MOST_NUMBER_CHARACTERS or not LEAST_INTEGER <= int(text) <= MOST_INTEGER:
        raise _unfit(f"has the integer {_short(text)}; an integer has at most 64 bits.")
    return int(text)


def _decimal(text: str) -> float:
    number = float(text) if len(text) <= MOST_NUMBER_CHARACTERS else math.inf
    if not math.isfinite(number):
        raise _unfit(f"has the number {_short(text)}; send a finite one of at most 40 characters.")
    return number


def _constant(name: str) -> NoReturn:
    raise _not_json(f"{name} is no JSON value; send a finite number or null.")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _unfit(f"has the key {_short(json.dumps(twice))} twice in one object; keep one.")
    return members


_PARSER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_integer, parse_float=_decimal, parse_constant=_constant
)


def _refuse_unstorable(value: Any) -> None:
    """Refuse NUL, which PostgreSQL cannot hold, and half a surrogate pair, which UTF-8 cannot."""
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
            raise _unfit("has a string with NUL or half a surrogate pair; send text.")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _refuse_unstorable(key)
            _refuse_unstorable(inner)
    elif isinstance(value, list):
        for inner in value:
            _refuse_unstorable(inner)


def _short(text: str) -> str:
    return text if len(text) <= MOST_NUMBER_CHARACTERS else f"{text[:20]}… ({len(text):,} characters)"


def _not_json(what: str) -> Refusal:
    return Refusal(400, "invalid-input", f"The body is not JSON: {what}")


def _unfit(what: str) -> Refusal:
    return Refusal(422, "invalid-input", f"The body {what}")
