"""Files of forms and of the API go straight into staging. Driven as Django drives it: by real multipart."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import TooManyFilesSent
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, UnreadablePostError
from django.test import RequestFactory

from pagecast.media.errors import Empty, TooLarge
from pagecast.media.handlers import StagedFile
from pagecast.media.models import Upload
from pagecast.media.staging.place import CHUNK

pytestmark = pytest.mark.django_db


BOUNDARY = "a-boundary"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


def form(*files: tuple[str, bytes], **fields: str) -> bytes:
    """As a browser would write it; Django's own test client would clean the names first."""
    parts = [(f'name="{name}"', value.encode()) for name, value in fields.items()]
    parts += [(f'name="file{number}"; filename="{name}"', data) for number, (name, data) in enumerate(files)]
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; "
    lines = [f"{head}{header}\r\n\r\n".encode() + data + b"\r\n" for header, data in parts]
    return b"".join([*lines, f"--{BOUNDARY}--\r\n".encode()])


Post = Callable[[bytes], WSGIRequest]


@pytest.fixture
def post(rf: RequestFactory) -> Iterator[Post]:
    """A request with this form. Django closes requests when they are answered."""
    with ExitStack() as requests:

        def send(body: bytes) -> WSGIRequest:
            request = rf.generic("POST", "/", body, MULTIPART)
            requests.callback(request.close)
            return request

        yield send


def files_of(request: HttpRequest) -> list[StagedFile]:
    """The files of the form, in its order."""
    return [file for _name, files in request.FILES.lists() for file in files if isinstance(file, StagedFile)]


def only_file(request: HttpRequest) -> StagedFile:
    (file,) = files_of(request)
    return file


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*"))


def test_it_works(post: Post) -> None:
    request = post(form(("Dawn.mp4", b"film"), title="Dawn"))
    file = only_file(request)
    assert (file.name, file.size, request.POST["title"]) == ("Dawn.mp4", 4, "Dawn")
    assert file.keep().staged.read_bytes() == b"film"


def test_what_is_kept_stays_when_the_request_ends(post: Post) -> None:
    request = post(form(("Dawn.mp4", b"film")))
    upload = only_file(request).keep()
    request.close()
    assert upload.staged.read_bytes() == b"film"


def test_what_nobody_keeps_is_gone_when_the_request_ends(post: Post, staging: Path) -> None:
    request = post(form(("Dawn.mp4", b"film"), ("Rain.mp3", b"sound")))
    assert len(request.FILES) == len(names(staging)) == 2
    request.close()
    assert names(staging) == []
    assert not Upload.objects.exists()


def test_several_files_of_one_form_do_not_mix(post: Post) -> None:
    sent = [("a.mp4", b"first" * 50_000), ("b.mp4", b""), ("c.mp4", b"third" * 70_000)]
    first, second, third = files_of(post(form(*sent)))
    kept = [first.keep(), third.keep()]
    assert [(upload.name, upload.staged.read_bytes()) for upload in kept] == [sent[0], sent[2]]
    with pytest.raises(Empty):
        second.keep()


def test_a_file_that_is_too_large_says_so_and_leaves_nothing(
    post: Post, small_limit: int, staging: Path
) -> None:
    request = post(form(("Dawn.mp4", b"12345678901"), title="Dawn"))
    with pytest.raises(TooLarge):
        only_file(request).keep()
    # The form itself was read to its end, so that its editor gets an answer with what she wrote.
    assert request.POST["title"] == "Dawn"
    assert names(staging) == []


def test_a_file_that_is_too_large_does_not_harm_its_neighbour(post: Post, small_limit: int) -> None:
    large, small = files_of(post(form(("large.mp4", bytes(4 * CHUNK)), ("small.mp4", b"small"))))
    assert small.keep().staged.read_bytes() == b"small"
    assert large.refused is not None


def test_a_large_form_is_never_whole_in_memory(post: Post) -> None:
    request = post(form(("Dawn.mp4", bytes(24 * CHUNK))))
    tracemalloc.start()
    try:
        file = only_file(request)
        assert tracemalloc.get_traced_memory()[1] < 8 * CHUNK
    finally:
        tracemalloc.stop()
    assert file.size == 24 * CHUNK


class _Breaks(BytesIO):
    """A connection that is reset after so many bytes."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.length = len(data)

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= self.length:
            raise ConnectionResetError
        return super().read(size)


@pytest.mark.parametrize("part", [0.3, 0.7, 0.99])
def test_an_upload_that_breaks_off_leaves_nothing(part: float, rf: RequestFactory, staging: Path) -> None:
    body = form(("Dawn.mp4", bytes(3 * CHUNK)), ("Rain.mp3", bytes(3 * CHUNK)))

    def answer() -> None:
        request = rf.generic("POST", "/", body, MULTIPART)
        request._stream = _Breaks(body[: int(len(body) * part)])
        with suppress(UnreadablePostError):
            pytest.fail(f"it was read as {request.FILES}")
        request.close()

    answer()
    gc.collect()  # nobody holds the request any more
    assert names(staging) == []


def test_a_form_that_ends_too_early_makes_no_file_of_its_half(post: Post, staging: Path) -> None:
    body = form(("Dawn.mp4", bytes(3 * CHUNK)))
    assert not post(body[: len(body) // 2]).FILES
    assert names(staging) == []


def test_a_form_that_django_refuses_leaves_nothing(post: Post, staging: Path, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2
    request = post(form(*[(f"{number}.mp4", b"film") for number in range(3)]))
    with pytest.raises(TooManyFilesSent):
        assert request.FILES
    request.close()
    assert names(staging) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\Users\\alice\\Dawn.mp4", "Рассвет.mp4", ".hidden"])
def test_a_name_is_only_a_name(name: str, post: Post, staging: Path) -> None:
    upload = only_file(post(form((name, b"film")))).keep()
    assert upload.name == name.replace("\\", "/").rpartition("/")[2]
    assert upload.staged.parent == staging
