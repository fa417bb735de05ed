"""Filed bytes in a bucket of an object store that speaks S3. Needs the extra `s3`."""

from __future__ import annotations

import datetime as dt
import io
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO, cast
from urllib.parse import quote, unquote, urlsplit

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from .address import Bucket, parse_bucket
from .explaining import explain
from .shown import CACHE, shown_as
from .store import StoreAway, Stored

__all__ = ["Bucket", "BucketStore", "bucket_store", "parse_bucket"]

MEBIBYTE = 2**20
# Seconds for which an address in the store is good.
VALID = 3600
# Below it stand uploads in parts that are not complete, by their number and the path that they are for.
HALF_DONE = ".put/"
# Below it lie bytes that are not filed yet. No address of a reader has a name that begins with a dot.
STAGED = ".staging/"
# What is older might be swept as left over just when it is to be used: it is put once more.
_YOUNG = dt.timedelta(minutes=10)
# The longest key that S3 takes, in bytes.
_LONGEST = 1024
_CONNECT, _READ, _ATTEMPTS = 5, 60, 3
# Each part is read from the disk as it goes out: memory holds as many buffers as there are threads.
_TRANSFER = {"multipart_threshold": 32 * MEBIBYTE, "multipart_chunksize": 16 * MEBIBYTE, "max_concurrency": 4}


def _client_config(addressing: str) -> Config:
    return Config(
        connect_timeout=_CONNECT,
        read_timeout=_READ,
        retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
        max_pool_connections=50,
        signature_version="s3v4",
        # Every store checks the hash in a signature; the newer checksums are unknown to many.
        s3={"addressing_style": addressing, "payload_signing_enabled": True},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )


@lru_cache
def bucket_store(bucket: Bucket) -> BucketStore:
    """The store in this bucket; one for the process, as its connections are."""
    return BucketStore(bucket.name, bucket.prefix, addressing=bucket.addressing)


# Two processes must not talk through one connection.
os.register_at_fork(after_in_child=bucket_store.cache_clear)


class BucketStore:
    """Files in a bucket, each under its path behind the prefix. One store serves any number of threads.

    The keys and the address of the store come from the environment, by the names that all clients of S3 know:
    AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL. Nothing is asked before the first
    verb. Every verb raises `ValueError` for a path that is none, as a folder does.
    """

    def __init__(self, bucket: str, prefix: str = "", *, addressing: str = "auto") -> None:
        self.bucket, self.prefix = bucket, f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._storage = S3Storage(
            bucket_name=bucket,
            region_name=os.environ.get("AWS_REGION") or None,
            client_config=_client_config(addressing),
        )
        self._made: Any = None
        self._making = threading.Lock()

    def __repr__(self) -> str:
        return f"BucketStore({self.bucket!r}, {self.prefix!r})"

    def put(self, source: Path, path: str, *, sync: bool = True) -> None:
        """Send the bytes, in parts when there are many: memory does not grow with the file.

        What has this path and the same size is the file of an earlier attempt, and is sent again only when it
        is old. Raises `FileExistsError` when something else has the path.
        """
        with self._telling("put"):
            key, size = self._key(path), source.stat().st_size
            if path.startswith(HALF_DONE):
                message = f"{path} is kept for uploads that are not complete"
                raise ValueError(message)
            there = self.find(path)
            if there is not None and there.size != size:
                message = f"{path} is another file in bucket {self.bucket}"
                raise FileExistsError(message)
            if there is not None and dt.datetime.now(dt.UTC) - there.since < _YOUNG:
                return
            shown = shown_as(path)
            headers = {"ContentType": shown.media_type, "CacheControl": CACHE}
            if shown.disposition:
                headers["ContentDisposition"] = shown.disposition
            self._client.upload_file(
                str(source), self.bucket, key, ExtraArgs=headers, Config=TransferConfig(**_TRANSFER)
            )
            there = self.find(path)
            if there is None or there.size != size:
                arrived = "nothing" if there is None else f"{there.size} bytes"
                message = f"{self} took {size} bytes for {path} and has {arrived} of them"
                raise StoreAway(message)

    def send(self, file: BinaryIO, path: str) -> None:
        """Give the bytes of an open file this path. They go at once, and are safe when it returns."""
        with self._telling("put"):
            self._client.put_object(Bucket=self.bucket, Key=self._key(path), Body=file)

    def sync(self, paths: Iterable[str]) -> None:
        """Nothing to do: what a bucket has taken, it keeps."""

    def find(self, path: str) -> Stored | None:
        """What lies at the path, None for nothing."""
        with self._telling("find"):
            try:
                found = self._client.head_object(Bucket=self.bucket, Key=self._key(path))
            except ClientError as error:
                if _status(error) != HTTPStatus.NOT_FOUND:
                    raise
                # The answer is the same where there is no bucket, and that must not look like an empty one.
                self._client.head_bucket(Bucket=self.bucket)
                return None
            return Stored(path, found["ContentLength"], found["LastModified"].astimezone(dt.UTC))

    def open(self, path: str) -> BinaryIO:
        """The bytes, to read from beginning to end as they come. Raises `FileNotFoundError`."""
        return self.open_part(path)

    def open_part(self, path: str, start: int = 0, end: int | None = None) -> BinaryIO:
        """The bytes from `start` up to `end`, or to the last, as they come. Raises `FileNotFoundError`.

        The part must not be empty. Close it: that hangs up, however much is still to come.
        """
        with self._telling("open"):
            part: dict[str, str] = {}
            if start or end is not None:
                part["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
            try:
                answer = self._client.get_object(Bucket=self.bucket, Key=self._key(path), **part)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") == "NoSuchKey":
                    message = f"there is no {path} in bucket {self.bucket}"
                    raise FileNotFoundError(message) from None
                raise
            return cast("BinaryIO", io.BufferedReader(_Body(answer["Body"], self), 256 * 1024))

    def remove(self, path: str) -> None:
        """Take the file away, if it is there; or an upload in parts that `walk` named."""
        with self._telling("remove"):
            if path.startswith(HALF_DONE):
                upload, _slash, of = path.removeprefix(HALF_DONE).partition("/")
                try:
                    self._client.abort_multipart_upload(
                        Bucket=self.bucket, Key=self._key(of), UploadId=unquote(upload)
                    )
                except ClientError as error:
                    if error.response.get("Error", {}).get("Code") != "NoSuchUpload":
                        raise
                return
            try:
                self._client.delete_object(Bucket=self.bucket, Key=self._key(path))
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") != "NoSuchKey":
                    raise

    def walk(self, below: str = "") -> Iterator[Stored]:
        """Every file below the prefix, sorted by key; then the uploads in parts that were not completed.

        These have no size yet, and a path of their own that only `remove` takes. Keys that are no paths are
        left out: they cannot be ours. So is what is staged, unless it is asked for as `below`.
        """
        with self._telling("walk"):
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket, Prefix=f"{self.prefix}{below}"):
                for entry in page.get("Contents", ()):
                    path = entry["Key"].removeprefix(self.prefix)
                    if _is_path(path) and path.startswith(STAGED) == (below == STAGED):
                        yield Stored(path, entry["Size"], entry["LastModified"].astimezone(dt.UTC))
            if not below:
                yield from self._half_done()

    def address(self, path: str, *, method: str = "GET", download: bool = False) -> str:
        """Where anyone may read the file for an hour, with this method and no other.

        The store answers there with the type, and the order to save rather than show, of `shown_as`.
        """
        with self._telling("address"):
            shown = shown_as(path, download=download)
            answer = {"ResponseContentType": shown.media_type}
            if shown.disposition:
                answer["ResponseContentDisposition"] = shown.disposition
            url: str = self._client.generate_presigned_url(
                "get_object",
                Params={"Bucket": self.bucket, "Key": self._key(path), **answer},
                ExpiresIn=VALID,
                HttpMethod=method,
            )
            return url

    def _half_done(self) -> Iterator[Stored]:
        uploads = self._client.get_paginator("list_multipart_uploads")
        try:
            for page in uploads.paginate(Bucket=self.bucket, Prefix=self.prefix):
                for entry in page.get("Uploads", ()):
                    path = entry["Key"].removeprefix(self.prefix)
                    if _is_path(path):
                        path = f"{HALF_DONE}{quote(entry['UploadId'], safe='')}/{path}"
                        yield Stored(path, 0, entry["Initiated"].astimezone(dt.UTC))
        except ClientError as error:
            # Some stores cannot tell, and clear up by themselves.
            if _status(error) not in {HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED}:
                raise

    @property
    def _client(self) -> Any:
        # The storage makes one for each thread, 100 ms and some megabytes each; this one serves them all.
        with self._making:
            if self._made is None:
                try:
                    self._made = self._storage.connection.meta.client
                except ValueError:
                    message = "AWS_ENDPOINT_URL is no address: write it as https://objects.example.org"
                    raise StoreAway(message) from None
            return self._made

    def _key(self, path: str) -> str:
        key = f"{self.prefix}{path}"
        if not _is_path(path) or len(key.encode()) > _LONGEST:
            message = f"{path!r} is not a path in a bucket"
            raise ValueError(message)
        return key

    @contextmanager
    def _telling(self, operation: str) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, Boto3Error, ClientError) as error:
            endpoint = urlsplit(self._made.meta.endpoint_url) if self._made is not None else None
            host = endpoint.netloc.rpartition("@")[2] if endpoint else ""
            # What the library says may repeat an address with its signature: its words are not passed on.
            raise StoreAway(explain(error, operation, self.bucket, host)) from None


class _Body(io.RawIOBase):
    """What the store sends, as a file of Python's."""

    def __init__(self, body: Any, store: BucketStore) -> None:
        self._body, self._store = body, store

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with self._store._telling("read"):  # noqa: SLF001 - a part of it
            data = self._body.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._body.close()
        super().close()


def _is_path(path: str) -> bool:
    return "\0" not in path and not any(part in {"", ".", ".."} for part in path.split("/"))


def _status(error: ClientError) -> int:
    status: int = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status
