"""Which road links are near a site, so that a crew can say without typing which one is closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lifeline.distance import Floats
    from lifeline.system import System

MOST_NEAR = 4
"About as many as meet at a junction; a phone shows those of the next few sites."


@dataclass(frozen=True, eq=False)
class RoadsNear:
    """The road links of a system in order of id, with where they begin and end on the unit sphere."""

    links: tuple[str, ...]
    ends: tuple[Floats, ...]

    @classmethod
    def of(cls, system: System) -> RoadsNear:
        """Take the road links of a system."""
        from lifeline.distance import unit_vectors

        roads = system.links[system.links["sector"] == "road"].sort_values("id")
        nodes = system.nodes.set_index("id")
        ends = tuple(
            unit_vectors(roads[end].map(nodes["longitude"]), roads[end].map(nodes["latitude"]))
            for end in ("from_node", "to_node")
        )
        return cls(tuple(roads["id"].tolist()), ends)

    def of_site(self, longitude: float, latitude: float, most: int = MOST_NEAR) -> tuple[str, ...]:
        """Return the links whose nearer end is nearest to a place, the nearest first; ties by id."""
        import numpy as np

        from lifeline.distance import unit_vectors

        if not self.links or np.isnan([longitude, latitude]).any():
            return ()
        site = unit_vectors(longitude, latitude)
        # The square of the straight line through the ground: it grows with the way over it.
        apart = np.min([((end - site) ** 2).sum(axis=-1) for end in self.ends], axis=0)
        return tuple(self.links[place] for place in np.argsort(apart, kind="stable")[:most].tolist())
