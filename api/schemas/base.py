"""What bodies share: how strictly they are read, and how they show an example of themselves."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

UtcText = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", description="UTC.")]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$", description="Local date of the jurisdiction.")]


def example(*bodies: dict[str, Any]) -> ConfigDict:
    """Examples of a model, as the API's description shows them. Every name and number in them is made up."""
    return ConfigDict(json_schema_extra={"examples": list(bodies)})


class Body(BaseModel):
    """A request body: a field that nobody knows is a mistake to name, not to ignore."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @field_validator("*", mode="before")
    @classmethod
    def _no_zero_bytes(cls, value: object) -> object:
        """PostgreSQL keeps no such letter; both stores answer alike."""
        texts = value if isinstance(value, list | tuple) else [value]
        if any(isinstance(each, str) and "\0" in each for each in texts):
            raise ValueError("text cannot hold a zero byte")
        return value


class Told(BaseModel):
    """The body of an answer, for the description. Routes answer without it; tests hold every answer against it."""
