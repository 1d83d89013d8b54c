"""Importing MATPOWER cases: the 9-bus case as it is published, and matrices that pandapower makes of its own cases."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dc_flow import dc_flow_mw
from worlds import assert_same_system

from lifeline.errors import InvalidInput
from lifeline.importers import Imported
from lifeline.importers.matpower import read_matpower

# The 9-bus, 3-generator case of Chow (1982), p. 70, with the limits of Schulz (1974), as MATPOWER's case9.m has it.
CASE9 = """\
function mpc = case9
%CASE9    Power flow data for 9 bus, 3 generator case.
mpc.version = '2';
mpc.baseMVA = 100;
%% bus data
%	bus_i	type	Pd	Qd	Gs	Bs	area	Vm	Va	baseKV	zone	Vmax	Vmin
mpc.bus = [
	1	3	0	0	0	0	1	1	0	345	1	1.1	0.9;
	2	2	0	0	0	0	1	1	0	345	1	1.1	0.9;
	3	2	0	0	0	0	1	1	0	345	1	1.1	0.9;
	4	1	0	0	0	0	1	1	0	345	1	1.1	0.9;
	5	1	90	30	0	0	1	1	0	345	1	1.1	0.9;
	6	1	0	0	0	0	1	1	0	345	1	1.1	0.9;
	7	1	100	35	0	0	1	1	0	345	1	1.1	0.9;
	8	1	0	0	0	0	1	1	0	345	1	1.1	0.9;
	9	1	125	50	0	0	1	1	0	345	1	1.1	0.9;
];
mpc.gen = [
	1	72.3	27.03	300	-300	1.04	100	1	250	10;
	2	163	6.54	300	-300	1.025	100	1	300	10;
	3	85	-10.95	300	-300	1.025	100	1	270	10;
];
mpc.branch = [
	1	4	0	0.0576	0	250	250	250	0	0	1	-360	360;
	4	5	0.017	0.092	0.158	250	250	250	0	0	1	-360	360;
	5	6	0.039	0.17	0.358	150	150	150	0	0	1	-360	360;
	3	6	0	0.0586	0	300	300	300	0	0	1	-360	360;
	6	7	0.0119	0.1008	0.209	150	150	150	0	0	1	-360	360;
	7	8	0.0085	0.072	0.149	250	250	250	0	0	1	-360	360;
	8	2	0	0.0625	0	250	250	250	0	0	1	-360	360;
	8	9	0.032	0.161	0.306	250	250	250	0	0	1	-360	360;
	9	4	0.01	0.085	0.176	250	250	250	0	0	1	-360	360;
];
mpc.gencost = [
	2	1500	0	3	0.11	5	150;
];
"""

# The flows that a DC power flow finds over it with 67 MW from the reference bus, MW to one decimal.
FLOWS9 = [67.0, 28.97, -61.03, 85.0, 23.97, -76.03, -163.0, 86.97, -38.03]


def imported(folder: Path, *changes: tuple[str, str], text: str = CASE9) -> Imported:
    """Import the case with parts of it exchanged; each must be there."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "case.m"
    path.write_text(text, encoding="utf-8")
    return read_matpower(path)


def column(frame: Any, value: str) -> dict[str, Any]:
    return dict(zip(frame["id"], frame[value].tolist(), strict=True))


def told(result: Imported, action: str, part: str) -> tuple[str, ...]:
    (note,) = [note for note in result.report if note.action == action and part in note.sentence]
    return note.items


def test_the_nine_bus_case(tmp_path):
    system = imported(tmp_path).system
    assert len(system.nodes) == len(system.links) == 9
    demand = {bus: watts for bus, watts in column(system.nodes, "demand").items() if watts}
    assert demand == {"bus 5": 90_000_000, "bus 7": 100_000_000, "bus 9": 125_000_000}
    assert column(system.links, "reactance_pu")["branch 3"] == 0.17
    assert column(system.links, "capacity")["branch 3"] == 150_000_000
    assert set(system.nodes["kind"]) == {"transmission substation"}


def test_the_reference_bus_makes_what_the_others_leave_over(tmp_path):
    """315 MW are drawn; 163 and 85 are given, whatever the file says of the first: 67."""
    nodes = imported(tmp_path).system.nodes
    sources = nodes[nodes["source"]]
    assert column(sources, "generation") == {"bus 1": 67_000_000, "bus 2": 163_000_000, "bus 3": 85_000_000}
    assert column(sources, "capacity") == {"bus 1": 250_000_000, "bus 2": 300_000_000, "bus 3": 270_000_000}


def test_flows_over_the_nine_bus_case(tmp_path):
    flow = dc_flow_mw(imported(tmp_path).system)
    assert flow.round(2).tolist() == FLOWS9


def test_flows_over_cases_that_pandapower_turns_into_matrices(tmp_path):
    """Taps, shifts, shunts, parallel branches and a base other than 100 MVA, against pandapower's DC flow."""
    pandapower = pytest.importorskip(
        "pandapower", reason="pandapower is not installed, to compare flows with"
    )
    networks = pytest.importorskip("pandapower.networks")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = networks.case300()
        net.sn_mva = 25.0
        pandapower.rundcpp(net)
    case = net._ppc
    matrices = {
        name: "\n".join(" ".join(repr(float(cell)) for cell in row[:13]) for row in np.real(case[name]))
        for name in ("bus", "gen", "branch")
    }
    for name in ("bus", "branch"):
        matrices[name] = "\n".join(
            " ".join([str(int(float(cell))) if place < 2 else cell for place, cell in enumerate(row.split())])
            for row in matrices[name].splitlines()
        )
    matrices["gen"] = "\n".join(
        str(int(float(row.split()[0]))) + row[row.index(" ") :] for row in matrices["gen"].splitlines()
    )
    text = "mpc.version = '2';\nmpc.baseMVA = 25;\n" + "".join(
        f"mpc.{n} = [\n{m}\n];\n" for n, m in matrices.items()
    )
    flow = dc_flow_mw(imported(tmp_path, text=text).system)
    theirs = {f"branch {row}": megawatts for row, megawatts in enumerate(np.real(case["branch"][:, 13]), 1)}
    assert len(flow) == len(theirs) == 411
    assert max(abs(flow[branch] - theirs[branch]) for branch in theirs) <= 1e-6


def test_the_ratio_multiplies_the_reactance_and_makes_a_transformer(tmp_path):
    row = "1	4	0	0.0576	0	250	250	250	0	0	1"
    result = imported(tmp_path, (row, "1	4	0	0.0576	0	0	0	0	0.95	-5	1"))
    links = result.system.links
    assert column(links, "reactance_pu")["branch 1"] == pytest.approx(0.0576 * 0.95)
    assert column(links, "phase_shift_degrees")["branch 1"] == -5.0
    assert column(links, "kind")["branch 1"] == "transformer"
    assert column(links, "capacity")["branch 1"] == -1


def test_the_base_of_per_unit_is_turned_into_100_mva(tmp_path):
    links = imported(tmp_path, ("baseMVA = 100", "baseMVA = 50")).system.links
    assert column(links, "reactance_pu")["branch 1"] == pytest.approx(0.1152)


def test_what_is_out_of_service_or_isolated_is_told_of(tmp_path):
    result = imported(
        tmp_path,
        (
            "150	150	150	0	0	1	-360	360;\n	3",
            "150	150	150	0	0	0	-360	360;\n	3",
        ),
        ("1.025	100	1	270", "1.025	100	0	270"),
        ("9	1	125	50", "9	4	125	50"),
    )
    assert told(result, "dropped", "status 0") == ("branch 3",)
    assert told(result, "dropped", "generators out of service") == ("gen 3",)
    assert told(result, "dropped", "buses of type 4") == ("bus 9",)
    assert told(result, "dropped", "branches at an isolated bus") == ("branch 8", "branch 9")
    assert told(result, "dropped", "no use for") == ("mpc.gencost",)


def test_shunts_and_loads_that_are_dispatched_are_drawn(tmp_path):
    """Gs is drawn at 1 per unit; a generator with negative output is a load."""
    result = imported(
        tmp_path,
        ("5	1	90	30	0", "5	1	90	30	7"),
        ("3	85	-10.95", "3	-20	0"),
        ("1	270	10", "1	0	-30"),
    )
    assert column(result.system.nodes, "demand")["bus 5"] == 97_000_000
    assert column(result.system.nodes, "demand")["bus 3"] == 20_000_000
    assert told(result, "doubtful", "feed in less than nothing") == ("gen 3",)


def test_buses_go_by_their_names_where_there_are_some(tmp_path):
    names = (
        "mpc.bus_name = {\n"
        + "".join(f"\t'Town {n} (50% wind)';\n" for n in range(1, 9))
        + "\t'Town 1 (50% wind)';\n};\n"
    )
    nodes = imported(tmp_path, text=CASE9 + names).system.nodes
    assert set(nodes["id"]) == {"bus 1", "bus 9", *(f"Town {n} (50% wind)" for n in range(2, 9))}


def test_comments_commas_and_rows_on_one_line_make_no_difference(tmp_path):
    text = CASE9.replace("	", ", ").replace(";\n", "; % that's a remark; with [brackets]\n", 5)
    text = text.replace("mpc.gen = [\n", "%{\nmpc.gen = [ nonsense\n%}\nmpc.gen = [").replace(
        "10;\n,", "10;,"
    )
    assert_same_system(imported(tmp_path, text=text).system, imported(tmp_path).system)


def test_the_grid_is_drawn_where_one_wants_it(tmp_path):
    imported(tmp_path)
    nodes = read_matpower(tmp_path / "case.m", origin="-90,35").system.nodes
    assert nodes["longitude"].between(-90.1, -89.9).all()
    assert nodes["latitude"].between(34.9, 35.1).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("mpc.version = '2'", "mpc.version = '1'"), "format version '1'"),
        (("mpc.bus = [", "mpc.buses = ["), r"nothing is assigned to mpc\.bus\."),
        (("mpc.gencost", "mpc.branch(:, 4) = 0;\nmpc.gencost"), r"line 34, computes: 'mpc\.branch\("),
        (("mpc.gencost", "mpc = scale_load(2, mpc);\nmpc.gencost"), "computes"),
        (("mpc.gencost", "mpc.gen = [];\nmpc.gencost"), r"mpc\.gen is assigned a second time"),
        (("mpc.bus = [", "mpc.bus = load('bus') + ["), "bus, row 7: is not a matrix|bus, row 7 = .*is not a matrix"),
        (("mpc.baseMVA = 100", "mpc.baseMVA = sqrt(4)"), "baseMVA = 'sqrt.*is not a number"),
        (("mpc.baseMVA = 100", "mpc.baseMVA = 0"), "is below 1e-06 MVA"),
        (("mpc.baseMVA = 100", "mpc.baseMVA = NaN"), "is not a number"),
        (("5	1	90", "5	1	1e400"), "bus, row 12, Pd = '1e400': is not a finite number"),
        (("5	1	90", "5	1	Inf"), "bus, row 12, Pd = 'Inf': is not a number"),
        (("5	1	90", "5	1	2*45"), "bus, row 12, Pd = '2.45': is not a number"),
        (("5	1	90", "4	1	90"), "bus, row 12, bus_i = '4': repeats this id of row 11"),
        (("5	1	90", "9" * 5000 + "	1	90"), "bus, row 12, bus_i = .* too large"),
        (("	9	1	125	50	0	0	1	1	0", "	9	1	125;"), "bus, row 16 = .* has 3 of the 10 columns"),
        (("	4	5	0.017", "	4	55	0.017"), "branch, row 25, tbus = '55': is no bus. Did you mean 5?"),
        (("	3	85	", "	33	85	"), "gen, row 21, bus = '33': is no bus"),
        (("0.0576	0	250", "0.0576	0	-250"), "branch, row 24, rateA = '-250': is below 0 MVA"),
        (("3	0.11	5	150;\n];\n", ""), r"the bracket of mpc\.gencost is never closed"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(tmp_path, change, said):
    with pytest.raises(InvalidInput, match=said):
        imported(tmp_path, change)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no MATPOWER case"),
        (b"MATLAB 5.0 MAT-file", "savecase"),
        (b"\x80\x04\0\0", "is no text"),
        (b"mpc.bus = " + b"[" * 200_000, "no MATPOWER case|never closed"),
        (b"mpc.baseMVA = 1;\nmpc.bus=[];\nmpc.gen=[];\nmpc.branch=[];\n", "bus: has no rows"),
        (b"'" * 100_001 + b"%", "no MATPOWER case"),
    ],
)
def test_what_is_no_case_is_refused_with_one_message(tmp_path, data, said):
    path = tmp_path / "case.m"
    path.write_bytes(data)
    with pytest.raises(InvalidInput, match=said):
        read_matpower(path)
    with pytest.raises(InvalidInput, match="There is no file"):
        read_matpower(tmp_path / "nothing.m")
