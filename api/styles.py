"""How each sector looks in pictures: a colour, a dash, and the ink of words on that colour.

Colours are Okabe and Ito's, which people who see colours differently can tell apart; lines differ in their
dashes as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Style:
    """The look of one sector; `dash` is what matplotlib takes as a linestyle."""

    colour: str
    dash: Any
    ink: str = "black"


STYLES: dict[str, Style] = {
    "power": Style("#E69F00", "-"),
    "water": Style("#0072B2", (0, (6, 1.5)), ink="white"),
    "gas": Style("#009E73", (0, (3, 1.2, 1, 1.2)), ink="white"),
    "road": Style("#D55E00", (0, (1, 1)), ink="white"),
    "telecom": Style("#CC79A7", (0, (6, 1.2, 1, 1.2, 1, 1.2))),
}
SPARE_STYLES = (
    Style("#56B4E9", (0, (8, 2))),
    Style("#000000", (0, (2, 2)), ink="white"),
    Style("#F0E442", (0, (4, 1.2, 1, 1.2))),
)
"For sectors without a style of their own, by their place among those; the fourth looks like the first again."


def styles_of(sectors: Iterable[str]) -> dict[str, Style]:
    """Return a style for each sector: those with one of their own first, then the others by name."""
    wanted = set(sectors)
    styles = {sector: style for sector, style in STYLES.items() if sector in wanted}
    others = sorted(wanted - styles.keys())
    spare = {sector: SPARE_STYLES[place % len(SPARE_STYLES)] for place, sector in enumerate(others)}
    return {**styles, **spare}
