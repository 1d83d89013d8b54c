"""Who lives there and what serves them: zones that thin outwards, hospitals, shelters, and their supplies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from scenarios.synthetic.graphs import nearest
from scenarios.synthetic.land import Floats, Integers, Land, Places, Texts
from scenarios.synthetic.sector_network import SectorNetwork, numbered, repeated

COMPONENTS_PER_ZONE = 20
PERSONS_PER_HOSPITAL = 60_000
PERSONS_PER_SHELTER = 25_000
FACILITY_THINNING = 2.0
PERSONS_IN_HOSPITAL = (250, 900)
PERSONS_IN_SHELTER = (150, 600)
UNEVENNESS = 0.25  # standard deviation of the logarithm of a zone's density around its distance's
HOSPITAL_WEIGHT_PERMILLE = 4_000
SHELTER_WEIGHT_PERMILLE = 2_000
ZONE_WEIGHT_PERMILLE = 1_000
EITHER_OF = 2
LOOKED_AT_FOR_SECOND_FEED = 50


class Customers(NamedTuple):
    """Customers of one kind: ids, places in kilometres and persons."""

    kind: str
    ids: Texts
    x: Floats
    y: Floats
    persons: Integers
    weight_permille: int

    def columns(self, land: Land) -> dict[str, object]:
        """Return the rows of the customers table as columns."""
        longitude, latitude = land.longitude_latitude(self.x, self.y)
        district = land.districts(self.x, self.y)
        return {
            "id": self.ids,
            "name": [
                f"{self.kind.capitalize()} {number}, {place}" for number, place in enumerate(district, 1)
            ],
            "kind": self.kind,
            "persons": self.persons,
            "district": district,
            "longitude": longitude,
            "latitude": latitude,
            "critical": self.kind != "zone",
        }


def settle(land: Land, components: int, persons: int, rng: np.random.Generator) -> tuple[Customers, ...]:
    """Spread the people over zones, denser towards the centre, and add hospitals and shelters."""
    blocks = land.lattice(max(3, components // COMPONENTS_PER_ZONE), rng).places
    density = land.people_per_km2(blocks.x, blocks.y) * rng.lognormal(0.0, UNEVENNESS, len(blocks.x))
    living = _whole_shares(persons, density * blocks.area)
    hospitals = land.sites(max(1, round(persons / PERSONS_PER_HOSPITAL)), rng, thinning=FACILITY_THINNING)
    shelters = land.sites(max(1, round(persons / PERSONS_PER_SHELTER)), rng, thinning=FACILITY_THINNING)
    patients = rng.integers(*PERSONS_IN_HOSPITAL, len(hospitals.x), endpoint=True)
    guests = rng.integers(*PERSONS_IN_SHELTER, len(shelters.x), endpoint=True)
    return (
        _customers("zone", blocks, living, ZONE_WEIGHT_PERMILLE),
        _customers("hospital", hospitals, patients, HOSPITAL_WEIGHT_PERMILLE),
        _customers("shelter", shelters, guests, SHELTER_WEIGHT_PERMILLE),
    )


def supply(customers: tuple[Customers, ...], networks: Mapping[str, SectorNetwork]) -> pd.DataFrame:
    """Return the supplies table: who gets which service from where."""
    rows = []
    for kind in customers:
        for network in networks.values():
            if network.sector == "telecom":
                rows.append(_by_either(kind, network, "either tower"))
            elif kind.kind == "zone":
                rows.append(_by_all_nearby(kind, network))
            elif kind.kind == "hospital" and network.sector != "gas":
                rows.append(_by_two_feeds(kind, network))
            else:
                rows.append(_by_either(kind, network, "", either_of=1))
    return pd.concat(rows, ignore_index=True)


def _by_all_nearby(zones: Customers, network: SectorNetwork) -> pd.DataFrame:
    """Serve each zone, in equal shares, from all nodes to which it is the nearest zone, or else from one."""
    serving = network.serving
    x, y = network.nodes.x[serving], network.nodes.y[serving]
    zone = nearest(x, y, zones.x, zones.y)[:, 0]
    bare = np.flatnonzero(np.bincount(zone, minlength=len(zones.x)) == 0)
    lent = nearest(zones.x[bare], zones.y[bare], x, y)[:, 0]
    zone, node = np.concatenate([zone, bare]), np.concatenate([serving, serving[lent]])
    share = 1.0 / np.bincount(zone, minlength=len(zones.x))[zone]
    return _rows(zones, network, zone, node, share, "")


def _by_either(
    customers: Customers, network: SectorNetwork, alternative: str, *, either_of: int = EITHER_OF
) -> pd.DataFrame:
    """Serve each customer from either of the nearest nodes."""
    serving = network.serving
    x, y = network.nodes.x[serving], network.nodes.y[serving]
    found = nearest(customers.x, customers.y, x, y, count=either_of)
    customer = np.repeat(np.arange(len(found)), found.shape[1])
    return _rows(customers, network, customer, serving[found.ravel()], np.ones(found.size), alternative)


def _by_two_feeds(customers: Customers, network: SectorNetwork) -> pd.DataFrame:
    """Serve each customer from the nearest node or, if that fails, from one that another station feeds."""
    serving = network.serving
    x, y, fed_by = network.nodes.x[serving], network.nodes.y[serving], network.nodes.fed_by[serving]
    nearby = nearest(customers.x, customers.y, x, y, count=LOOKED_AT_FOR_SECOND_FEED)
    elsewhere = fed_by[nearby] != fed_by[nearby[:, :1]]
    second = np.where(elsewhere.any(axis=1), elsewhere.argmax(axis=1), nearby.shape[1] > 1)
    each = np.arange(len(nearby))
    feeds = np.column_stack([nearby[:, 0], nearby[each, second]])[:, : nearby.shape[1]]
    customer = np.repeat(each, feeds.shape[1])
    return _rows(customers, network, customer, serving[feeds.ravel()], np.ones(feeds.size), "second feed")


def _rows(
    customers: Customers,
    network: SectorNetwork,
    customer: Integers,
    node: Integers,
    share: Floats,
    alternative: str,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer": customers.ids[customer],
            "service": network.sector,
            "node": network.ids[node],
            "share": share,
            "alternative": alternative,
            "weight_permille": customers.weight_permille,
        }
    )


def _whole_shares(whole: int, weight: Floats) -> Integers:
    """Split whole persons in proportion to weights, by largest remainder."""
    exact = weight / weight.sum() * whole
    shares: Integers = np.floor(exact).astype(np.int64)
    missing = whole - int(shares.sum())
    shares[np.argsort(shares - exact, kind="stable")[:missing]] += 1
    return shares


def _customers(kind: str, places: Places, persons: Integers, weight_permille: int) -> Customers:
    ids = numbered(repeated(kind, len(places.x)))
    return Customers(kind, ids, places.x, places.y, persons, weight_permille)
