"""Finds every regular expression of the packages and of the page.

Nobody lists them: what is written in a call of `re`, in pandas' `.str`, as a model's `pattern=` or between slashes in a
script is found in the source. One that cannot be read there is an error: nobody's text may be a regular expression.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("api", "lifeline", "scenarios", "solvers")

_OF_RE = {"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}
# Text methods of pandas that take a regular expression unless told not to, and those that take one only if told to.
_OF_PANDAS = {"contains", "count", "extract", "extractall", "findall", "fullmatch", "match"}
_OF_PANDAS_IF_TOLD = {"replace", "split", "rsplit"}
_ALL_USES = ("match", "fullmatch", "search")


class CannotSeeError(Exception):
    """A regular expression that is made while the program runs, so that nobody can tell what it will be."""


@dataclass(frozen=True)
class Expression:
    """A regular expression, where it stands, and in which ways it is used: match, fullmatch or search."""

    where: str
    pattern: str | bytes
    flags: int = 0
    uses: tuple[str, ...] = _ALL_USES

    def attack(self, use: str, text: str) -> None:
        """Look for it in a text as the program does; a search goes on to the end, as `sub` and `findall` do."""
        compiled = re.compile(self.pattern, self.flags)
        subject: Any = text.encode("latin-1", "replace") if isinstance(self.pattern, bytes) else text
        if use == "search":
            compiled.sub(subject[:0], subject)
        else:
            getattr(compiled, use)(subject)


# Finding them in Python.


def in_package(package: str) -> list[Expression]:
    """Return every regular expression that stands in a Python file of a package."""
    return [found for path in sorted((ROOT / package).rglob("*.py")) for found in in_file(path)]


def in_file(path: Path) -> Iterator[Expression]:
    """Yield the regular expressions of one file; names in them are looked up in the module itself."""
    source = path.read_text(encoding="utf-8")
    where = path.relative_to(ROOT).with_suffix("")
    names = _Module(".".join(where.parts).removesuffix(".__init__"))
    yield from in_source(source, str(path.relative_to(ROOT)), names)


def in_source(source: str, where: str, names: Mapping[str, Any] | _Module) -> Iterator[Expression]:
    """Yield the regular expressions of a text of Python whose module-level names are given."""
    tree = ast.parse(source)
    uses = _Uses(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        for pattern, flags, method in _patterns_of(node):
            spot = f"{where}:{node.lineno}"
            value = _value(pattern, names, spot)
            if isinstance(value, str | bytes):
                number = 0 if flags is None else int(_value(flags, names, spot))
                yield Expression(spot, value, number, uses.of(node) if method == "compile" else _use(method))


class _Module:
    """The names of a module, imported when the first of them is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def names(self) -> dict[str, Any]:
        return vars(importlib.import_module(self._name))


def _patterns_of(call: ast.Call) -> Iterator[tuple[ast.expr, ast.expr | None, str]]:
    """Yield what a call takes as a regular expression, the flags given with it, and the name of what is called."""
    words = {word.arg: word.value for word in call.keywords}
    if isinstance(call.func, ast.Attribute):
        method, of = call.func.attr, call.func.value
        if isinstance(of, ast.Name) and of.id == "re" and method in _OF_RE:
            at = {"sub": 4, "subn": 4, "split": 3}.get(method, 1 if method == "compile" else 2)
            flags = words.get("flags") or (call.args[at] if len(call.args) > at else None)
            yield call.args[0] if call.args else words["pattern"], flags, method
            return
        if isinstance(of, ast.Attribute) and of.attr == "str" and _takes_one(method, words.get("regex")):
            yield call.args[0] if call.args else words["pat"], words.get("flags"), method
            return
    if "pattern" in words:
        yield words["pattern"], None, "search"


def _takes_one(method: str, told: ast.expr | None) -> bool:
    is_told = told.value if isinstance(told, ast.Constant) else told is not None
    return (
        bool(is_told)
        if method in _OF_PANDAS_IF_TOLD
        else method in _OF_PANDAS and (told is None or bool(is_told))
    )


def _value(node: ast.expr, names: Mapping[str, Any] | _Module, spot: str) -> Any:
    """Return what an expression is; what a function puts into an f-string counts as a word."""
    if isinstance(node, ast.Constant):
        return node.value
    known = names.names() if isinstance(names, _Module) else dict(names)
    if isinstance(node, ast.JoinedStr):
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and part.id not in known:
                known = {**known, part.id: "word"}
    try:
        return eval(compile(ast.Expression(node), spot, "eval"), {**known, "re": re})
    except NameError as unknown:
        raise CannotSeeError(
            f"{spot}: {ast.unparse(node)!r} is made while the program runs ({unknown}). Nobody's text may be a regular "
            "expression; write it out, or at the module's level."
        ) from None


class _Uses:
    """What is called of each compiled expression, by the name it is bound to in its own file."""

    def __init__(self, tree: ast.Module) -> None:
        self._name_of = {
            id(node.value): node.targets[0].id
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        self._methods: dict[str, set[str]] = {}
        called = {
            id(node.func.value): node.func.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                self._methods.setdefault(node.id, set()).add(called.get(id(node), ""))

    def of(self, compiled: ast.Call) -> tuple[str, ...]:
        """Return how an expression is used; in every way, unless it keeps to its file and is only called there."""
        name = self._name_of.get(id(compiled), "")
        methods = self._methods.get(name, set())
        is_private = name.startswith("_") or name.islower()
        if not is_private or not methods or not methods <= _OF_RE:
            return _ALL_USES
        return tuple(sorted({use for method in methods for use in _use(method)}))


def _use(method: str) -> tuple[str, ...]:
    return (method,) if method in ("match", "fullmatch") else ("search",)


# Finding them in the page's scripts. A slash begins one where a value is expected, and nowhere in a division.

_LITERAL = re.compile(
    r"(?<=[(=,:!&|?;\[])\s?/((?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])+\]|[^/\\\[\n])+)/([dgimsuvy]*)"
)


def in_scripts() -> list[Expression]:
    """Return every regular expression of the page's scripts; they mean the same to Python."""
    return [
        found
        for path in sorted((ROOT / "api" / "page").rglob("*.js"))
        for found in in_script(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))
    ]


def in_script(source: str, where: str) -> Iterator[Expression]:
    """Yield the regular expressions of one script."""
    if "RegExp(" in source:
        raise CannotSeeError(
            f"{where}: a regular expression is made while the page runs. Write it between slashes."
        )
    for found in _LITERAL.finditer(source):
        flags = (re.IGNORECASE if "i" in found[2] else 0) | (re.MULTILINE if "m" in found[2] else 0)
        line = source.count("\n", 0, found.start()) + 1
        yield Expression(
            f"{where}:{line}", found[1], flags | (re.DOTALL if "s" in found[2] else 0), ("search",)
        )
