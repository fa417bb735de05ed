"""The server's application: what is answered before Django, then Django in threads.

Django runs behind its WSGI handler: on its ASGI handler each of its middlewares hops between threads,
and a body is written to disk whole before a view may refuse it.
"""

from pathlib import Path

import django
from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from starlette.types import Receive, Scope, Send

from pagecast.delivery.media import MediaFiles

# One database connection each; enough for editors and for readers who wait for a commit.
THREADS = 16

django.setup(set_prefix=False)


class Pagecast:
    """Starts and stops with the server, and hands each request to the first who answers it."""

    def __init__(self) -> None:
        behind = WSGIMiddleware(WSGIHandler(), workers=THREADS)
        self.app = MediaFiles(behind, url=settings.MEDIA_URL, folder=Path(settings.MEDIA_ROOT))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.app(scope, receive, send)


application = Pagecast()
