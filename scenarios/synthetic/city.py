"""Growing a city: its land, its networks, who leans on whom, who lives there, what breaks, who repairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from lifeline.system import Settings, System
from lifeline.tables import SECTORS
from scenarios.synthetic.crews import muster
from scenarios.synthetic.customers import Customers, settle, supply
from scenarios.synthetic.dependencies import lean
from scenarios.synthetic.gas import build_gas
from scenarios.synthetic.land import Land
from scenarios.synthetic.power import build_power
from scenarios.synthetic.recipe import CityRecipe
from scenarios.synthetic.road import build_road
from scenarios.synthetic.sector_network import SectorNetwork
from scenarios.synthetic.shaking import UnevenShaking, strike
from scenarios.synthetic.telecom import build_telecom
from scenarios.synthetic.water import build_water

# In this order, so that the trees, which can be cut to any size, make up for the grids, which cannot.
BUILDERS: dict[str, Callable[[Land, int, np.random.Generator], SectorNetwork]] = {
    "road": build_road,
    "water": build_water,
    "power": build_power,
    "gas": build_gas,
    "telecom": build_telecom,
}
SIZES = {"road": 28, "water": 22, "power": 26, "gas": 15, "telecom": 9}


def grow_city(
    *,
    seed: int,
    components: int = 10_000,
    sectors: tuple[str, ...] = SECTORS,
    damage_share: float = 0.03,
    persons_per_component: float = 30.0,
) -> System:
    """Grow a city of about so many nodes and links, with its damage and its crews: see `CityRecipe`."""
    return grow(
        CityRecipe(
            components=components,
            seed=seed,
            sectors=sectors,
            damage_share=damage_share,
            persons_per_component=persons_per_component,
        )
    )


def grow(recipe: CityRecipe) -> System:
    """Grow the city of a recipe. The same recipe gives the same tables, to the byte."""
    # Every step has its own stream of chance, so that a change in one leaves the others as they were.
    streams = np.random.SeedSequence(recipe.seed).spawn(len(SECTORS) + 5)
    chance = [np.random.Generator(np.random.PCG64(stream)) for stream in streams]
    land_chance, lean_chance, people_chance, shock_chance, crew_chance = chance[len(SECTORS) :]

    land = Land.drawn(recipe, land_chance)
    networks = _built(recipe, land, dict(zip(SECTORS, chance, strict=False)))
    customers = settle(land, recipe.components, recipe.persons, people_chance)
    tables = _tables(land, networks, customers, lean(networks, lean_chance))
    whole = System.from_tables(tables, _settings(recipe))
    shaking = UnevenShaking.drawn(land, shock_chance)
    damage = strike(whole, shaking, recipe.damage_share, shock_chance)
    crews, shifts = muster(land, tuple(networks), damage, recipe, crew_chance)
    return whole.replace(damage=damage, crews=crews, shifts=shifts)


def _built(
    recipe: CityRecipe, land: Land, chance: Mapping[str, np.random.Generator]
) -> dict[str, SectorNetwork]:
    networks: dict[str, SectorNetwork] = {}
    wanted = [sector for sector in BUILDERS if sector in recipe.sectors]
    left, parts_left = recipe.components, sum(SIZES[sector] for sector in wanted)
    for sector in wanted:
        share = round(left * SIZES[sector] / parts_left)
        networks[sector] = BUILDERS[sector](land, share, chance[sector])
        left -= networks[sector].components
        parts_left -= SIZES[sector]
    return networks


def _tables(
    land: Land,
    networks: Mapping[str, SectorNetwork],
    customers: tuple[Customers, ...],
    dependencies: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    nodes = [pd.DataFrame(network.node_columns(land)) for network in networks.values()]
    links = [pd.DataFrame(network.link_columns()) for network in networks.values()]
    return {
        "nodes": pd.concat(nodes, ignore_index=True),
        "links": pd.concat(links, ignore_index=True),
        "dependencies": dependencies,
        "customers": pd.concat([pd.DataFrame(kind.columns(land)) for kind in customers], ignore_index=True),
        "supplies": supply(customers, networks),
    }


def _settings(recipe: CityRecipe) -> Settings:
    struck = " after an earthquake" if recipe.damage_share > 0 else ""
    return Settings(
        name=recipe.name,
        description=f"A synthetic city of {recipe.persons:,} people{struck}.",
        start=recipe.start,
        timezone=recipe.timezone,
        sources=f"Grown by scenarios.synthetic: {recipe.components} components, seed {recipe.seed}.",
    )
