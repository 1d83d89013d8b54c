"""Reads the cells of one column: what was written there, as the column's kind, or why it cannot be.

A clean column goes down a quick road that looks at all cells at once. Anything unusual sends it down the
careful road, cell by cell; both give the same values, and a test holds them to it.
"""

import numbers
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lifeline.nearest import Nearest
from lifeline.tables import LONGEST_ID, LONGEST_TEXT, Column, Kind

Raw = npt.NDArray[Any]

# Digits stand in one place: by `[0-9]+\.?[0-9]*` a cell of 100,000 of them and a letter took nine minutes to refuse.
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_ODD_IN_NUMBERS = re.compile(r"[^0-9+\-.eE\n]")
_ODD_IN_INTEGERS = re.compile(r"[^0-9+\-\n]")
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}
_DTYPES: dict[Kind, type] = {"text": object, "integer": np.int64, "number": np.float64, "boolean": np.bool_}
_BLANKS: dict[Kind, Any] = {"text": "", "integer": -1, "number": np.nan, "boolean": False}
_INT64 = np.iinfo(np.int64)


@dataclass(frozen=True)
class Cells:
    """The cells of one column as their kind, and for each bad cell, by position, what is wrong with it."""

    read: Raw
    bad: dict[int, str] = field(default_factory=dict)


class NotANumber:
    """A NaN that was written down where NaN has no meaning, such as in JSON; a missing value is left out."""

    def __str__(self) -> str:
        """Return it as it was written."""
        return "NaN"


def blank_value(column: Column) -> Any:
    """Return what a blank in this column stands for."""
    return _BLANKS[column.kind] if column.default is None else column.default


def blank_cells(column: Column, count: int) -> Raw:
    """Return a column of `count` blanks."""
    return np.full(count, blank_value(column), dtype=_DTYPES[column.kind])


def is_blank(column: Column, value: Any) -> bool:
    """Tell whether a canonical value stands for a blank, so that writing nothing gives it back."""
    if column.kind == "integer":
        return not column.required and column.default is None and bool(value == _BLANKS["integer"])
    return bool(value == "" or value != value)


def read_cells(raw: Raw, column: Column) -> Cells:
    """Read a whole column; `raw` is a numeric or boolean array, or an array of objects as they came."""
    blank = _blanks(raw, column)
    filled = np.flatnonzero(~blank)
    written = raw if len(filled) == len(raw) else raw[filled]
    values = blank_cells(column, len(raw))
    bad: dict[int, str] = {}
    if column.required:
        bad.update(dict.fromkeys(np.flatnonzero(blank).tolist(), "is blank; it has to be filled in."))
    quick = QUICK[column.kind](written)
    if quick is not None:
        values[filled] = quick
    else:
        read = CAREFUL[column.kind]
        for position, value in zip(filled.tolist(), written.tolist(), strict=True):
            try:
                values[position] = read(value)
            except ValueError as trouble:
                bad[position] = str(trouble)
    good = filled if not bad else np.array([p for p in filled.tolist() if p not in bad], dtype=np.int64)
    rules = _text_rules if column.kind == "text" else _number_rules
    bad.update(rules(values, good, column))
    return Cells(values, bad)


def _blanks(raw: Raw, column: Column) -> npt.NDArray[np.bool_]:
    if raw.dtype.kind == "f":
        return np.isnan(raw)
    if raw.dtype.kind == "i" and not column.required and column.default is None:
        # A canonical table comes back to be checked again; in a file, a -1 is text and is refused.
        return np.asarray(raw == _BLANKS["integer"], dtype=np.bool_)
    if raw.dtype != object:
        return np.zeros(len(raw), dtype=np.bool_)
    if _all_strings(raw):
        return np.asarray(raw == "", dtype=np.bool_)
    empty = np.fromiter((isinstance(value, str) and not value for value in raw), np.bool_, len(raw))
    return empty | pd.isna(raw)


# The careful road: one cell at a time, with a reason for every refusal.


def _text(value: Any) -> str:
    if isinstance(value, str):
        return str(value)
    raise ValueError(f"is {_sort_of(value)}; write it as text (ids too, so that 007 stays 007).")


def _number(value: Any) -> float:
    if isinstance(value, str):
        text = value.strip()
        if _NUMBER.fullmatch(text):
            return float(text)
        if _NUMBER.fullmatch(text.replace(",", ".")):
            raise ValueError(f"is not a number; write {text.replace(',', '.')} with a point.")
        raise ValueError("is not a number; write digits such as 12.5.")
    if isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool_):
        try:
            return float(value)
        except OverflowError:
            raise ValueError("is too large a number.") from None
    raise ValueError(f"is {_sort_of(value)}, not a number; write digits such as 12.5.")


def _integer(value: Any) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        digits = value.strip()
        number = int(digits) if len(digits) <= 20 else _INT64.max + 1
    else:
        as_float = _number(value)
        if not np.isfinite(as_float):
            raise ValueError("is not a finite number.")
        if not as_float.is_integer():
            raise ValueError("is not a whole number; round it to one.")
        if isinstance(value, str):
            raise ValueError(f"is not written as a whole number; write {as_float:.20g}.")
        number = int(value)
    if not _INT64.min <= number <= _INT64.max:
        raise ValueError("is too large a number.")
    return number


def _boolean(value: Any) -> bool:
    text = value.strip().casefold() if isinstance(value, str) else None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if isinstance(value, numbers.Real | np.bool_) and value in (0, 1):
        return bool(value)
    raise ValueError("is neither true nor false; write true or false.")


def _sort_of(value: Any) -> str:
    if isinstance(value, NotANumber):
        return "NaN"
    if isinstance(value, bool | np.bool_):
        return "true or false"
    if isinstance(value, numbers.Real):
        return "a number"
    return f"a {type(value).__name__}"


# The quick road: the whole column at once, or None when a cell wants a closer look.


def _quick_text(raw: Raw) -> Raw | None:
    return raw if raw.dtype == object and _all_strings(raw) else None


def _quick_number(raw: Raw) -> Raw | None:
    if raw.dtype != object:
        return None if raw.dtype.kind == "b" else raw.astype(np.float64)
    if _all_strings(raw):
        if _ODD_IN_NUMBERS.search("\n".join(raw.tolist())):
            return None
    elif pd.api.types.infer_dtype(raw) not in ("integer", "floating", "mixed-integer-float"):
        return None
    try:
        return raw.astype(np.float64)
    except (ValueError, OverflowError):
        return None


def _quick_integer(raw: Raw) -> Raw | None:
    if raw.dtype.kind in "iu":
        return None if len(raw) and raw.max() > _INT64.max else raw.astype(np.int64)
    if raw.dtype != object:
        # pandas turns whole numbers into floats as soon as one cell of the column is blank.
        exact = raw.dtype.kind == "f" and np.all(np.isfinite(raw)) and np.all(np.abs(raw) <= 2**53)
        return raw.astype(np.int64) if exact and np.all(raw == np.floor(raw)) else None
    if _all_strings(raw):
        if _ODD_IN_INTEGERS.search("\n".join(raw.tolist())):
            return None
    elif pd.api.types.infer_dtype(raw) != "integer":
        return None
    try:
        return raw.astype(np.int64)
    except (ValueError, OverflowError):
        return None


def _quick_boolean(raw: Raw) -> Raw | None:
    if raw.dtype.kind == "b":
        return raw
    if raw.dtype != object or not _all_strings(raw):
        return None
    read = [_BOOLEANS.get(text.casefold()) for text in raw.tolist()]
    return None if None in read else np.array(read, dtype=np.bool_)


def _all_strings(raw: Raw) -> bool:
    return len(raw) == 0 or pd.api.types.infer_dtype(raw, skipna=False) == "string"


QUICK: dict[Kind, Callable[[Raw], Raw | None]] = {
    "text": _quick_text,
    "number": _quick_number,
    "integer": _quick_integer,
    "boolean": _quick_boolean,
}
CAREFUL: dict[Kind, Callable[[Any], Any]] = {
    "text": _text,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
}


# What a cell of the right kind must still keep to; `good` are the positions of the cells that were read.


def _number_rules(values: Raw, good: npt.NDArray[np.int64], column: Column) -> dict[int, str]:
    bad: dict[int, str] = {}
    if column.kind == "boolean":
        return bad
    read = values[good]
    if column.kind == "number":
        bad.update(dict.fromkeys(good[~np.isfinite(read)].tolist(), "is not a finite number."))
        values[good] = read + 0.0  # -0.0 becomes 0.0: one way to write nothing
    unit = f" {column.unit}" if column.unit else ""
    if column.minimum is not None:
        message = f"is below {column.minimum:,g}{unit}, the least allowed."
        bad.update(dict.fromkeys(good[np.isfinite(read) & (read < column.minimum)].tolist(), message))
    if column.maximum is not None:
        message = f"is above {column.maximum:,g}{unit}, the most allowed."
        bad.update(dict.fromkeys(good[np.isfinite(read) & (read > column.maximum)].tolist(), message))
    return bad


def _text_rules(values: Raw, good: npt.NDArray[np.int64], column: Column) -> dict[int, str]:
    read = values[good].tolist()
    bad: dict[int, str] = {}
    if column.choices:
        nearest = Nearest(column.choices)
        strange = np.flatnonzero(~pd.Series(read, dtype=object).isin(column.choices))
        return {int(good[place]): _not_a_choice(read[place], column, nearest) for place in strange.tolist()}
    if _is_plain(read, column):
        return bad
    for position, value in zip(good.tolist(), read, strict=True):
        trouble = name_trouble(value) if column.is_id else _text_trouble(value)
        if trouble is not None:
            bad[position] = trouble
    return bad


def _not_a_choice(value: str, column: Column, nearest: Nearest) -> str:
    guess = nearest.to(value)
    hint = "" if guess is None else f" Did you mean {guess!r}?"
    return f"is none of {', '.join(column.choices)}.{hint}"


def _is_plain(read: list[str], column: Column) -> bool:
    """Tell whether all texts are printable and short, and names without blanks around: no rule is broken."""
    together = "".join(read)
    return (
        together.isprintable()
        and max(map(len, read), default=0) <= (LONGEST_ID if column.is_id else LONGEST_TEXT)
        and (not column.is_id or " " not in together or read == list(map(str.strip, read)))
    )


def name_trouble(value: str) -> str | None:
    """Return what makes this text unfit to be an id, or None."""
    if value != value.strip():
        return "begins or ends with a blank; take it away."
    if len(value) > LONGEST_ID:
        return f"is longer than {LONGEST_ID} characters; shorten it."
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in value):
        return "has a control character or line break in it; take it out."
    return None


def _text_trouble(value: str) -> str | None:
    if len(value) > LONGEST_TEXT:
        return f"is longer than {LONGEST_TEXT:,} characters; shorten it."
    if any("\ud800" <= character <= "\udfff" for character in value):
        return "has half of a character (a lone surrogate) in it, which UTF-8 cannot hold; take it out."
    return None
