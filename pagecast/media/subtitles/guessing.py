"""Which encoding bytes are in that are not Unicode, by how much the text they make looks like a language.

Each candidate reads a sample, and what it reads is weighed letter by letter: letters of one alphabet count
the more the commoner they are, and a capital after a small letter, two alphabets in one word, or a sign
between letters speak against it. So cp1251 and KOI8-R, which swap capitals and small letters, are told apart
by a line or two. The general detectors want more text than a subtitle file has.
"""

import codecs
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from . import letters

# So many bytes of lines that are not ASCII are weighed.
SAMPLE = 6000
# Below this no reading looks like a language.
_PLAUSIBLE = 0.25

# Bytes of a syllable that has a place of its own in EUC-KR; the rare ones are spelled out.
_OWN_PLACE = 2

_Reading = Callable[[str], float]


def candidates(data: bytes) -> Iterator[str]:
    """The encodings that the bytes may be in, as Python calls them, the likeliest first. May give none."""
    sample = _sample(data)
    weights: dict[str, float] = {}
    for encoding, weigh in _READINGS.items():
        try:
            # The sample may end in the middle of a character.
            text = codecs.getincrementaldecoder(encoding)().decode(sample)
        except UnicodeDecodeError:
            continue
        weights[encoding] = weigh(text)
    ordered = sorted(weights, key=weights.__getitem__, reverse=True)
    yield from (encoding for encoding in ordered if weights[encoding] >= _PLAUSIBLE)


def _sample(data: bytes) -> bytes:
    lines: list[bytes] = []
    size = start = 0
    while size < SAMPLE and start < len(data):
        end = data.find(b"\n", start) + 1 or len(data)
        line = data[start : min(end, start + SAMPLE)]
        start = end
        if not line.isascii():
            lines.append(line)
            size += len(line)
    return b"".join(lines)


def _alphabetic(alphabets: tuple[str, ...], script: str, text: str) -> float:
    """Weigh text of an alphabet; the best of several, since a file is in one language."""
    counts: Counter[str] = Counter()
    total = 0.0
    previous = " "
    for sign in text:
        if not sign.isascii():
            total += _beside(sign, previous, script)
            counts[sign.lower()[0]] += 1
        elif sign.isalpha() and script != "LATIN" and previous.isalpha() and not previous.isascii():
            total -= 0.5
        previous = sign
    best = max(
        sum(_worth(sign, alphabet) * count for sign, count in counts.items()) for alphabet in alphabets
    )
    return (total + best) / max(1, counts.total())


def _worth(sign: str, alphabet: str) -> float:
    if sign in letters.PUNCTUATION:
        return 0.5
    rank = alphabet.find(sign)
    if rank < 0:
        return 0.2 if unicodedata.category(sign) == "Mn" else -0.6
    return 1.0 - 0.6 * rank / len(alphabet) if len(alphabet) > 20 else 0.9 - 0.01 * rank  # noqa: PLR2004 - Latin extras


def _beside(sign: str, previous: str, script: str) -> float:
    """What a sign tells by standing behind another."""
    if not sign.isalpha():
        return -0.5 if previous.isalpha() and sign in "¿ºª°¡" else 0.0
    if not previous.isalpha():
        return -0.05 if sign.isupper() else 0.0
    if sign.isupper() and previous.islower():
        return -1.5
    if script == "LATIN":
        # Letters with accents seldom stand together.
        return 0.0 if previous.isascii() else -0.5
    return -1.5 if previous.isascii() else (-0.08 if sign.isupper() else 0.0)


def _eastern(common: frozenset[str], encoding: str, last: int, text: str) -> float:
    """Weigh Chinese: the first level of its standards holds the common characters, up to a last lead byte."""
    return _mean(text, lambda sign: 1.0 if sign in common else _level(sign, encoding, last))


def _japanese(text: str) -> float:
    def worth(sign: str) -> float:
        if "\u3041" <= sign <= "\u30fe":
            return 1.0
        # Half-width kana are what other encodings look like.
        return -0.7 if "\uff61" <= sign <= "\uff9f" else _level(sign, "euc_jp", 0xCF)

    return _mean(text, worth)


def _korean(text: str) -> float:
    def worth(sign: str) -> float:
        try:
            return 0.85 if "\uac00" <= sign <= "\ud7a3" and len(sign.encode("euc_kr")) == _OWN_PLACE else -0.3
        except UnicodeEncodeError:
            return -0.3

    return _mean(text, worth)


def _level(sign: str, encoding: str, last: int) -> float:
    if not "\u4e00" <= sign <= "\u9fff":
        return 0.3 if "\uff01" <= sign <= "\uff5e" else -0.5
    try:
        return 0.5 if sign.encode(encoding)[0] <= last else -0.2
    except UnicodeEncodeError:
        return -0.5


def _mean(text: str, worth: Callable[[str], float]) -> float:
    signs = [sign for sign in text if not sign.isascii()]
    known = letters.EASTERN_PUNCTUATION
    return sum(0.4 if sign in known else worth(sign) for sign in signs) / max(1, len(signs))


# Of equals the first wins: the order is that of how common they are.
_READINGS: Mapping[str, _Reading] = {
    "cp1251": partial(_alphabetic, letters.CYRILLIC, "CYRILLIC"),
    "koi8_r": partial(_alphabetic, (letters.RUSSIAN,), "CYRILLIC"),
    "cp932": _japanese,
    "gb18030": partial(_eastern, letters.SIMPLIFIED, "gb2312", 0xD7),
    "cp949": _korean,
    "cp950": partial(_eastern, letters.TRADITIONAL, "big5", 0xC6),
    "euc_jp": _japanese,
    "cp1252": partial(_alphabetic, letters.WESTERN, "LATIN"),
    "cp1250": partial(_alphabetic, letters.CENTRAL, "LATIN"),
    "cp1253": partial(_alphabetic, letters.GREEK, "GREEK"),
    "cp1254": partial(_alphabetic, letters.TURKISH, "LATIN"),
    "cp1255": partial(_alphabetic, letters.HEBREW, "HEBREW"),
    "cp1256": partial(_alphabetic, letters.ARABIC, "ARABIC"),
    "cp866": partial(_alphabetic, (letters.RUSSIAN,), "CYRILLIC"),
    "koi8_u": partial(_alphabetic, (letters.UKRAINIAN,), "CYRILLIC"),
    "mac_cyrillic": partial(_alphabetic, (letters.RUSSIAN, letters.UKRAINIAN), "CYRILLIC"),
}
