"""Subtitles of every sort, made into the one that browsers play: WebVTT in UTF-8."""

from .converting import LIMIT, Converted, convert
from .languages import language_of

__all__ = ["LIMIT", "Converted", "convert", "language_of"]
