"""Which known name was probably meant: the 'did you mean' of every error."""

import difflib
import re
from bisect import bisect_left
from collections.abc import Iterable

_COMPARED = 400


class Nearest:
    """Finds the known name most like a wrong one, without comparing it with all of a million names."""

    def __init__(self, known: Iterable[str], *, cutoff: float = 0.6) -> None:
        """Remember the known names; `cutoff` is difflib's likeness, 0 to 1, below which nothing is near."""
        self.cutoff = cutoff
        self.known = sorted(set(known))
        self._by_letters = {_letters(name): name for name in reversed(self.known)}
        self._found: dict[str, str | None] = {}

    def to(self, word: str) -> str | None:
        """Return the known name nearest to `word`, None when nothing is near; ties go to the smaller one."""
        if word not in self._found:
            self._found[word] = self._by_letters.get(_letters(word)) or self._most_alike(word)
        return self._found[word]

    def advice(self, word: str) -> str:
        """Return the question 'did you mean', or all the known names where none is near."""
        guess = self.to(word)
        return f"Known are {', '.join(self.known)}." if guess is None else f"Did you mean {guess!r}?"

    def _most_alike(self, word: str) -> str | None:
        candidates = self.known
        if len(candidates) > _COMPARED:
            # Mistakes sit at the end of a name more often than at its start: look among its neighbours.
            place = bisect_left(candidates, word)
            first = min(max(0, place - _COMPARED // 2), len(candidates) - _COMPARED)
            candidates = candidates[first : first + _COMPARED]
        alike = difflib.get_close_matches(word[:200], candidates, n=1, cutoff=self.cutoff)
        return alike[0] if alike else None


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()
