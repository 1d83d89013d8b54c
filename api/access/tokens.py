"""Tokens of an identity provider (OIDC, signed JWTs): checked against its public keys, off unless configured."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from api.access.caller import Caller, longest_for_a_crew
from api.access.rights import Role
from lifeline.errors import InvalidInput, LifelineError

if TYPE_CHECKING:
    from jwt import PyJWK

ALGORITHMS = ("RS256", "ES256", "EdDSA")
"Signatures by a key that only the issuer has. Never none; never HS*, whose key to check is the key to forge."

_ALGORITHM_OF = {("RSA", ""): "RS256", ("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA"}

MOST_TOKEN_CHARACTERS = 8_192
MOST_SUBJECT_CHARACTERS = 75
LEAST_RSA_BITS = 2_048
LEEWAY_SECONDS = 30
"How far the issuer's clock and ours may differ."


class BadToken(LifelineError):  # noqa: N818 - the word for it
    """A token that proves nothing; the message says what is wrong with it and repeats none of it."""


@dataclass(frozen=True)
class TokenRules:
    """Whose tokens count here, and which claim says what. A dot in a claim's name goes inside: `realm_access.roles`.

    A claim that is configured must be in the token. `role_names` maps the provider's names of groups to roles here;
    None takes our own names. `tenant` holds where no claim says it. `second_factor`, if not empty, are the values of
    `amr` of which one must be there for the roles approver and admin to count.
    """

    issuer: str
    audience: str
    roles_claim: str = "roles"
    tenant_claim: str = ""
    tenant: str = ""
    sectors_claim: str = ""
    owners_claim: str = ""
    crew_claim: str = ""
    name_claim: str = "name"
    role_names: Mapping[str, Role] | None = None
    second_factor: frozenset[str] = field(default=frozenset())

    def __post_init__(self) -> None:
        """Refuse rules under which anybody's token, or a token of no tenant, would count."""
        if not self.issuer or not self.audience:
            raise InvalidInput(
                "Tokens need an issuer and an audience; without both, other services' tokens count."
            )
        if bool(self.tenant) == bool(self.tenant_claim):
            raise InvalidInput(
                "Tokens need either one tenant for all or the claim that names it, and not both."
            )


def public_keys(document: Mapping[str, Any]) -> dict[str, PyJWK]:
    """Return the issuer's signing keys by key id, out of its JWKS document.

    Keys of other kinds, for encryption, weak or without an id are left out; a shared secret is refused aloud.
    """
    from jwt import PyJWK, PyJWKError

    listed = document.get("keys")
    if not isinstance(listed, list):
        raise InvalidInput('The key set is no JWKS document: it has no list "keys".')
    keys: dict[str, PyJWK] = {}
    for entry in listed:
        if not isinstance(entry, Mapping):
            continue
        if entry.get("kty") == "oct":
            raise InvalidInput('The key set holds a shared secret ("kty": "oct"); give public keys only.')
        algorithm = _ALGORITHM_OF.get((str(entry.get("kty")), str(entry.get("crv", ""))))
        key_id = entry.get("kid")
        other_use = entry.get("use", "sig") != "sig" or entry.get("alg", algorithm) != algorithm
        if algorithm is None or other_use or not isinstance(key_id, str):
            continue
        try:
            key = PyJWK(dict(entry), algorithm)
        except (PyJWKError, ValueError) as bad:
            raise InvalidInput(f"The key {key_id[:80]!r} of the key set cannot be read: {bad}") from None
        if algorithm != "RS256" or key.key.key_size >= LEAST_RSA_BITS:
            keys[key_id] = key
    if not keys:
        raise InvalidInput(f"The key set has no key with an id for {', '.join(ALGORITHMS)}.")
    return keys


def caller_of_token(token: str, rules: TokenRules, keys: Mapping[str, PyJWK], *, now: datetime) -> Caller:
    """Return who the token says is asking, once its signature, issuer, audience and times are right; else BadToken."""
    claims = _proven_claims(token, rules, keys, now)
    expires_at = datetime.fromtimestamp(claims["exp"], UTC)
    roles = _roles(claims, rules)
    crew = _text(claims, rules.crew_claim) if rules.crew_claim and Role.CREW in roles else None
    if crew is not None and expires_at > longest_for_a_crew(now):
        raise BadToken("The token is a crew's and lives longer than a day.")
    subject = _text(claims, "sub")
    try:
        return Caller(
            tenant=rules.tenant or _text(claims, rules.tenant_claim),
            id=_short_id(subject),
            name=str(_claim(claims, rules.name_claim) or subject)[:200],
            roles=roles,
            sectors=_names(claims, rules.sectors_claim) if rules.sectors_claim else None,
            owners=_names(claims, rules.owners_claim) if rules.owners_claim else None,
            crew=crew,
            expires_at=expires_at,
        )
    except InvalidInput as bad:
        raise BadToken(str(bad)) from None


def _proven_claims(token: str, rules: TokenRules, keys: Mapping[str, PyJWK], now: datetime) -> dict[str, Any]:
    import jwt

    if len(token) > MOST_TOKEN_CHARACTERS:
        raise BadToken(f"The token is longer than {MOST_TOKEN_CHARACTERS} characters.")
    try:
        header = jwt.get_unverified_header(token)
        # The header only chooses among the issuer's own keys; the key says which algorithm it is for.
        key = keys.get(str(header.get("kid")))
        if key is None:
            raise BadToken("The token is signed with a key that the issuer's key set does not have.")
        if header.get("alg") != key.algorithm_name or "crit" in header:
            raise BadToken("The token is signed in a way that its key is not for.")
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[key.algorithm_name],
            audience=rules.audience,
            issuer=rules.issuer,
            options={
                "require": ["iss", "aud", "sub", "exp", "nbf"],
                "verify_exp": False,
                "verify_nbf": False,
            },
        )
    except jwt.PyJWTError as bad:
        raise BadToken(f"The token does not hold: {_reason(bad)}.") from None
    _check_times(claims, now)
    return claims


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    """Refuse a token before its time and after it; checked here because tests bring their own clock."""
    begins, ends = claims["nbf"], claims["exp"]
    for moment in (begins, ends):
        # Seconds up to the year 2255: beyond, Python's clock itself could fail.
        if isinstance(moment, bool) or not isinstance(moment, int | float) or not 0 <= moment <= 9e9:
            raise BadToken("The token's times are no seconds since 1970.")
    second = now.timestamp()
    if second >= ends + LEEWAY_SECONDS:
        raise BadToken("The token has expired; get a new one from the identity provider.")
    if second < begins - LEEWAY_SECONDS:
        raise BadToken("The token is not valid yet; compare the clocks of both machines.")


def _reason(bad: Exception) -> str:
    """Say what kind of error it was; PyJWT's own words may quote the token."""
    words = {
        "InvalidSignatureError": "its signature is wrong",
        "InvalidAudienceError": "it is for somebody else (aud)",
        "InvalidIssuerError": "it is from somebody else (iss)",
        "MissingRequiredClaimError": "one of iss, aud, sub, exp and nbf is missing",
    }
    return words.get(type(bad).__name__, "it cannot be read")


def _short_id(subject: str) -> str:
    """Return the caller's id; logs and tables hold 80 characters."""
    short = len(subject) <= MOST_SUBJECT_CHARACTERS and subject.isprintable()
    return f"oidc:{subject if short else hashlib.sha256(subject.encode()).hexdigest()}"


def _roles(claims: Mapping[str, Any], rules: TokenRules) -> frozenset[str]:
    ours: Mapping[str, Role] = (
        rules.role_names if rules.role_names is not None else {r.value: r for r in Role}
    )
    roles = frozenset(ours[name] for name in _names(claims, rules.roles_claim) if name in ours)
    if rules.second_factor and rules.second_factor.isdisjoint(_listed(claims.get("amr"))):
        roles -= {Role.APPROVER, Role.ADMIN}
    return roles


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    value: Any = claims.get(name)
    if value is None:
        value = claims
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = _claim(claims, name)
    if not isinstance(value, str) or not value or len(value) > 200:
        raise BadToken(f"The token has no text of up to 200 characters in its claim {name!r}.")
    return value


def _names(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    value = _claim(claims, name)
    if not isinstance(value, str | list):
        raise BadToken(f"The token has no name or list of names in its claim {name!r}.")
    return frozenset(_listed(value))


def _listed(value: object) -> Iterable[str]:
    """Read a claim that is one name, names with blanks between (as in `scope`), or a list of names."""
    if isinstance(value, str):
        return value.split()
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
