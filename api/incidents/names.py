"""The names that the field may use in an incident."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class _Jobs:
    """Components, steps `component/step` of them, and tasks: whatever may be, or become, a job."""

    components: Collection[str]
    tasks: frozenset[str]

    def __contains__(self, name: object) -> bool:
        """Tell whether a job may be called so."""
        text = str(name)
        return text in self.components or text in self.tasks or text.rpartition("/")[0] in self.components


@dataclass(frozen=True)
class Names:
    """Who and what an incident has, by id."""

    components: Collection[str]
    roads: frozenset[str]
    crews: frozenset[str]
    jobs: _Jobs

    @classmethod
    def of(cls, index: Mapping[str, Any], tables: Mapping[str, Any]) -> Names:
        """Return the names of a system's index (see `api.jobs.intake.index_of`) with an incident's own tables."""
        parts = index["components"]
        crews = [row.get("id", "") for row in tables["crews"]] if "crews" in tables else index["crews"]
        return cls(
            components={*parts, *index["customers"]},
            roads=frozenset(link for link in index["links"] if parts[link][0] == "road"),
            crews=frozenset(crews),
            jobs=_Jobs(parts, frozenset(index["tasks"])),
        )
