"""The editors' screens."""

from . import accounts, content_list, contents, live, pages, upload_uses

__all__ = ["accounts", "content_list", "contents", "live", "pages", "upload_uses"]
