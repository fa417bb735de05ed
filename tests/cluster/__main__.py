"""A cluster to look at, on this machine, until Ctrl-C: `python -m tests.cluster [--host HOST] [--port PORT]`.

Everything in it is thrown away at the end.
"""

import argparse
import re
import signal
import sys
import tempfile
from pathlib import Path

from tests.acceptance.server import wait_for

from .topology import PARTS, WEB, Cluster


def main() -> int:
    """Start all parts, say where they are, and wait."""
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="where nginx listens")
    parser.add_argument("--port", type=int, default=8000, help="the port of nginx")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="pagecast-cluster-") as folder:
        try:
            sys.stdout.write(f"Starting {', '.join(PARTS)} …\n")
            with Cluster(Path(folder), host=options.host, port=options.port) as cluster:
                tell(cluster)
                while True:
                    signal.pause()
        except KeyboardInterrupt:
            sys.stdout.write("\nStopped. What was in it is gone.\n")
    return 0


def tell(cluster: Cluster) -> None:
    """Where everything is, and how to come in."""
    said = cluster.parts[WEB[0]].said
    made = wait_for("the first admin", lambda: re.findall(r"Made the first admin.*", said()))
    sys.stdout.write(f"{made[0]}\n\n")
    for name, part in cluster.parts.items():
        where = cluster.node_of.get(name, "")
        sys.stdout.write(f"  {name:<9}{where:<22}log: {part.log}\n")
    sys.stdout.write(
        f"  {'nginx':<9}{cluster.url.removeprefix('http://'):<22}log: {cluster.front.access}\n\n"
        f"Pagecast serves {cluster.url}/  (admin: /admin/, API: /swagger/). Ctrl-C stops all of it.\n"
    )
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
