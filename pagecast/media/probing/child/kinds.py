"""The kinds of files that are told apart. Each has its words in `pagecast.media.probing.wording`.

Media types are those that browsers and servers use: https://mimesniff.spec.whatwg.org/ and, for what that
does not name, https://www.iana.org/assignments/media-types/.
"""

from __future__ import annotations

from typing import Final, NamedTuple

VIDEO, AUDIO, IMAGE, TEXT, OTHER = "video", "audio", "image", "text", "other"


class Kind(NamedTuple):
    """A kind of file."""

    medium: str
    media_type: str


UNKNOWN: Final = "unknown"

KINDS: Final[dict[str, Kind]] = {
    UNKNOWN: Kind(OTHER, "application/octet-stream"),
    # Films.
    "mp4": Kind(VIDEO, "video/mp4"),
    "mov": Kind(VIDEO, "video/quicktime"),
    "3gp": Kind(VIDEO, "video/3gpp"),
    "webm": Kind(VIDEO, "video/webm"),
    "mkv": Kind(VIDEO, "video/x-matroska"),
    "ogv": Kind(VIDEO, "video/ogg"),
    "avi": Kind(VIDEO, "video/x-msvideo"),
    "flv": Kind(VIDEO, "video/x-flv"),
    "wmv": Kind(VIDEO, "video/x-ms-wmv"),
    "ts": Kind(VIDEO, "video/mp2t"),
    "mpg": Kind(VIDEO, "video/mpeg"),
    "mxf": Kind(VIDEO, "application/mxf"),
    "film": Kind(VIDEO, "application/octet-stream"),
    # Sounds.
    "m4a": Kind(AUDIO, "audio/mp4"),
    "weba": Kind(AUDIO, "audio/webm"),
    "mka": Kind(AUDIO, "audio/x-matroska"),
    "ogg": Kind(AUDIO, "audio/ogg"),
    "mp3": Kind(AUDIO, "audio/mpeg"),
    "aac": Kind(AUDIO, "audio/aac"),
    "flac": Kind(AUDIO, "audio/flac"),
    "wav": Kind(AUDIO, "audio/wav"),
    "aiff": Kind(AUDIO, "audio/aiff"),
    "wma": Kind(AUDIO, "audio/x-ms-wma"),
    "amr": Kind(AUDIO, "audio/amr"),
    "sound": Kind(AUDIO, "application/octet-stream"),
    # Pictures.
    "jpeg": Kind(IMAGE, "image/jpeg"),
    "png": Kind(IMAGE, "image/png"),
    "gif": Kind(IMAGE, "image/gif"),
    "webp": Kind(IMAGE, "image/webp"),
    "avif": Kind(IMAGE, "image/avif"),
    "heic": Kind(IMAGE, "image/heic"),
    "bmp": Kind(IMAGE, "image/bmp"),
    "tiff": Kind(IMAGE, "image/tiff"),
    "ico": Kind(IMAGE, "image/x-icon"),
    "jp2": Kind(IMAGE, "image/jp2"),
    "jxl": Kind(IMAGE, "image/jxl"),
    "psd": Kind(IMAGE, "image/vnd.adobe.photoshop"),
    "svg": Kind(IMAGE, "image/svg+xml"),
    # Texts.
    "text": Kind(TEXT, "text/plain"),
    "html": Kind(TEXT, "text/html"),
    "xml": Kind(TEXT, "text/xml"),
    "vtt": Kind(TEXT, "text/vtt"),
    "srt": Kind(TEXT, "application/x-subrip"),
    "ass": Kind(TEXT, "text/x-ssa"),
    "ttml": Kind(TEXT, "application/ttml+xml"),
    "m3u8": Kind(TEXT, "application/vnd.apple.mpegurl"),
    # The rest.
    "pdf": Kind(OTHER, "application/pdf"),
    "rtf": Kind(OTHER, "application/rtf"),
    "ps": Kind(OTHER, "application/postscript"),
    "midi": Kind(OTHER, "audio/midi"),
    "zip": Kind(OTHER, "application/zip"),
    "archive": Kind(OTHER, "application/octet-stream"),
    "epub": Kind(OTHER, "application/epub+zip"),
    "docx": Kind(OTHER, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xlsx": Kind(OTHER, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "pptx": Kind(OTHER, "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    "odt": Kind(OTHER, "application/vnd.oasis.opendocument.text"),
    "ods": Kind(OTHER, "application/vnd.oasis.opendocument.spreadsheet"),
    "odp": Kind(OTHER, "application/vnd.oasis.opendocument.presentation"),
    "office": Kind(OTHER, "application/x-ole-storage"),
    "program": Kind(OTHER, "application/octet-stream"),
    "font": Kind(OTHER, "application/octet-stream"),
    "flash": Kind(OTHER, "application/x-shockwave-flash"),
    "database": Kind(OTHER, "application/octet-stream"),
}
