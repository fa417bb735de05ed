"""The server's application: what is answered before Django, then Django in threads.

Django runs behind its WSGI handler: on its ASGI handler each of its middlewares hops between threads,
and a body is written to disk whole before a view may refuse it.
"""

import asyncio
import gc
import re
import string
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from pathlib import Path
from urllib.parse import quote_from_bytes

from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.urls import reverse
from django.utils.module_loading import import_string
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pagecast.api.uploads.streams import UploadStreams
from pagecast.delivery.bodies import has_body, refuse_body
from pagecast.delivery.gathering import gather, patient
from pagecast.delivery.lingering import Lingering
from pagecast.delivery.media import MediaFiles
from pagecast.delivery.pages import PageDocuments
from pagecast.media.stores.chosen import store
from pagecast.site.urls import before_slug

from . import metrics, summaries
from .proxies import Proxies
from .requests import Requests
from .strangers import Strangers
from .watching import ADDRESSES, Watching

# One database connection each; enough for editors and for readers who wait for a commit.
THREADS = 16

# Seconds.
TICK = 0.25

PRINTABLE = string.ascii_letters + string.digits + string.punctuation


class Django:
    """Django behind its WSGI handler. Bodies stream in: a thread waits for them, not the event loop."""

    def __init__(self) -> None:
        self.bridge = WSGIMiddleware(WSGIHandler(), workers=THREADS)  # type: ignore[arg-type]
        # However slow they are, as many threads are left for everybody else.
        self.large = asyncio.Semaphore(THREADS // 2)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if refusal := refuse_body(Headers(scope=scope), settings.PAGECAST_MAX_UPLOAD_BYTES):
            await refusal(scope, receive, send)
            return
        # A name with underscores would be taken for the one with hyphens, which proxies set and guard.
        headers = [(name, value) for name, value in scope["headers"] if b"_" not in name]
        # Bytes that a browser would have escaped; the bridge takes ASCII only.
        scope = dict(scope) | {
            "headers": headers,
            "query_string": quote_from_bytes(scope["query_string"], safe=PRINTABLE).encode(),
        }

        # The bridge hands it over between threads, which takes coroutines and not just awaitables.
        async def send_here(message: Message) -> None:
            await send(message)

        receive_here, is_small = patient(receive), True
        if has_body(Headers(scope=scope)):
            try:
                receive_here, is_small = await gather(receive_here)
            except ConnectionResetError:
                return
        async with nullcontext() if is_small else self.large:
            await self.bridge(scope, receive_here, send_here)  # type: ignore[arg-type]


def _pages(url: str) -> Callable[[str], object]:
    """Whether a path is that of pages or of lists of them, below this address or on the site."""
    of_site = before_slug()
    return re.compile(
        rf"{re.escape(url)}.*|{re.escape(of_site)}[^/]*/(?:embed/)?|{re.escape(reverse('site:home'))}"
    ).fullmatch


class Pagecast:
    """Starts and stops with the server, and hands each request to the first who answers it."""

    def __init__(self) -> None:
        uploads = UploadStreams(Django(), url=reverse("api:upload-list"))
        files = self._files(uploads)
        url = reverse("api:page-list")
        ways = {"media": settings.MEDIA_URL, "upload": reverse("api:upload-list")}
        self.pages = PageDocuments(
            Requests(files, is_page=_pages(url), ways=ways),
            url=url,
            room=settings.PAGECAST_DOCUMENTS_BYTES,
        )
        self._front = Proxies(
            Lingering(Strangers(self.pages)),
            origins=settings.PAGECAST_ORIGIN,
            trusted=settings.PAGECAST_TRUSTED_PROXIES,
        )
        self.published = metrics.Published(self.pages.figures)
        self.watching = Watching(self._front, sample=self._sample)

    @staticmethod
    def _files(app: ASGIApp) -> ASGIApp:
        bucket = settings.PAGECAST_BUCKET
        if bucket is None:
            folder = Path(settings.MEDIA_ROOT)
            return MediaFiles(app, url=settings.MEDIA_URL, folder=folder, accel=settings.PAGECAST_ACCEL)
        # Its libraries need not be installed where there is no bucket.
        objects = import_string("pagecast.delivery.objects.MediaObjects")
        made: ASGIApp = objects(app, url=settings.MEDIA_URL, store=store(), proxied=bucket.proxied)
        return made

    # One look, and no coroutine: here pass the readers of all pages.
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http":
            return (self.watching if scope["path"] in ADDRESSES else self._front)(scope, receive, send)
        return self._live(receive, send)

    def _sample(self) -> None:
        self.published.publish()
        metrics.sample(self.pages.waiting(), self.pages.taken)

    async def _tick(self) -> None:
        """Another process may be asked for the sum, so each says all the time what it did and is like.

        And not at once: that would cost the readers more than it is worth.
        """
        while True:
            self._sample()
            await asyncio.sleep(TICK)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Begin when the server begins; when it ends, first answer whoever still waits."""
        await receive()
        # What is loaded by now stays. Looking through it for garbage stopped all readers for 40 ms.
        gc.collect()
        gc.freeze()
        self.pages.start()
        ticking = asyncio.create_task(self._tick())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        ticking.cancel()
        self.watching.close()
        await self.pages.stop()
        self.published.publish()
        summaries.flush()
        await send({"type": "lifespan.shutdown.complete"})
