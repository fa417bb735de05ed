"""Damaged media on their whole way in: each is filed or refused in words, and no worker dies of one.

PAGECAST_TORTURE=50 makes ten thousand of them, PAGECAST_TORTURE_SEED=2 makes others.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path

import pytest
from django.utils import translation

from pagecast.media.models import Blob, Upload
from pagecast.media.receiving import receive
from pagecast.pages import editing, filing
from pagecast.pages.models import Audio, Content, Video
from tests.films import kept
from tests.media import hostile

pytestmark = pytest.mark.django_db

NUMBER = 200 * int(os.environ.get("PAGECAST_TORTURE", "1"))
SEED = int(os.environ.get("PAGECAST_TORTURE_SEED", "1"))
BATCH = 20
STATES = Upload.State


def send(chance: random.Random, number: int, media: list[bytes]) -> Content:
    data = hostile.mutated(chance, media) or b"nothing left"
    kind = chance.choice([Video, Video, Audio])
    pieces = [data[start : start + 4096] for start in range(0, len(data), 4096)]
    return editing.write_content(kind(title=f"{number}"), {}, receive(pieces, f"{number}.mp4"))


def test_each_is_filed_or_refused_in_words(folders: Path) -> None:
    chance, outcomes, media = random.Random(SEED), Counter[str](), hostile.small_media()
    for start in range(0, NUMBER, BATCH):
        contents = [send(chance, number, media) for number in range(start, start + BATCH)]
        uploads = [content.upload_id for content in contents if content.upload_id]
        for blob in filing.file(*uploads):
            filing.study(blob.pk)
        for upload in Upload.objects.filter(pk__in=uploads):
            outcomes[upload.state] += 1
            assert upload.state in {STATES.COMPLETED, STATES.FAILED}, (SEED, upload.name)
            assert not upload.staged.exists()
            assert (upload.state == STATES.FAILED) == bool(upload.error)
            tell_in_both_languages(upload)
    assert outcomes[STATES.COMPLETED] > NUMBER / 10
    assert outcomes[STATES.FAILED] > NUMBER / 10
    assert not filing.due().exists()
    for blob in Blob.objects.all():
        assert kept(blob).stat().st_size == blob.size
        assert blob.study_due is None


def tell_in_both_languages(upload: Upload) -> None:
    """A reason is a sentence for editors, never what a program says to itself."""
    for language in ("en", "ru"):
        with translation.override(language):
            told = f"{upload.error}{''.join(upload.notices)}"
        assert not any(word in told for word in ("Traceback", "Error", "Exception", "Errno", "%(")), told
