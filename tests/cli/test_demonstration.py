"""The demonstration pages of a first start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import pytest

from pagecast.cli.demonstration import make, wanted
from pagecast.counting import ledger
from pagecast.media.models import Blob
from pagecast.pages import reading
from pagecast.pages.models import Page, SubtitleTrack
from tests.films import kept


@pytest.mark.django_db
def test_it_works(settings: Any) -> None:
    assert wanted()
    make()
    assert not wanted()
    pages = reading.read(list(Page.objects.values_list("pk", flat=True)))
    assert [len(page.contents) for page in pages] == [3, 3, 3, 4]
    subtitles = SubtitleTrack.objects.order_by("pk")
    assert [(track.language, bool(track.path)) for track in subtitles] == [("en", True), ("ru", True)] * 2
    played = Blob.objects.exclude(tracks__in=subtitles)
    files = [kept(blob) for blob in played]
    assert len({file.read_bytes() for file in files}) == len(files) == 9
    assert all(seconds(file) > 4 for file in files)
    assert all(blob.poster_path and blob.playable for blob in played)
    assert list(Path(settings.PAGECAST_STAGING).iterdir()) == []
    assert set(ledger.counters([each.content.pk for page in pages for each in page.contents]).values()) == {0}


def seconds(file: Path) -> float:
    with av.open(str(file)) as container:
        return (container.duration or 0) / 1_000_000
