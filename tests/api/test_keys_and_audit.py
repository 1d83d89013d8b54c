"""`lifeline keys` and `lifeline audit`, on the machine of the service."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from api.access.keys import SHOWN_KEY
from api.commands.serve import refuse_an_open_house
from api.settings import Settings
from api.store.database import Database
from lifeline.errors import InvalidInput

Run = Callable[..., Any]


def test_a_key_is_printed_once_listed_without_its_secret_and_taken_back(
    lifeline: Run, tmp_path: Path
) -> None:
    made = lifeline(
        "keys", "create", "desk 2", "--role", "dispatcher", "--role", "approver", "--data", tmp_path
    )
    shown = made.out.strip()
    key = SHOWN_KEY.fullmatch(shown)
    assert key is not None
    listed = lifeline("keys", "list", "--data", tmp_path).out
    assert f"{key[1]}  local  desk 2  approver dispatcher  until revoked" in listed
    assert key[2] not in listed
    assert lifeline("keys", "revoke", shown, "--data", tmp_path).code == 0
    assert re.search(r"revoked 20\d\d-", lifeline("keys", "list", "--data", tmp_path).out)
    assert key[2].encode() not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--role", "king"], "'king' is no role"),
        (["--role", "viewer", "--sector", "powr"], "Did you mean 'power'?"),
        (["--role", "crew"], "goes with the name of one crew"),
        (["--role", "crew", "--crew", "red", "--hours", "25"], "24 hours"),
        (["--role", "viewer", "--tenant", "East Side"], "is not a name"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(
    lifeline: Run, tmp_path: Path, words: list[str], said: str
) -> None:
    answer = lifeline("keys", "create", "x", *words, "--data", tmp_path)
    assert answer.code == 2
    assert said in answer.err
    assert "llk_" not in answer.out


def test_an_unknown_key_cannot_be_taken_back(lifeline: Run, tmp_path: Path) -> None:
    answer = lifeline("keys", "revoke", "0123456789ab", "--data", tmp_path)
    assert answer.code == 2
    assert "There is no key '0123456789ab'" in answer.err


def test_the_audit_is_verified_exported_and_found_out_when_changed(lifeline: Run, tmp_path: Path) -> None:
    data = ("--data", tmp_path)
    lifeline("keys", "create", "a", "--role", "viewer", *data)
    lifeline("keys", "create", "b", "--role", "admin", *data)
    assert "The audit is whole: 2 rows" in lifeline("audit", "verify", *data).out
    assert lifeline("audit", "export", tmp_path / "audit.jsonl", *data).code == 0
    rows = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert [(row["action"], row["details"].get("roles")) for row in rows] == [
        ("key.created", "viewer"),
        ("key.created", "admin"),
        ("export", None),
    ]
    database = Database(f"sqlite:///{tmp_path / 'app.db'}")
    database.write_now(lambda c: c.execute(text("UPDATE audit SET who = 'nobody' WHERE number = 2")) and None)
    changed = lifeline("audit", "verify", *data)
    assert changed.code == 1
    assert "row 2 was changed" in changed.err
    database.write_now(lambda c: c.execute(text("DELETE FROM audit WHERE number >= 2")) and None)
    database.close()
    cut = lifeline("audit", "verify", *data)
    assert cut.code == 1
    assert "row 2 is missing: rows were anchored up to 3" in cut.err
    assert lifeline("audit", "anchor", "--reason", "restored the backup of Monday", *data).code == 0
    assert "The audit is whole: 2 rows" in lifeline("audit", "verify", *data).out


def test_without_a_key_the_service_listens_on_this_machine_only(lifeline: Run, tmp_path: Path) -> None:
    refuse_an_open_house(Settings(data_folder=tmp_path))
    for host in ("0.0.0.0", "192.0.2.1", "city.example"):
        with pytest.raises(InvalidInput, match="There is no key yet"):
            refuse_an_open_house(Settings(data_folder=tmp_path, host=host))
    lifeline("keys", "create", "a", "--role", "admin", "--data", tmp_path)
    refuse_an_open_house(Settings(data_folder=tmp_path, host="0.0.0.0"))
