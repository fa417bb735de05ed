"""The editors' screens."""

from . import accounts, contents, pages

__all__ = ["accounts", "contents", "pages"]
