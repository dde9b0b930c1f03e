"""Who can sign in and what they may do: a second file beside the store, readable by its owner only."""

from api.accounts.file import Accounts

__all__ = ["Accounts"]
