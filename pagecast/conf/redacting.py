"""What is secret never reaches a log, whoever wrote the line: a library, a traceback, a request."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from structlog.types import EventDict

HIDDEN = "[hidden]"
# Shorter ones would hide half of the words of a line.
SHORTEST = 8

# The word is taken whole once it is known that there is such a part in it: any other way takes time by the
# square of its length, and a stranger may send hundreds of kilobytes.
_NAME = (
    r"(?<![\w.-])(?=[\w.-]*?(?:token|secret|passwor[dt]|passwd|signature|credential|api[_-]?key|access[_-]?key"
    r"|sessionid|csrf))[\w.-]++"
)
# Between a name and its value, in an address, in a header, and in a dictionary or bytes that were printed.
_IS = r"\\?['\"]?\s*[:=,]\s*(?:b?\\?['\"])?"
_PATTERNS = (
    # scheme://user:password@host
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,20}://[^\s/:@'\"]*):[^\s'\"]*@"), rf"\1:{HIDDEN}@"),
    (re.compile(rf"(?i)(authorization{_IS})[^'\"\\\n]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    # Hashes of passwords: a database quotes the whole row that it does not take.
    (re.compile(r"\b((?:pbkdf2_sha\d+|argon2|bcrypt\w*|scrypt)\$)[^\s'\")]+"), rf"\1{HIDDEN}"),
    (re.compile(rf"(?i)(cookie{_IS})[^'\"\\\n]+"), rf"\1{HIDDEN}"),
    (re.compile(rf"(?i)({_NAME}{_IS})[^\s&;,'\"<>)}}\]\\]+"), rf"\1{HIDDEN}"),
)
_NAMES_A_SECRET = re.compile(rf"(?i){_NAME}|authorization|(?:set-)?cookie")


class Redactor:
    """Hides what looks like a secret, and those secrets that are known, wherever they stand."""

    def __init__(self, known: Iterable[str | None]) -> None:
        words = {word for secret in known if secret for word in _as_written(secret)}
        longest = sorted((word for word in words if len(word) >= SHORTEST), key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest))) if longest else None

    def hide(self, text: str) -> str:
        """The text without them."""
        if self._known:
            text = self._known.sub(HIDDEN, text)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        return text

    def in_line(self, _logger: object, _method: str, line: Any) -> str:
        """For structlog, behind what makes a line for people."""
        return self.hide(line)

    def in_values(self, _logger: object, _method: str, event: EventDict) -> EventDict:
        """For structlog, before values become JSON, so that it stays JSON."""
        hidden: EventDict = self._walk(event)
        return hidden

    def _walk(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.hide(value)
        if isinstance(value, dict):
            return {
                key: HIDDEN if isinstance(inner, str) and _is_secret(key) else self._walk(inner)
                for key, inner in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._walk(inner) for inner in value]
        # As JSON would have it, which looks into nothing else.
        return value if value is None or isinstance(value, bool | int | float) else self.hide(repr(value))


def _as_written(secret: str) -> set[str]:
    """The secret, or the password in an address, in the ways in which it may stand in a line."""
    word = (urlsplit(secret).password or "") if "://" in secret else secret
    return {word, unquote(word), quote(unquote(word), safe="")}


def _is_secret(key: object) -> bool:
    return isinstance(key, str) and _NAMES_A_SECRET.fullmatch(key) is not None
