"""Pagecast's settings for a server without the worker beside it, and with the commands of the measurement.

Once a minute the worker settles every page that was read. In rounds of seconds that is a matter of luck,
so it is left out here, and the report says what one settling costs.
"""

from pagecast.conf.settings import *  # noqa: F403
from pagecast.conf.settings import INSTALLED_APPS

# Only a server with a queue starts no worker of its own. Nothing is ever sent there.
PAGECAST_QUEUE = "benchmarks.settings.nowhere"
INSTALLED_APPS += ["benchmarks"]


def nowhere(*_arguments: object) -> None:
    """Nobody uploads anything here."""
    raise NotImplementedError
