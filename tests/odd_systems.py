"""Systems with the oddest names and texts that are allowed, for hypothesis."""

from hypothesis import strategies as st

from lifeline.system import Settings, System
from lifeline.tables import SECTORS
from lifeline.values import name_trouble

NASTY = [
    "NA",
    "nan",
    "007",
    "1e5",
    "true",
    "null",
    "-",
    "a,b",
    'say "hi"',
    "ß東",
    "=1+1",
    "1.0",
    "'",
    "a;b",
    "\ufeffx",
]
NAMES = st.one_of(
    st.sampled_from(NASTY), st.text(min_size=1, max_size=6).filter(lambda name: not name_trouble(name))
)
TEXTS = st.one_of(
    st.sampled_from(["", " ", "\n", "\r\n", "\r", '"', '""', ",", " a", "a ", "\x00", "\ttab", *NASTY]),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=8),
)
MINUTES = st.integers(0, 10_000)


@st.composite
def odd_systems(draw):
    """Draw a system with every table in use."""
    ids = draw(st.lists(NAMES, min_size=4, max_size=8, unique=True))
    nodes = [
        {
            "id": name,
            "sector": "power",
            "kind": draw(TEXTS),
            "owner": draw(TEXTS),
            "source": draw(st.booleans()),
            "longitude": draw(st.floats(-180, 180)),
            "latitude": draw(st.floats(-90, 90)),
        }
        for name in ids[:-1]
    ]
    link = {"id": ids[-1], "sector": "power", "from_node": ids[0], "to_node": ids[1], "kind": draw(TEXTS)}
    links = [{**link, "length_km": draw(st.none() | st.floats(0, 100)), "directed": draw(st.booleans())}]
    group = draw(NAMES)
    customers = draw(st.lists(NAMES, max_size=3, unique=True))
    crews = draw(st.lists(NAMES, max_size=2, unique=True))
    tables = {
        "nodes": nodes,
        "links": links,
        "dependencies": [
            {
                "dependent": ids[0],
                "provider": provider,
                "group": group,
                "buffer_minutes": 7,
                "kind": draw(TEXTS),
            }
            for provider in ids[1:3]
        ],
        "customers": [
            {"id": name, "name": draw(TEXTS), "district": draw(TEXTS), "persons": draw(st.integers(0, 10**9))}
            for name in customers
        ],
        "supplies": [
            {"customer": name, "service": "power", "node": node, "share": share, "weight_permille": 10}
            for name in customers
            for node, share in ((ids[0], 1 / 3), (ids[1], 2 / 3))
        ],
        "crews": [
            {
                "id": name,
                "skills": f"power;{draw(NAMES)}",
                "longitude": 0,
                "latitude": 0,
                "owner": draw(TEXTS),
            }
            for name in crews
        ],
        "shifts": [{"crew": name, "start_minute": 5, "end_minute": 500} for name in crews],
        "damage": [
            {
                "component": ids[-1],
                "repair_minutes": draw(st.none() | st.integers(1, 99)),
                "skill": draw(TEXTS),
            }
        ],
        "repair_times": [
            {"sector": sector, "kind": draw(TEXTS), "minutes": draw(MINUTES), "source": draw(TEXTS)}
            for sector in SECTORS
        ],
    }
    settings = Settings(
        name=draw(TEXTS), description=draw(TEXTS), sources=draw(TEXTS), timezone="Asia/Kathmandu"
    )
    return System.from_tables(tables, settings)
