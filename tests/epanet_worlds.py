"""Water networks for the tests: one made up, with a part of every sort, and those that come with WNTR."""

from pathlib import Path

import pytest

from lifeline.errors import InvalidInput
from lifeline.extras import needs

# In litres a second and metres. Demand pattern `day` is 0.5 at time 0 and 1 on average.
HAMLET = """\
[TITLE]
A hamlet with a part of every sort
[JUNCTIONS]
;ID  Elev  Demand  Pattern
J1   10    10      day
J2   12    20      day ; the mill
J3   5     0
J4   5     4
[RESERVOIRS]
LAKE  20
[TANKS]
;ID   Elev  Init  Min  Max  Diam  MinVol
TOWER 50    3     1    5    10    0
[PIPES]
;ID  From   To     Length  Diam  Rough  Loss  Status
A    J1     J2     1000    300   120    0.5   Open
B    J2     TOWER  500     600   110    0     CV
C    J1     J3     200     100   100    0     Closed
J3   J3     J4     100     150   100    0     Open
[PUMPS]
P    LAKE   J1     HEAD lift SPEED 0.5
[VALVES]
V1   J2     J3     200     PRV   25     2
V2   J2     J4     200     FCV   5      0
[PATTERNS]
day  0.5 1.5
[CURVES]
lift 40 60
odd  1 2
[CONTROLS]
LINK C OPEN AT TIME 6
[QUALITY]
J1 0.5
[COORDINATES]
J1     1000 0
J2     2000 0
J3     2000 500
J4     2100 500
LAKE   0    0
TOWER  2500 0
[OPTIONS]
Units LPS
Headloss H-W
[END]
"""


def wntr_networks() -> Path:
    """Return the folder of the networks that come with WNTR; the test is skipped, saying so, without WNTR."""
    try:
        wntr = needs("wntr", "water", "for this test")
    except InvalidInput as missing:
        pytest.skip(str(missing))
    return Path(wntr.__file__).parent / "library" / "networks"


def hamlet(folder: Path, *changes: tuple[str, str]) -> Path:
    """Write the hamlet, with some of its text exchanged, and return the file."""
    text = HAMLET
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "hamlet.inp"
    path.write_text(text, encoding="utf-8")
    return path
