"""Where on the picture a cue stands: the nine places of a number pad, as SubStation counts them."""

_ROWS = ("", "line:50%", "line:0")
_COLUMNS = ("align:left", "", "align:right")


def settings_of(place: int) -> str:
    """The settings of a WebVTT cue for a place from 1 (left at the bottom) to 9 (right at the top).

    >>> settings_of(8)
    'line:0'
    """
    row, column = divmod(place - 1, 3)
    return " ".join(filter(None, [_ROWS[row], _COLUMNS[column]]))
