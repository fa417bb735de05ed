"""Pages to look at on the first start, with films and sounds made at that moment."""

from .pages import make, wanted

__all__ = ["make", "wanted"]
