"""The same server with nothing behind it: what no application on it can exceed.

python -m benchmarks.bare PORT
"""

import json
import sys
from typing import Any

from pagecast.cli.server import server

SIZE = 3072
BODY = json.dumps({"text": "x" * (SIZE - len(json.dumps({"text": ""})))}).encode()
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
START = {"type": "http.response.start", "status": 200, "headers": HEADERS}
REST = {"type": "http.response.body", "body": BODY}


async def application(scope: Any, _receive: Any, send: Any) -> None:
    """Answer every request with the same bytes."""
    if scope["type"] == "http":
        await send(START)
        await send(REST)


if __name__ == "__main__":
    server("127.0.0.1", int(sys.argv[1]), 1, "benchmarks.bare:application").serve()
