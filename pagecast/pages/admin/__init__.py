"""The editors' screens."""

from . import accounts, content_list, contents, pages

__all__ = ["accounts", "content_list", "contents", "pages"]
