"""What all documents have in common: they cannot be changed, and hold nothing that is not named."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Minute = Annotated[int, Field(description="Whole minutes after the incident's time zero.")]
Persons = Annotated[int, Field(ge=0, description="Whole persons.")]
Clock = Annotated[
    str | None,
    Field(
        description="ISO 8601 with offset, in the system's time zone; null outside the years of a calendar."
    ),
]


class Document(BaseModel):
    """A document, or a part of one."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Said(Document):
    """One sentence or a few words, in every language there is."""

    en: str
    zh: str
