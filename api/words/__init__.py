"""What explanations say to people: one file a language, all with the same sentences; nothing is worked out here."""

from __future__ import annotations

from collections.abc import Mapping

from api.words.en import English
from api.words.words import Words
from api.words.zh import Chinese

__all__ = ["ENGLISH", "LANGUAGES", "Words"]

ENGLISH: Words = English()

LANGUAGES: Mapping[str, Words] = {"en": ENGLISH, "zh": Chinese()}
