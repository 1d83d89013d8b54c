"""The tables of the service, for SQLite and PostgreSQL alike.

Moments are text in RFC 3339, UTC, to the millisecond, so that they sort as they are; see `moment_of`.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMES)

Id = String(80)
Moment = String(24)
Sha256 = String(64)


def moment_of(instant: datetime) -> str:
    """Return an instant as it is stored: 2026-11-23T06:00:00.000Z."""
    utc = instant.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def now() -> str:
    """Return this moment as it is stored."""
    return moment_of(datetime.now(UTC))


blob = Table(
    "blob",
    metadata,
    Column("sha256", Sha256, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
)
"Bytes by their SHA-256: systems as zips."

tenant = Table(
    "tenant",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", Id, primary_key=True),
    Column("tenant", Id, ForeignKey("tenant.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("secret_sha256", Sha256, nullable=False),
    Column("roles", JSON, nullable=False),
    Column("sectors", JSON(none_as_null=True)),
    Column("owners", JSON(none_as_null=True)),
    Column("crew", Id),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Id, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
)

system = Table(
    "system",
    metadata,
    Column("tenant", Id, primary_key=True),
    Column("name", Id, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("sha256", Sha256, ForeignKey("blob.sha256"), nullable=False),
    Column("summary", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Id, nullable=False),
)
"An inventory as it was uploaded; a version never changes."

incident = Table(
    "incident",
    metadata,
    Column("id", Id, primary_key=True),
    Column("tenant", Id, nullable=False),
    Column("name", Text, nullable=False),
    Column("system", Id, nullable=False),
    Column("system_version", Integer, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("is_drill", Boolean, nullable=False),
    Column("is_closed", Boolean, nullable=False),
    Column("replans", Boolean, nullable=False),
    Column("tables", JSON, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Id, nullable=False),
    ForeignKeyConstraint(
        ["tenant", "system", "system_version"], ["system.tenant", "system.name", "system.version"]
    ),
    Index(None, "tenant", "created_at", "id"),
)
"One event. `tables` are the damage, crews and shifts that replace those of the system, as rows."

event = Table(
    "event",
    metadata,
    Column("incident", Id, ForeignKey("incident.id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Id, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("happened_minute", BigInteger, nullable=False),
    Column("reported_at", Moment, nullable=False),
    Column("who", Id, nullable=False),
    Column("body", JSON, nullable=False),
    Index(None, "incident", "id", unique=True),
)
"The append-only log of an incident; `seq` has no gaps."

job = Table(
    "job",
    metadata,
    Column("id", Id, primary_key=True),
    Column("tenant", Id, nullable=False),
    Column("incident", Id, ForeignKey("incident.id")),
    Column("kind", String(40), nullable=False),
    Column("status", String(12), nullable=False),
    Column("progress", Integer, nullable=False),
    Column("message", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("request", JSON, nullable=False),
    Column("best", JSON(none_as_null=True)),
    Column("result", JSON(none_as_null=True)),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Id, nullable=False),
    Column("started_at", Moment),
    Column("updated_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("deadline_at", Moment, nullable=False),
    Index(None, "tenant", "created_at", "id"),
    Index(None, "status"),
)
"Long work. `best` is the best plan so far while it runs; the end is written once."

plan = Table(
    "plan",
    metadata,
    Column("id", Id, primary_key=True),
    Column("incident", Id, ForeignKey("incident.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("job", Id, ForeignKey("job.id"), nullable=False, unique=True),
    Column("sha256", Sha256, nullable=False),
    Column("label", String(20), nullable=False),
    Column("summary", JSON, nullable=False),
    Column("documents", JSON, nullable=False),
    Column("made_at_seq", BigInteger, nullable=False),
    Column("made_at_minute", BigInteger, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Id, nullable=False),
    Column("stale_since", Moment),
    Column("approved_at", Moment),
    Column("approved_by", Id),
    Index(None, "incident", "version", unique=True),
)
"A plan that was made for an incident. `documents` holds the plan itself and what was worked out with it."

answer = Table(
    "answer",
    metadata,
    Column("tenant", Id, primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("request_sha256", Sha256, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Moment, nullable=False, index=True),
)
"What a request with an Idempotency-Key was answered, kept for seven days."

audit = Table(
    "audit",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("tenant", Id, nullable=False),
    Column("who", Id, nullable=False),
    Column("action", String(60), nullable=False),
    Column("target", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("previous", Sha256, nullable=False),
    Column("hash", Sha256, nullable=False),
)
"Who did what, each row chained to the one before by its hash; `details` is JSON, kept as the text that was hashed."
