"""Whatever line a process is killed at, what a bucket has taken of an upload is gone on with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from pagecast.media import resuming
from pagecast.media.assembling import complete_bytes
from pagecast.media.models import Piece, Upload
from pagecast.media.staging.chosen import place
from pagecast.media.stores.address import Bucket
from pagecast.media.stores.bucket import STAGED, BucketStore, bucket_store
from tests.acceptance.killing import killed_at_each_line
from tests.objects import new_bucket, objects

pytestmark = pytest.mark.django_db(transaction=True)
DATA = b"0123456789"
TAKING = "media/staging/spooling.py", "media/staging/pieces.py"
FETCHING = "media/staging/bucket.py", "media/staging/pieces.py"


@pytest.fixture(scope="module")
def object_store() -> Iterator[None]:
    """A real object store, in the environment of this process."""
    with objects() as environment, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(autouse=True)
def store(object_store: None, settings: Any) -> BucketStore:
    """This installation keeps its files in a bucket of its own."""
    settings.PAGECAST_BUCKET = Bucket(new_bucket(), "films", "path")
    return bucket_store(settings.PAGECAST_BUCKET)


def begin(size: int = len(DATA), **fields: Any) -> Upload:
    return resuming.begin("Dawn.mp4", size, **{"sender": "alice"} | fields)


def send(upload: Upload, data: bytes = DATA) -> None:
    """All that is missing, as a client does it that asks first."""
    at = resuming.arrived(upload)
    with resuming.append(upload, at) as writer:
        writer.write(data[at:])
        writer.settle()
    resuming.finish(upload)


def objects_of(upload: Upload, store: BucketStore) -> list[str]:
    names = [stored.path.removeprefix(STAGED) for stored in store.walk(STAGED)]
    return [name for name in names if name.startswith(str(upload.pk))]


def test_a_server_killed_at_any_line_of_taking_bytes_has_kept_what_it_told(store: BucketStore) -> None:
    uploads, deaths = [begin()], 0
    for deaths in killed_at_each_line(lambda: send(uploads[-1]), *TAKING):  # noqa: B007 - told at the end
        row = Upload.objects.get(pk=uploads[-1].pk)
        assert resuming.arrived(row) in {0, len(DATA)}
        if row.state == Upload.State.RECEIVING:
            send(row)
        place().fetch(row)
        assert row.staged.read_bytes() == DATA
        # Of what no row names there is one object at the most; a sweep finds it when it is old.
        assert len(objects_of(row, store)) - row.pieces.count() in {0, 1}
        resuming.abandon(row)
        uploads.append(begin())
    assert deaths > 30


def test_a_worker_killed_at_any_line_of_fetching_parts_leaves_them_to_others(
    store: BucketStore,
) -> None:
    def whole() -> Upload:
        parts = [begin(5, is_part=True) for _ in range(2)]
        for part, data in zip(parts, (DATA[:5], DATA[5:]), strict=True):
            send(part, data)
        return resuming.join([part.pk for part in parts], "Dawn.mp4", sender="alice")

    def work() -> None:
        complete_bytes(Upload.objects.get(pk=upload.pk))

    upload, deaths = whole(), 0
    for deaths in killed_at_each_line(work, *FETCHING):  # noqa: B007 - told at the end
        row = Upload.objects.get(pk=upload.pk)
        complete_bytes(row)
        place().fetch(row)
        assert row.staged.read_bytes() == DATA
        assert row.sha256 == hashlib.sha256(DATA).hexdigest()
        resuming.abandon(row)
        upload = whole()
    assert deaths > 30
    assert Piece.objects.count() == 2
    resuming.abandon(Upload.objects.get(pk=upload.pk))
    assert list(store.walk(STAGED)) == []
