"""Signing in."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.base import Body, example


class SignIn(Body):
    """The secret of a sign-in link, from the link's fragment, or the token of a wall screen."""

    model_config = example({"token": "gwl_made-up-secret"})

    token: Annotated[str, Field(min_length=10, max_length=200)]
