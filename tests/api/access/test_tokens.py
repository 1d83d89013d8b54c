"""Tokens of an identity provider: every way of forging one that we know of, and the keys made here."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.access.key_sets import KeySet, KeySource
from api.access.rights import Role
from api.access.tokens import BadToken, TokenRules, caller_of_token, public_keys
from lifeline.errors import InvalidInput

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
RULES = TokenRules(issuer="https://id.example", audience="lifeline", tenant_claim="tenant")
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
STRANGER = ec.generate_private_key(ec.SECP256R1())
PRIVATE: dict[str, tuple[str, Any]] = {"r": ("RS256", RSA), "e": ("ES256", EC), "d": ("EdDSA", ED)}


def jwk(kid: str, algorithm: str, public: Any) -> dict[str, Any]:
    made = jwt.get_algorithm_by_name(algorithm)
    return {**made.to_jwk(public, as_dict=True), "kid": kid}


DOCUMENT = {"keys": [jwk(kid, alg, private.public_key()) for kid, (alg, private) in PRIVATE.items()]}
KEYS = public_keys(DOCUMENT)


def claims(**changed: Any) -> dict[str, Any]:
    seconds = int(NOW.timestamp())
    whole = {
        "iss": "https://id.example",
        "aud": "lifeline",
        "sub": "anna",
        "name": "Anna",
        "nbf": seconds - 60,
        "exp": seconds + 600,
        "tenant": "east",
        "roles": ["dispatcher"],
        **changed,
    }
    return {name: value for name, value in whole.items() if value is not None}


def signed(kid: str = "e", **changed: Any) -> str:
    algorithm, private = PRIVATE[kid]
    return jwt.encode(claims(**changed), private, algorithm=algorithm, headers={"kid": kid})


def by_hand(header: dict[str, Any], payload: dict[str, Any], secret: bytes = b"") -> str:
    """Make a token without PyJWT, which itself refuses to make the forged ones."""
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in (header, payload)
    ]
    body = ".".join(parts)
    mac = hmac.new(secret, body.encode(), hashlib.sha256).digest() if secret else b""
    return f"{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@pytest.mark.parametrize("kid", PRIVATE)
def test_a_token_in_each_algorithm_says_who_asks(kid: str) -> None:
    caller = caller_of_token(signed(kid), RULES, KEYS, now=NOW)
    assert (caller.tenant, caller.id, caller.name) == ("east", "oidc:anna", "Anna")
    assert caller.roles == {Role.DISPATCHER}
    assert caller.expires_at == NOW + timedelta(seconds=600)
    assert not caller.is_limited


def pem(private: Any) -> bytes:
    made: bytes = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return made


FORGED = {
    "alg none": by_hand({"alg": "none", "kid": "e"}, claims()),
    "alg None": by_hand({"alg": "None", "kid": "e"}, claims()),
    "HS256 with the public RSA key as secret": by_hand({"alg": "HS256", "kid": "r"}, claims(), pem(RSA)),
    "HS256 with the public EC key as secret": by_hand({"alg": "HS256", "kid": "e"}, claims(), pem(EC)),
    "another key under a known id": jwt.encode(claims(), STRANGER, algorithm="ES256", headers={"kid": "e"}),
    "an unknown key id": jwt.encode(claims(), EC, algorithm="ES256", headers={"kid": "x"}),
    "no key id": jwt.encode(claims(), EC, algorithm="ES256"),
    "the key of one id under another": jwt.encode(claims(), EC, algorithm="ES256", headers={"kid": "r"}),
    "a right key in an algorithm not allowed": jwt.encode(
        claims(), RSA, algorithm="RS512", headers={"kid": "r"}
    ),
    "its own key in the header": jwt.encode(
        claims(), STRANGER, algorithm="ES256", headers={"jwk": jwk("m", "ES256", STRANGER.public_key())}
    ),
    "a critical extension": jwt.encode(
        claims(), EC, algorithm="ES256", headers={"kid": "e", "crit": ["b64"], "b64": True}
    ),
    "expired": signed(exp=int(NOW.timestamp()) - 31),
    "not yet": signed(nbf=int(NOW.timestamp()) + 31),
    "another audience": signed(aud="billing"),
    "another issuer": signed(iss="https://evil.example"),
    "an issuer that only begins alike": signed(iss="https://id.example.evil"),
    "no tenant": signed(tenant=None),
    "a tenant that is no name": signed(tenant="../east"),
    "no roles": signed(roles=None),
    "roles as an object": signed(roles={"admin": True}),
    "no such time": signed(exp=10**18),
    "no token": "e.e.e",
    "nothing": "",
    "too long": "a" * 9000,
    **{f"without {name}": signed(**{name: None}) for name in ("iss", "aud", "sub", "exp", "nbf")},
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_is_refused_and_not_repeated(forged: str) -> None:
    with pytest.raises(BadToken) as refused:
        caller_of_token(forged, RULES, KEYS, now=NOW)
    assert forged[:40] not in str(refused.value) or not forged


def test_a_long_subject_is_shortened_for_the_log() -> None:
    caller = caller_of_token(signed(sub="a" * 200), RULES, KEYS, now=NOW)
    assert caller.id == "oidc:" + hashlib.sha256(b"a" * 200).hexdigest()


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_letter_changed_anywhere_is_noticed(part: int) -> None:
    parts = signed("r").split(".")
    middle = len(parts[part]) // 2
    parts[part] = (
        parts[part][:middle] + ("A" if parts[part][middle] != "A" else "B") + parts[part][middle + 1 :]
    )
    with pytest.raises(BadToken):
        caller_of_token(".".join(parts), RULES, KEYS, now=NOW)


def test_roles_cannot_be_exchanged_under_the_old_signature() -> None:
    header, _, signature = signed().split(".")
    richer = by_hand({}, claims(roles=["admin"])).split(".")[1]
    with pytest.raises(BadToken, match="signature"):
        caller_of_token(f"{header}.{richer}.{signature}", RULES, KEYS, now=NOW)


def test_claims_are_read_where_the_configuration_says() -> None:
    rules = TokenRules(
        issuer="https://id.example",
        audience="lifeline",
        tenant="east",
        roles_claim="realm_access.roles",
        sectors_claim="lifeline_sectors",
        owners_claim="https://x.example/owners",
        role_names={"Leitstelle": Role.DISPATCHER},
    )
    token = signed(
        realm_access={"roles": ["Leitstelle", "admin"]},
        lifeline_sectors="power gas",
        **{"https://x.example/owners": ["grid-ag"]},
    )
    caller = caller_of_token(token, rules, KEYS, now=NOW)
    assert caller.roles == {Role.DISPATCHER}  # the provider's "admin" is nothing here
    assert caller.sectors == {"power", "gas"}
    assert caller.owners == {"grid-ag"}
    with pytest.raises(BadToken, match="lifeline_sectors"):
        caller_of_token(signed(realm_access={"roles": []}), rules, KEYS, now=NOW)


def test_without_a_second_factor_nobody_approves() -> None:
    rules = TokenRules(
        issuer="https://id.example",
        audience="lifeline",
        tenant="east",
        second_factor=frozenset({"mfa", "hwk"}),
    )
    once = caller_of_token(signed(roles=["viewer", "approver"]), rules, KEYS, now=NOW)
    twice = caller_of_token(signed(roles=["viewer", "approver"], amr=["pwd", "mfa"]), rules, KEYS, now=NOW)
    assert once.roles == {Role.VIEWER}
    assert twice.roles == {Role.VIEWER, Role.APPROVER}


def test_a_crews_token_of_more_than_a_day_is_refused() -> None:
    rules = TokenRules(issuer="https://id.example", audience="lifeline", tenant="east", crew_claim="crew")
    day = int(NOW.timestamp()) + 86_400
    assert caller_of_token(signed(roles=["crew"], crew="red", exp=day), rules, KEYS, now=NOW).crew == "red"
    for wrong in (
        signed(roles=["crew"], crew="red", exp=day + 1),
        signed(roles=["crew"]),
        signed(roles=["crew", "admin"], crew="red"),
    ):
        with pytest.raises(BadToken):
            caller_of_token(wrong, rules, KEYS, now=NOW)


def test_a_key_set_with_a_shared_secret_is_refused_and_other_keys_are_left_out() -> None:
    with pytest.raises(InvalidInput, match="shared secret"):
        public_keys({"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "s"}]})
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    for document in (
        {},
        {"keys": []},
        {"keys": [{**jwk("e", "ES256", EC.public_key()), "use": "enc"}]},
        {"keys": [jwk("w", "RS256", weak.public_key())]},
        {"keys": [7]},
    ):
        with pytest.raises(InvalidInput):
            public_keys(document)


def test_rules_that_would_let_anybody_in_are_refused() -> None:
    for given in (
        {"issuer": "", "audience": "a", "tenant": "t"},
        {"issuer": "i", "audience": "", "tenant": "t"},
        {"issuer": "i", "audience": "a"},
        {"issuer": "i", "audience": "a", "tenant": "t", "tenant_claim": "c"},
    ):
        with pytest.raises(InvalidInput):
            TokenRules(**given)


def test_keys_are_read_from_a_file_and_kept_when_it_is_broken(tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(DOCUMENT))
    keys = KeySet(KeySource("https://id.example", file))
    assert keys.refresh() == ""
    assert set(keys.keys) == {"r", "e", "d"}
    file.write_text("[" * 100_000)
    assert "not JSON" in keys.refresh()
    file.unlink()
    assert "jwks.json" in keys.refresh()
    assert set(keys.keys) == {"r", "e", "d"}


def test_keys_are_never_fetched_in_the_clear() -> None:
    assert "https" in KeySet(KeySource("http://id.example")).refresh()
    assert "https" in KeySet(KeySource("file:///etc/passwd")).refresh()
