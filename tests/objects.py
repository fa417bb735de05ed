"""A real object store for tests: OpenStack Swift with its S3 interface, out of installed wheels; Linux only.

It checks signatures, takes uploads in parts and answers ranges. Its folder must be on a file system with
extended attributes, as the temporary one is nearly everywhere. However the tests end, it ends with them, and
its files are removed.
"""

import contextlib
import secrets
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import boto3

from tests import services

ROOT = Path(__file__).resolve().parents[1]
ACCESS_KEY, SECRET_KEY = "test:tester", "testing-is-no-secret"
REGION = "us-east-1"
ENVIRONMENT = {"LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}


@contextlib.contextmanager
def objects() -> Iterator[dict[str, str]]:
    """Give the environment that an S3 client needs for an empty store without buckets."""
    with (
        services._temporary_folder({}) as folder,
        services._server(folder, partial(command, folder), signal.SIGKILL, ENVIRONMENT, {}) as port,
    ):
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": REGION,
        }


def command(folder: Path, port: int) -> list[str]:
    """The command that runs the store, on what the folder has of an earlier life."""
    told = [str(folder), str(port), ACCESS_KEY, SECRET_KEY, REGION]
    return [sys.executable, "-W", "ignore", "-m", "tests.object_server", *told]


def new_bucket() -> str:
    """An empty bucket in the store that the environment names."""
    name = f"bucket-{secrets.token_hex(6)}"
    boto3.client("s3", region_name=REGION).create_bucket(Bucket=name)
    return name
