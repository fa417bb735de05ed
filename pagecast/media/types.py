"""Which endings go with which kind of file: in the tree a name tells the truth about the bytes."""

# The first ending of each is the one that is given; the others are right as well.
ENDINGS: dict[str, tuple[str, ...]] = {
    "video/mp4": (".mp4", ".m4v"),
    "video/webm": (".webm",),
    "video/x-matroska": (".mkv",),
    "video/quicktime": (".mov", ".qt"),
    "video/x-msvideo": (".avi",),
    "video/ogg": (".ogv",),
    "video/3gpp": (".3gp", ".3g2"),
    "video/3gpp2": (".3g2",),
    "video/mpeg": (".mpg", ".mpeg", ".vob", ".m2v"),
    "video/mp2t": (".ts", ".mts", ".m2ts"),
    "video/x-flv": (".flv",),
    "video/x-ms-wmv": (".wmv", ".asf"),
    "audio/mpeg": (".mp3", ".mp2"),
    "audio/mp4": (".m4a", ".m4b"),
    "audio/aac": (".aac",),
    "audio/ogg": (".ogg", ".oga", ".opus", ".spx"),
    "audio/flac": (".flac",),
    "audio/wav": (".wav",),
    "audio/webm": (".weba", ".webm"),
    "audio/x-matroska": (".mka",),
    "audio/x-ms-wma": (".wma",),
    "audio/aiff": (".aiff", ".aif"),
    "image/jpeg": (".jpg", ".jpeg", ".jpe"),
    "image/png": (".png", ".apng"),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
    "image/avif": (".avif",),
    "image/bmp": (".bmp",),
    "image/tiff": (".tif", ".tiff"),
    "image/svg+xml": (".svg",),
    "text/vtt": (".vtt",),
    "text/html": (".html", ".htm", ".xhtml"),
    "application/pdf": (".pdf",),
}

# By which endings an import knows subtitles.
SUBTITLES = (".vtt", ".srt", ".sbv", ".ass", ".ssa", ".ttml", ".dfxp")

_KNOWN = {ending for endings in ENDINGS.values() for ending in endings}


def right_ending(ending: str, media_type: str) -> str:
    """The ending, with its dot, that a file of this type may have: its own if that is right.

    An ending that says nothing about the type is kept where the type is not known; one that says something
    else is not.
    """
    endings = ENDINGS.get(media_type)
    if endings is None:
        # Bytes of no type that we know must not be served as a film.
        return "" if ending.lower() in _KNOWN else ending
    return ending if ending.lower() in endings else endings[0]
