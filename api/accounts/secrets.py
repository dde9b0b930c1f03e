"""Random secrets and their hashes, and the key that seals contacts."""

from __future__ import annotations

import hashlib
import hmac
import secrets as random_secrets
from enum import StrEnum

from cryptography.fernet import Fernet, InvalidToken

from geo.errors import BadInput

SECRET_BYTES = 32
MAX_SECRET_CHARS = 200


class SecretKind(StrEnum):
    """The prefix says what a secret is for, so that a scanner finds one that leaked into a file."""

    TOKEN = "gwt"
    LINK = "gwl"
    SESSION = "gws"


def new_secret(kind: SecretKind) -> str:
    """256 random bits in URL-safe text, e.g. ``gwt_Zk3...``."""
    return f"{kind}_{random_secrets.token_urlsafe(SECRET_BYTES)}"


def digest(secret: str) -> str:
    """What is kept of a secret: SHA-256, hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


def kind_of(secret: str) -> SecretKind | None:
    """The kind that a secret claims to be, None for anything else."""
    prefix, _, rest = secret[:MAX_SECRET_CHARS].partition("_")
    known = {kind.value for kind in SecretKind}
    return SecretKind(prefix) if rest and prefix in known and len(secret) <= MAX_SECRET_CHARS else None


def same_digest(kept: str, secret: str) -> bool:
    """Whether ``secret`` is the one kept, in constant time."""
    return hmac.compare_digest(kept, digest(secret))


class Sealer:
    """Encrypts contacts (AES-128-CBC with HMAC-SHA256, i.e. Fernet). Implements ``geo.desk.tx.Sealer``."""

    def __init__(self, key: str) -> None:
        self._fernet = Fernet(key)
        self._key = key.encode()

    @staticmethod
    def new_key() -> str:
        return Fernet.generate_key().decode()

    def seal(self, text: str) -> str:
        """Encrypt; the same text gives another result each time."""
        return self._fernet.encrypt(text.encode()).decode()

    def fingerprint(self, content: bytes) -> str:
        """What tells a content from another, to be kept in the store: HMAC-SHA256, hexadecimal.

        A plain hash would tell a contact: all else of a report stands beside it, and phone numbers are few.
        """
        return hmac.new(self._key, content, hashlib.sha256).hexdigest()

    def open(self, sealed: str) -> str:
        """Decrypt. BadInput when it was sealed with another key or changed."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise BadInput(
                "This contact was sealed with another key: restore the accounts file that belongs to this store."
            ) from None
