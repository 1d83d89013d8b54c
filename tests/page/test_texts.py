"""All words of the page stand in two files that say the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from api.http.problems import TITLES
from api.incidents.undoable_now import UndoableKind

PAGE = Path(__file__).resolve().parents[2] / "api" / "page"
ENGLISH, CHINESE = (
    json.loads((PAGE / "text" / f"{language}.json").read_text(encoding="utf-8")) for language in ("en", "zh")
)


def flat(words: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in words.items():
        if isinstance(value, dict):
            yield from flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def test_both_languages_have_the_same_keys_and_nothing_is_blank() -> None:
    english, chinese = dict(flat(ENGLISH)), dict(flat(CHINESE))
    assert english.keys() == chinese.keys()
    assert [key for key, text in (*english.items(), *chinese.items()) if not text.strip()] == []


def test_both_languages_fill_the_same_values_in() -> None:
    english, chinese = dict(flat(ENGLISH)), dict(flat(CHINESE))
    for key, text in english.items():
        assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", chinese[key])), key


def test_every_kind_of_problem_and_of_undone_job_has_a_text() -> None:
    assert set(ENGLISH["problem"]) == {name.replace("-", "_") for name in TITLES} | {"other"}
    assert set(ENGLISH["undoable"]) == set(get_args(UndoableKind))


def test_chinese_texts_are_chinese() -> None:
    """Nothing was left as it is in English, apart from marks, figures and units."""
    chinese = dict(flat(CHINESE))
    alike = [key for key, text in flat(ENGLISH) if text == chinese[key]]
    assert [key for key in alike if re.search(r"[a-z]{3}", re.sub(r"\{\w+\}", "", chinese[key]))] == []


@pytest.mark.parametrize(
    "file", sorted(PAGE.rglob("*.js")) + sorted(PAGE.glob("*.html")), ids=lambda path: path.name
)
def test_every_text_that_a_file_asks_for_is_there(file: Path) -> None:
    text = re.sub(r"(?m)^\s*//.*$", "", file.read_text(encoding="utf-8"))
    asked = set(re.findall(r'\bt\("([a-z_]+\.[a-z_0-9.]+)"', text))
    asked |= set(re.findall(r'data-i18n(?:-\w+)?="([^"]+)"', text))
    assert asked - dict(flat(ENGLISH)).keys() == set()


@pytest.mark.parametrize("file", sorted(PAGE.rglob("*.html")), ids=lambda path: path.name)
def test_a_page_has_no_script_or_style_inside(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", text) == []
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//", text) == []
