"""Nothing that runs code out of data is called where data may be anybody's."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("api", "lifeline", "solvers", "scenarios")

# Modules that make objects out of bytes by running what the bytes say.
BANNED_IMPORTS = {
    "pickle",
    "cPickle",
    "dill",
    "cloudpickle",
    "shelve",
    "marshal",
    "jsonpickle",
    "joblib",
    "torch",
}
BANNED_NAMES = {"eval", "exec", "compile", "__import__"}
# As they end: `yaml.load`, `pandapower.from_json`, `pp.from_json`, `pd.read_pickle`, `os.system`.
BANNED_ATTRIBUTES = {
    "unsafe_load",
    "full_load",
    "read_pickle",
    "from_pickle",
    "to_pickle",
    "from_json_string",
    "from_json_dict",
    "system",
    "popen",
    "getoutput",
    "getstatusoutput",
}
BANNED_OF = {("yaml", "load"), ("re", "template"), ("os", "execvp"), ("subprocess", "getoutput")}
LOADERS_OF_CODE = {"pandapower", "pandapipes", "pp", "ppipes"}


def findings(tree: ast.Module) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [f"import {alias.name}" for alias in node.names if _top(alias.name) in BANNED_IMPORTS]
        elif (
            isinstance(node, ast.ImportFrom) and not node.level and _top(node.module or "") in BANNED_IMPORTS
        ):
            found.append(f"from {node.module}")
        elif isinstance(node, ast.Call):
            found += _call(node)
    return found


def _call(node: ast.Call) -> list[str]:
    found = [
        f"{word.arg}=True"
        for word in node.keywords
        if word.arg in {"shell", "allow_pickle"}
        and not (isinstance(word.value, ast.Constant) and word.value.value is False)
    ]
    if isinstance(node.func, ast.Name) and node.func.id in BANNED_NAMES | {"from_json"}:
        found.append(node.func.id)
    if isinstance(node.func, ast.Attribute):
        name, of = node.func.attr, ast.unparse(node.func.value)
        is_ours = of in {"self", "cls"} or of.split(".")[0] == "platform"
        if (
            name in BANNED_ATTRIBUTES
            and not is_ours
            and of in {"os", "subprocess", "pd", "yaml", *LOADERS_OF_CODE}
        ) or ((of, name) in BANNED_OF or (of in LOADERS_OF_CODE and name == "from_json")):
            found.append(f"{of}.{name}")
    return found


def _top(module: str) -> str:
    return module.split(".")[0]


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_banned_is_called(package: str) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    told = {
        f"{path.relative_to(ROOT)}: {what}"
        for path in files
        for what in findings(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert not told


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from marshal import loads",
        "eval(text)",
        "exec(text)",
        "yaml.load(text)",
        "pandapower.from_json(file)",
        "pp.from_json(file)",
        "numpy.load(file, allow_pickle=True)",
        "subprocess.run(line, shell=True)",
        "subprocess.run(line, shell=wanted)",
        "os.system(line)",
        "pd.read_pickle(file)",
    ],
)
def test_the_list_finds_what_it_is_for(line: str) -> None:
    assert findings(ast.parse(line))


def test_the_list_lets_through_what_is_harmless() -> None:
    harmless = (
        "re.compile(x)\nplatform.system()\nself.system(x)\nPlan.from_json(x)\nnp.load(f, allow_pickle=False)"
    )
    assert not findings(ast.parse(harmless))


# What can call another machine. Only the identity provider's keys are fetched, from an address in the settings.
CALLERS = {
    "aiohttp",
    "ftplib",
    "http.client",
    "httpx",
    "requests",
    "smtplib",
    "urllib.request",
    "urllib3",
    "websockets",
}
MAY_CALL = {"api/access/key_sets.py"}


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_calls_another_machine_but_what_fetches_the_identity_providers_keys(package: str) -> None:
    calling = {
        str(path.relative_to(ROOT))
        for path in (ROOT / package).rglob("*.py")
        if not modules_in(ast.parse(path.read_text(encoding="utf-8"))).isdisjoint(CALLERS)
    }
    assert calling == {path for path in MAY_CALL if path.startswith(f"{package}/")}


def modules_in(tree: ast.Module) -> set[str]:
    """Return the modules that are imported, and the packages that they are in."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names | {_top(name) for name in names}
