"""What only a store in a bucket does: addresses, headers, flat memory, and words for what goes wrong."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import textwrap
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from pagecast.media.stores import bucket as bucket_module
from pagecast.media.stores.address import Bucket, parse_bucket
from pagecast.media.stores.bucket import BucketStore, bucket_store
from pagecast.media.stores.shown import CACHE, shown_as
from pagecast.media.stores.store import StoreAway
from tests.acceptance.server import ROOT, free_port
from tests.objects import new_bucket, objects

FILM = bytes(range(256)) * 40
MEBIBYTE = 2**20


@pytest.fixture(scope="module")
def object_store() -> Iterator[None]:
    """A real object store, in the environment of this process."""
    with objects() as environment, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield


@pytest.fixture
def store(object_store: None) -> BucketStore:
    """A store in a bucket of its own."""
    return BucketStore(new_bucket(), "some/prefix", addressing="path")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A staged file."""
    path = tmp_path / "staged"
    path.write_bytes(FILM)
    return path


@pytest.fixture
def client(object_store: None) -> Any:
    """Somebody else's client of the same store."""
    return boto3.client("s3", region_name="us-east-1")


def test_a_file_lies_under_its_path_behind_the_prefix(store: BucketStore, source: Path, client: Any) -> None:
    store.put(source, "day/Dawn.mp4")
    listed = client.list_objects_v2(Bucket=store.bucket)["Contents"]
    assert [entry["Key"] for entry in listed] == ["some/prefix/day/Dawn.mp4"]


def test_what_lies_beside_the_prefix_is_not_ours(store: BucketStore, client: Any) -> None:
    for key in ("other", "some/prefixed", "some/prefix/", "some/prefix/a//b"):
        client.put_object(Bucket=store.bucket, Key=key, Body=b"x")
    assert list(store.walk()) == []


def test_a_walk_turns_every_page(store: BucketStore, source: Path) -> None:
    names = [f"day/{number:02}.mp4" for number in range(25)]
    for name in names:
        store.put(source, name)
    assert [stored.path for stored in store.walk()] == names


@pytest.mark.parametrize(
    ("name", "media_type", "disposition"),
    [
        ("Dawn.mp4", "video/mp4", None),
        ("Dawn.vtt", "text/vtt; charset=utf-8", None),
        ("page.html", "application/octet-stream", "attachment"),
        ("drawing.svg", "application/octet-stream", "attachment"),
    ],
)
def test_the_store_knows_what_a_file_is_and_that_it_stays(
    name: str, media_type: str, disposition: str | None, store: BucketStore, source: Path, client: Any
) -> None:
    store.put(source, name)
    told = client.head_object(Bucket=store.bucket, Key=f"some/prefix/{name}")
    assert (told["ContentType"], told["CacheControl"]) == (media_type, CACHE)
    assert told.get("ContentDisposition") == disposition


def test_an_old_file_is_put_again_to_be_young(
    store: BucketStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(source, "Dawn.mp4")
    before = store.find("Dawn.mp4")
    monkeypatch.setattr(bucket_module, "_YOUNG", dt.timedelta(0))
    time.sleep(1.1)
    store.put(source, "Dawn.mp4")
    after = store.find("Dawn.mp4")
    assert before is not None
    assert after is not None
    assert after.since > before.since


def test_bytes_that_did_not_all_arrive_are_told(
    store: BucketStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def grow(path: str) -> Any:
        source.write_bytes(FILM * 2)
        return shown_as(path)

    monkeypatch.setattr(bucket_module, "shown_as", grow)
    with pytest.raises(StoreAway, match=r"took 10240 bytes for Dawn\.mp4 and has 20480 bytes"):
        store.put(source, "Dawn.mp4")


def test_the_place_of_half_done_uploads_is_not_for_files(store: BucketStore, source: Path) -> None:
    with pytest.raises(ValueError, match="not complete"):
        store.put(source, ".put/1/Dawn.mp4")


def test_an_upload_in_parts_that_was_not_completed_is_met_and_removed(
    store: BucketStore, client: Any
) -> None:
    client.create_multipart_upload(Bucket=store.bucket, Key="some/prefix/day/Рассвет 1.mp4")
    [left] = store.walk()
    assert left.path.startswith(".put/")
    assert left.path.endswith("/day/Рассвет 1.mp4")
    assert abs(dt.datetime.now(dt.UTC) - left.since) < dt.timedelta(minutes=1)
    for _twice in range(2):
        store.remove(left.path)
    assert list(store.walk()) == []


@pytest.mark.parametrize("name", ["Dawn.mp4", "Рассвет над рекой.mp4", "a+b=c&d #1 100%.mp4", "it's;.txt"])
def test_anyone_reads_at_the_address(name: str, store: BucketStore, source: Path) -> None:
    store.put(source, name)
    answer = httpx.get(store.address(name), headers={"Range": "bytes=-3"})
    assert (answer.status_code, answer.content) == (206, FILM[-3:])
    assert answer.headers["Content-Type"] == shown_as(name).media_type


def test_an_address_is_for_one_method(store: BucketStore, source: Path) -> None:
    store.put(source, "Dawn.mp4")
    address = store.address("Dawn.mp4", method="HEAD")
    assert [httpx.head(address).status_code, httpx.get(address).status_code] == [200, 403]
    assert httpx.delete(store.address("Dawn.mp4")).status_code == 403


def test_an_address_is_good_for_an_hour_and_for_one_file(store: BucketStore, source: Path) -> None:
    store.put(source, "Dawn.mp4")
    address = store.address("Dawn.mp4")
    assert httpx.URL(address).params["X-Amz-Expires"] == "3600"
    assert httpx.get(address.replace("Dawn.mp4", "Dusk.mp4")).status_code == 403
    assert httpx.get(address.replace("video%2Fmp4", "text%2Fhtml")).status_code == 403


def test_at_its_address_nothing_runs_that_somebody_else_put_there(store: BucketStore, client: Any) -> None:
    page = b"<script>alert(1)</script>"
    client.put_object(Bucket=store.bucket, Key="some/prefix/page.html", Body=page, ContentType="text/html")
    headers = httpx.get(store.address("page.html")).headers
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == "attachment"


def test_a_download_has_the_name_of_the_file(store: BucketStore, source: Path) -> None:
    store.put(source, "day/Рассвет 1.mp4")
    headers = httpx.get(store.address("day/Рассвет 1.mp4", download=True)).headers
    assert headers["Content-Disposition"] == (
        "attachment; filename*=UTF-8''%D0%A0%D0%B0%D1%81%D1%81%D0%B2%D0%B5%D1%82%201.mp4"
    )


def test_a_part_is_read_alone(store: BucketStore, source: Path) -> None:
    store.put(source, "Dawn.mp4")
    for start, end in [(0, 1), (100, 200), (10239, None), (0, 10240)]:
        with store.open_part("Dawn.mp4", start, end) as file:
            assert file.read() == FILM[start:end]


VERBS: dict[str, Callable[[BucketStore, Path], object]] = {
    "put": lambda store, source: store.put(source, "Dawn.mp4"),
    "find": lambda store, source: store.find("Dawn.mp4"),
    "open": lambda store, source: store.open("Dawn.mp4"),
    "remove": lambda store, source: store.remove("Dawn.mp4"),
    "walk": lambda store, source: list(store.walk()),
}


@pytest.fixture(params=VERBS)
def verb(request: pytest.FixtureRequest) -> Callable[[BucketStore, Path], object]:
    """Each thing that the store is asked for."""
    return VERBS[request.param]


def complaint(verb: Callable[[BucketStore, Path], object], store: BucketStore, source: Path) -> str:
    """What is said when it cannot be done, with all that a log would have of it."""
    with pytest.raises(StoreAway) as caught:
        verb(store, source)
    logged = "".join(traceback.format_exception(caught.value))
    for secret in (os.environ["AWS_SECRET_ACCESS_KEY"], os.environ["AWS_ACCESS_KEY_ID"], "Signature="):
        assert secret not in logged
    assert store.bucket in str(caught.value)
    return str(caught.value)


def test_a_wrong_secret_is_told(
    verb: Any, store: BucketStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-wrong-secret")
    wrong = BucketStore(store.bucket, addressing="path")
    assert "AWS_SECRET_ACCESS_KEY" in complaint(verb, wrong, source)


def test_an_unknown_key_is_told(
    verb: Any, store: BucketStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test:nobody-at-all")
    wrong = BucketStore(store.bucket, addressing="path")
    assert "AWS_ACCESS_KEY_ID" in complaint(verb, wrong, source)


def test_a_missing_bucket_is_told_and_is_not_an_empty_one(
    verb: Any, object_store: None, source: Path
) -> None:
    nowhere = BucketStore("no-such-bucket", addressing="path")
    assert "there is no such bucket" in complaint(verb, nowhere, source)


def test_a_store_that_is_down_is_told(
    verb: Any, object_store: None, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr(bucket_module, "_ATTEMPTS", 1)
    down = BucketStore("bucket", addressing="path")
    assert "does not answer" in complaint(verb, down, source)


@pytest.mark.parametrize("endpoint", ["nonsense", "https://user:secret@/", "http://user:secret@127.0.0.1:1"])
def test_an_endpoint_that_is_none_is_told(
    endpoint: str, object_store: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setattr(bucket_module, "_ATTEMPTS", 1)
    with pytest.raises(StoreAway, match="AWS_ENDPOINT_URL") as caught:
        BucketStore("bucket", addressing="path").find("Dawn.mp4")
    assert "secret@" not in "".join(traceback.format_exception(caught.value))


def test_missing_keys_are_told(object_store: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(StoreAway, match="no keys are set"):
        BucketStore("bucket", addressing="path").find("Dawn.mp4")


MEASURED = """
    import resource, sys
    import django
    from django.conf import settings
    settings.configure(USE_TZ=True)
    django.setup()
    from pathlib import Path
    from pagecast.media.stores.bucket import BucketStore
    bucket, small, large = sys.argv[1:]
    store = BucketStore(bucket, addressing="path")
    store.put(Path(small), "small.mp4")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    store.put(Path(large), "large.mp4")
    with store.open("large.mp4") as file:
        while file.read(1 << 20):
            pass
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_large_file_needs_no_more_memory_than_a_small_one(
    store: BucketStore, source: Path, tmp_path: Path
) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        for _ in range(200):
            file.write(os.urandom(MEBIBYTE))
    command = [sys.executable, "-c", textwrap.dedent(MEASURED), store.bucket, str(source), str(large)]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=True)
    grown = int(done.stdout) * 1024
    assert grown < 64 * MEBIBYTE
    found = BucketStore(store.bucket, addressing="path").find("large.mp4")
    assert found is not None
    assert found.size == 200 * MEBIBYTE


def test_a_large_file_arrives_as_it_was(store: BucketStore, tmp_path: Path) -> None:
    data = os.urandom(40 * MEBIBYTE + 1)
    (tmp_path / "large").write_bytes(data)
    store.put(tmp_path / "large", "large.mp4")
    with store.open("large.mp4") as file:
        assert file.read() == data


def test_a_process_has_one_store_for_a_bucket() -> None:
    assert bucket_store(Bucket("media", "films")) is bucket_store(Bucket("media", "films"))


def test_without_a_bucket_its_libraries_are_not_needed() -> None:
    program = """
        import sys
        for name in ("boto3", "botocore", "s3transfer", "storages"):
            sys.modules[name] = None
        import django
        django.setup()
        import pagecast.conf.application
        import pagecast.delivery.objects
    """
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "pagecast.conf.settings"}
    command = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("url", "bucket"),
    [
        ("s3://media", Bucket("media")),
        ("s3://media/", Bucket("media")),
        ("S3://media/films/of%202026/", Bucket("media", "films/of 2026")),
        ("s3://my.media-1?addressing=path", Bucket("my.media-1", addressing="path")),
        ("s3://media?proxied=yes&addressing=virtual", Bucket("media", "", "virtual", proxied=True)),
        ("s3://media/a?proxied=no", Bucket("media", "a")),
    ],
)
def test_the_address_of_a_bucket_is_understood(url: str, bucket: Bucket) -> None:
    assert parse_bucket(url) == bucket


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("/srv/media", "write s3://bucket"),
        ("https://objects.example.org/media", "write s3://bucket"),
        ("s3://[media", "write s3://bucket"),
        ("s3://", "3 to 63 small letters"),
        ("s3://Media", "3 to 63 small letters"),
        ("s3://objects.example.org:9000/media", "AWS_ENDPOINT_URL"),
        ("s3://key:hush@media", "AWS_SECRET_ACCESS_KEY"),
        ("https://key:hush@objects.example.org", "AWS_SECRET_ACCESS_KEY"),
        ("s3://media/a/../b", "cannot be a prefix"),
        ("s3://media/a//b", "cannot be a prefix"),
        ("s3://media#films", "Leave it out"),
        ("s3://media?region=eu", "no option 'region': there are addressing and proxied"),
        ("s3://media?proxied", "proxied= is not possible: it is one of yes, no"),
        ("s3://media?addressing=dns", "it is one of auto, path, virtual"),
        ("s3://media?proxied=no&proxied=yes", "given twice"),
    ],
)
def test_a_wrong_address_is_refused_in_plain_words(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_bucket(url)
    assert words in str(caught.value)
    assert "hush" not in str(caught.value)
