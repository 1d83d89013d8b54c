"""The rules between cells, rows and tables that make the tables of a system one city.

Each rule is one function that looks at all rows at once and yields a Problem for every row that breaks it.
Cells that could not be read are passed over: what is wrong with them has been said already.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from lifeline.errors import Problem
from lifeline.nearest import Nearest
from lifeline.sheets import Tidy, first_of_runs
from lifeline.tables import ANY_KIND, MOST_MINUTES, SHARE_TOLERANCE
from lifeline.values import Raw
from lifeline.work_checks import WORK_RULES

Tables = Mapping[str, Tidy]
Mask = npt.NDArray[np.bool_]

_GUESSES = 100  # comparing names is slow: rows beyond this many different wrong names get no 'did you mean'


def problems_between_tables(tables: Tables) -> list[Problem]:
    """Ask every rule of these tables and list all the places where one is broken."""
    return [problem for rule in RULES for problem in rule(tables)]


def a_system_has_nodes(tables: Tables) -> Iterator[Problem]:
    """Nothing can be served without a node."""
    if tables["nodes"].whole and not len(tables["nodes"].rows):
        yield Problem("nodes", None, None, None, "has no rows; a system needs at least one node.")


def rows_of_one_table_differ(tables: Tables) -> Iterator[Problem]:
    """No two rows of a table have the same key."""
    for tidy in tables.values():
        yield from rows_differ(tidy)


def rows_differ(tidy: Tidy) -> Iterator[Problem]:
    """No two rows of this table have the same key."""
    key = tidy.table.key
    read = np.flatnonzero(tidy.readable(*key))
    firsts, run = _runs([tidy.values(name)[read] for name in key])
    original = firsts[run]
    what = "this id" if len(key) == 1 else f"the same {', '.join(key)}"
    for place in np.flatnonzero(original != np.arange(len(read))).tolist():
        row = tidy.rows[read[original[place]]]
        message = f"repeats {what} of row {row}; give it its own or remove the row."
        yield _problem(tidy, int(read[place]), key[0], message)


def any_other_kind_is_written_once(tables: Tables) -> Iterator[Problem]:
    """A sector's repair time for every other kind has a blank kind or `*`, but is not there with both."""
    times = tables["repair_times"]
    blank = times.readable("sector", "kind") & (times.values("kind") == "")
    starred = times.values("sector")[times.values("kind") == ANY_KIND].tolist()
    both = blank & np.array([sector in starred for sector in times.values("sector")], dtype=np.bool_)
    yield from _broken(
        times, both, "kind", f"says the same as the row of this sector with {ANY_KIND!r}; keep one."
    )


def links_are_not_called_like_nodes(tables: Tables) -> Iterator[Problem]:
    """Nodes and links share one set of names, so that damage can name either."""
    links = tables["links"]
    taken = tables["nodes"].positions_of(links.values("id")) >= 0
    yield from _broken(links, taken, "id", "is the id of a node too; nodes and links share one set of names.")


def references_point_at_something(tables: Tables) -> Iterator[Problem]:
    """Every id that a row points at exists."""
    for tidy in tables.values():
        for column in tidy.table.columns:
            targets = [tables[name] for name in column.refers_to]
            if not targets or not all(target.whole for target in targets):
                continue
            values = tidy.values(column.name)
            unknown = tidy.readable(column.name)
            if not column.required:
                unknown &= values != ""
            for target in targets:
                unknown &= target.positions_of(values) < 0
            if unknown.any():
                yield from _unknown(tidy, unknown, column.name, targets)


def _unknown(tidy: Tidy, unknown: Mask, column: str, targets: list[Tidy]) -> Iterator[Problem]:
    kinds = " or ".join(target.table.name.removesuffix("s") for target in targets)
    files = " or ".join(target.table.name for target in targets)
    nearest = Nearest(name for target in targets for name in target.ids)
    wrong = tidy.values(column)[unknown].tolist()
    guesses = {name: nearest.to(name) for name in list(dict.fromkeys(wrong))[:_GUESSES]}
    for row, name in zip(tidy.rows[unknown].tolist(), wrong, strict=True):
        guess = guesses.get(name)
        advice = f"Did you mean {guess!r}?" if guess else f"Correct it or add it to {files}."
        yield Problem(tidy.table.name, row, column, name, f"is not the id of a {kinds}. {advice}")


def links_join_two_nodes_of_their_sector(tables: Tables) -> Iterator[Problem]:
    """Both ends of a link are different nodes of the link's own sector."""
    links = tables["links"]
    loops = links.readable("from_node", "to_node") & (links.values("from_node") == links.values("to_node"))
    yield from _broken(links, loops, "to_node", "is also from_node; a link joins two different nodes.")
    for end in ("from_node", "to_node"):
        yield from _sector_differs(tables, links, end, "sector")


def supplies_come_from_nodes_of_the_service(tables: Tables) -> Iterator[Problem]:
    """A customer gets water from a water node, power from a power node and so on."""
    yield from _sector_differs(tables, tables["supplies"], "node", "service")


def _sector_differs(tables: Tables, tidy: Tidy, node_column: str, sector_column: str) -> Iterator[Problem]:
    nodes = tables["nodes"]
    node = nodes.positions_of(tidy.values(node_column))
    known = np.flatnonzero((node >= 0) & tidy.readable(node_column, sector_column))
    known = known[nodes.readable("sector")[node[known]]]
    is_of, should_be_of = nodes.values("sector")[node[known]], tidy.values(sector_column)[known]
    for place in np.flatnonzero(is_of != should_be_of).tolist():
        message = (
            f"is a {is_of[place]} node; {sector_column} says {should_be_of[place]}: correct one of them."
        )
        yield _problem(tidy, int(known[place]), node_column, message)


def only_roads_have_a_speed(tables: Tables) -> Iterator[Problem]:
    """Nobody drives along a pipe."""
    links = tables["links"]
    driven = links.readable("sector", "speed_kmh") & ~np.isnan(links.values("speed_kmh"))
    odd = driven & (links.values("sector") != "road")
    yield from _broken(links, odd, "speed_kmh", "is a speed on a link that is no road; leave it blank.")


def nothing_depends_on_itself(tables: Tables) -> Iterator[Problem]:
    """Such a node could never start again."""
    rows = tables["dependencies"]
    same = rows.readable("dependent", "provider") & (rows.values("dependent") == rows.values("provider"))
    yield from _broken(rows, same, "provider", "is the dependent itself; remove the row.")


def a_group_has_one_buffer(tables: Tables) -> Iterator[Problem]:
    """The alternatives of a group stand behind one battery or tank."""
    rows = tables["dependencies"]
    yield from _disagree(rows, ["dependent", "group"], "buffer_minutes", "the group")


def alternatives_carry_one_share(tables: Tables) -> Iterator[Problem]:
    """Alternatives serve the same people."""
    rows = tables["supplies"]
    among = rows.values("alternative") != ""
    key = ["customer", "service", "alternative"]
    yield from _disagree(rows, key, "share", "the alternative group", among)


def a_service_has_one_weight(tables: Tables) -> Iterator[Problem]:
    """A customer's weight for a service does not depend on where it comes from."""
    yield from _disagree(
        tables["supplies"], ["customer", "service"], "weight_permille", "the customer and service"
    )


def a_crew_has_one_period(tables: Tables) -> Iterator[Problem]:
    """All shifts of a crew come again after the same time."""
    yield from _disagree(tables["shifts"], ["crew"], "every_minutes", "the crew")


def _disagree(
    tidy: Tidy, key: list[str], column: str, whose: str, among: Mask | None = None
) -> Iterator[Problem]:
    asked = np.flatnonzero(tidy.readable(*key, column) & (True if among is None else among))
    values = tidy.values(column)[asked]
    firsts, run = _runs([tidy.values(name)[asked] for name in key])
    original = firsts[run]
    for place in np.flatnonzero(values != values[original]).tolist():
        row = tidy.rows[asked[original[place]]]
        message = (
            f"differs from {values[original[place]]:.12g} in row {row}; all rows of {whose} say the same."
        )
        yield _problem(tidy, int(asked[place]), column, message)


def shares_add_up_to_one(tables: Tables) -> Iterator[Problem]:
    """The shares of a customer and service are all of its people; an alternative group counts once."""
    supplies = tables["supplies"]
    customer, service, alternative = (
        supplies.values(name) for name in ("customer", "service", "alternative")
    )
    firsts, run = _runs([customer, service])
    # A row of the same alternative as the row before serves the same people once more.
    again = np.ones(len(run), dtype=np.bool_)
    again[first_of_runs([customer, service, alternative])] = False
    share = np.where(again & (alternative != ""), 0.0, supplies.values("share"))
    total = np.bincount(run, weights=share, minlength=len(firsts))
    unread = ~supplies.readable("customer", "service", "alternative", "share")
    told_already = np.bincount(run, weights=unread, minlength=len(firsts)) > 0
    ends = np.append(firsts[1:], len(run))
    for number in np.flatnonzero((np.abs(total - 1.0) > SHARE_TOLERANCE) & ~told_already).tolist():
        first = int(firsts[number])
        rows = ", ".join(str(row) for row in sorted(supplies.rows[first : ends[number]].tolist())[:10])
        who = f"{customer[first]} ({service[first]})"
        message = (
            f"the shares of {who} in rows {rows} add up to {total[number]:.9g}; they have to add up to 1."
        )
        yield _problem(supplies, first, "share", message)


def every_customer_is_served(tables: Tables) -> Iterator[Problem]:
    """A customer that nothing serves could not lose anything."""
    customers, supplies = tables["customers"], tables["supplies"]
    if not supplies.whole:
        return
    served = supplies.positions_of(customers.values("id")) >= 0
    message = "is served by nothing; add a row to supplies or remove the customer."
    yield from _broken(customers, customers.readable("id") & ~served, "id", message)


def customers_have_a_whole_place(tables: Tables) -> Iterator[Problem]:
    """A longitude alone is no place."""
    customers = tables["customers"]
    longitude, latitude = np.isnan(customers.values("longitude")), np.isnan(customers.values("latitude"))
    read = customers.readable("longitude", "latitude")
    message = "is blank while the other coordinate is not; give both or neither."
    yield from _broken(customers, read & longitude & ~latitude, "longitude", message)
    yield from _broken(customers, read & latitude & ~longitude, "latitude", message)


def the_vulnerable_are_among_the_persons(tables: Tables) -> Iterator[Problem]:
    """Vulnerable persons are a part of a customer's persons."""
    customers = tables["customers"]
    persons, vulnerable = customers.values("persons"), customers.values("vulnerable_persons")
    too_many = customers.readable("persons", "vulnerable_persons") & (vulnerable > persons)
    message = "is above persons, of whom these are a part; lower it or raise persons."
    yield from _broken(customers, too_many, "vulnerable_persons", message)


def the_objective_fits(tables: Tables) -> Iterator[Problem]:
    """Persons x weight x minutes, summed over everything, stays inside an exact 64-bit integer."""
    customers, supplies = tables["customers"], tables["supplies"]
    once = first_of_runs([supplies.values("customer"), supplies.values("service")])
    customer = customers.positions_of(supplies.values("customer")[once])
    persons = np.append(customers.values("persons"), 0)[customer].astype(np.float64)
    total = float(np.sum(persons * supplies.values("weight_permille")[once]))
    most = 2**63 / MOST_MINUTES
    if total > most:
        message = f"all persons times their weights come to {total:.4g}, above {most:.4g}; lower the weights."
        yield Problem("supplies", None, "weight_permille", None, message)


def crews_can_do_something(tables: Tables) -> Iterator[Problem]:
    """A crew has at least one skill."""
    crews = tables["crews"]
    none = np.fromiter((not text.replace(";", " ").strip() for text in crews.values("skills")), np.bool_)
    message = "names no skill; write for example power;telecom."
    yield from _broken(crews, none & crews.readable("skills"), "skills", message)


def shifts_fit_into_their_period(tables: Tables) -> Iterator[Problem]:
    """A shift starts within its period, ends after it starts, and does not last longer than the period."""
    shifts = tables["shifts"]
    start, end, every = (shifts.values(name) for name in ("start_minute", "end_minute", "every_minutes"))
    read = shifts.readable("start_minute", "end_minute", "every_minutes")
    message = "is not before every_minutes; count from the start of the first period."
    yield from _broken(shifts, read & (start >= every), "start_minute", message)
    yield from _broken(shifts, read & (end <= start), "end_minute", "is not after start_minute.")
    message = "is later than start_minute + every_minutes; the shift would overlap itself."
    yield from _broken(shifts, read & (end > start + every), "end_minute", message)


def shifts_do_not_overlap(tables: Tables) -> Iterator[Problem]:
    """A crew works one shift at a time, also across the end of a period."""
    shifts = tables["shifts"]
    read = np.flatnonzero(shifts.readable("crew", "start_minute", "end_minute", "every_minutes"))
    if not len(read):
        return
    crew, start = shifts.values("crew")[read], shifts.values("start_minute")[read]
    end, every = shifts.values("end_minute")[read], shifts.values("every_minutes")[read]
    # Rows are in order of crew and start; the shift after a crew's last is its first, one period on.
    begins = np.flatnonzero(np.append(True, crew[1:] != crew[:-1]))
    following = np.arange(1, len(read) + 1)
    following[np.append(begins[1:], len(read)) - 1] = begins
    again = following <= np.arange(len(read))
    next_start = start[following] + np.where(again, every, 0)
    alone = following == np.arange(len(read))
    for place in np.flatnonzero((end > next_start) & ~alone).tolist():
        message = f"is after the crew's next shift begins (row {shifts.rows[read[following[place]]]})."
        yield _problem(shifts, int(read[place]), "end_minute", message)


def _runs(sorted_columns: list[Raw]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return where each run of equal rows begins, and for each row the number of its run.

    Tables are sorted by their key: rows that agree in its first columns stand side by side.
    """
    firsts = first_of_runs(sorted_columns)
    begins = np.zeros(len(sorted_columns[0]), dtype=np.int64)
    begins[firsts] = 1
    return firsts, np.cumsum(begins) - 1


def _broken(tidy: Tidy, where: Raw, column: str, message: str) -> Iterable[Problem]:
    return [_problem(tidy, position, column, message) for position in np.flatnonzero(where).tolist()]


def _problem(tidy: Tidy, position: int, column: str, message: str) -> Problem:
    value = tidy.values(column)[position]
    shown = None if isinstance(value, float) and np.isnan(value) else str(value)
    return Problem(tidy.table.name, int(tidy.rows[position]), column, shown, message)


RULES: tuple[Callable[[Tables], Iterator[Problem]], ...] = (
    a_system_has_nodes,
    rows_of_one_table_differ,
    any_other_kind_is_written_once,
    links_are_not_called_like_nodes,
    references_point_at_something,
    links_join_two_nodes_of_their_sector,
    only_roads_have_a_speed,
    nothing_depends_on_itself,
    a_group_has_one_buffer,
    supplies_come_from_nodes_of_the_service,
    alternatives_carry_one_share,
    shares_add_up_to_one,
    a_service_has_one_weight,
    every_customer_is_served,
    customers_have_a_whole_place,
    the_vulnerable_are_among_the_persons,
    the_objective_fits,
    crews_can_do_something,
    a_crew_has_one_period,
    shifts_fit_into_their_period,
    shifts_do_not_overlap,
    *WORK_RULES,
)
