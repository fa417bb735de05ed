"""Two writers at the same moment, which SQLite does not have."""

from __future__ import annotations

import threading

import pytest
from django.db import transaction

from pagecast.media.models import Blob, Upload
from pagecast.pages import editing
from pagecast.pages.models import Video
from tests.films import kept
from tests.media.waste import swept, unused_film
from tests.uploading import in_threads

at_once = pytest.mark.django_db(transaction=True)


@pytest.fixture
def unused(transactional_db: None) -> Blob:
    """A film and its picture, and a day later nothing that refers to it."""
    return unused_film()


@at_once
def test_a_sweep_waits_for_whoever_is_just_attaching_an_upload(unused: Blob) -> None:
    attached, go_on = threading.Event(), threading.Event()
    upload = Upload.objects.get()

    def work(number: int) -> None:
        if number == 0:
            with transaction.atomic():
                editing.write_content(Video(title="Dusk"), {}, upload)
                attached.set()
                go_on.wait(1)
        else:
            attached.wait(30)
            swept()
            go_on.set()

    in_threads(2, work)
    assert Blob.objects.get() == unused
    assert kept(unused).exists()
