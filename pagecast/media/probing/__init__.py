"""What a file really is, found from its bytes in a process that may crash or hang.

Owns      the process, its limits, and the words for what it finds.
May use   PyAV, filetype and imagesize, in that process only.
Never     knows uploads, blobs or a database; and nothing is decoded outside of that process.
"""

from .asking import draw, probe
from .facts import Facts, Medium, require

__all__ = ["Facts", "Medium", "draw", "probe", "require"]
