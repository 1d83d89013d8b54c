"""What an operator can set, from the environment (LIFELINE_…) or a file `lifeline.toml`; the environment goes first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

MEBIBYTE = 2**20


class Settings(BaseSettings):
    """The service's settings; docs/operations.md lists them in a table."""

    model_config = SettingsConfigDict(env_prefix="LIFELINE_", toml_file="lifeline.toml", extra="ignore")

    data_folder: Path = Field(
        Path("lifeline-data"), description="Where app.db, jobs.db and the spool are kept."
    )
    database_url: str = Field(
        "",
        description="Database of the service, as SQLAlchemy writes it (postgresql+psycopg://…); blank: app.db in the "
        "data folder.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on; another one needs a key to exist.")
    port: int = Field(8765, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    processes: int = Field(
        1, ge=1, le=64, description="Processes that answer on the port; the first one also has the worker."
    )
    worker: bool = Field(True, description="Whether plans are worked out inside this process's own worker.")
    is_warm: bool = Field(
        True,
        description="Whether a process is kept that has everything loaded, so that children start at once.",
    )
    solve_slots: int = Field(
        4,
        ge=1,
        le=64,
        description="Plans worked out at the same time by one worker; a tenant has two at most, so that it never holds "
        "up another.",
    )
    solve_memory_bytes: int = Field(4096 * MEBIBYTE, ge=256 * MEBIBYTE, description="Memory of one solve.")
    solve_niceness: int = Field(
        19,
        ge=0,
        le=19,
        description="How far a solve steps back behind the service; 19: it runs only while nobody else wants to.",
    )
    question_seconds: float = Field(30.0, gt=0, description="Most seconds for a question that is no job.")
    allowed_hosts: tuple[str, ...] = Field(
        ("127.0.0.1", "localhost", "[::1]"),
        description="Host names under which the service answers; '*' for any.",
    )
    public_url: str = Field(
        "", description="The URL under which others reach the service; blank: as they asked."
    )
    audit_anchor: Path | None = Field(
        None,
        description="File that holds the head of the audit's chain; blank: audit.head in the data folder. Another disk "
        "is better.",
    )
    oidc_issuer: str = Field(
        "", description="Identity provider whose tokens count, as its `iss`; blank: none."
    )
    oidc_audience: str = Field("", description="The `aud` that tokens for this service carry.")
    oidc_keys_file: Path | None = Field(
        None, description="The provider's public keys (JWKS); blank: fetched from it every ten minutes."
    )
    oidc_tenant: str = Field("", description="Tenant of all its users, or else `oidc_tenant_claim`.")
    oidc_tenant_claim: str = ""
    oidc_roles_claim: str = Field("roles", description="Claim with the roles; a dot goes inside an object.")
    oidc_role_names: dict[str, str] = Field(
        default_factory=dict, description="The provider's group → our role; blank: our own names."
    )
    oidc_sectors_claim: str = Field("", description="Claim with the sectors a user is limited to.")
    oidc_owners_claim: str = Field("", description="Claim with the owners a user is limited to.")
    oidc_crew_claim: str = Field("", description="Claim with the crew of a user of role crew.")
    oidc_second_factor: tuple[str, ...] = Field(
        (), description="Values of `amr` of which one is needed to approve and to administer; blank: none is."
    )
    trusted_proxies: tuple[str, ...] = Field(
        (), description="Addresses or networks (10.0.0.0/8) whose X-Forwarded-For is believed."
    )
    rate_of_address: float = Field(
        500.0, gt=0, description="Requests a second of one address; twice as many at once."
    )
    rate_of_key: float = Field(
        300.0, gt=0, description="Requests a second of one key; twice as many at once."
    )
    rate_of_tenant: float = Field(
        600.0, gt=0, description="Requests a second of one tenant; twice as many at once."
    )
    streams_of_key: int = Field(250, ge=1, description="Event streams that one key may hold open.")
    streams_of_tenant: int = Field(1000, ge=1, description="Event streams that one tenant may hold open.")
    most_connections: int = Field(4000, ge=1, description="Connections at a time; see also LimitNOFILE.")
    header_seconds: float = Field(20.0, gt=0, description="Most seconds until a request's headers have come.")
    open_docs: bool = Field(False, description="Whether /docs and /openapi.json are open to everybody.")
    log_level: Annotated[str, Field(pattern="^(debug|info|warning|error)$")] = "info"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what the caller says first, then the environment, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def database(self) -> str:
        """Return the URL of the database."""
        return self.database_url or f"sqlite:///{self.data_folder / 'app.db'}"

    @property
    def jobs_database(self) -> str:
        """Return the URL of the job engine's database: a file of its own beside SQLite, else the same server."""
        if self.is_sqlite:
            return f"sqlite:///{self.data_folder / 'jobs.db'}"
        return self.database

    @property
    def is_sqlite(self) -> bool:
        """Tell whether everything is kept in files of the data folder."""
        return self.database.startswith("sqlite")

    @property
    def anchor(self) -> Path:
        """Return the file with the head of the audit's chain."""
        return self.audit_anchor or self.data_folder / "audit.head"

    @property
    def spool(self) -> Path:
        """Return the folder of systems on disk, named by their SHA-256; it may be deleted at any time."""
        return self.data_folder / "spool"
