"""A full disk, and uploads that are somebody else's, as editors at the API meet them."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from pagecast.media import resuming
from pagecast.media.models import Upload
from pagecast.pages import access
from pagecast.pages.kinds import type_of
from tests import films
from tests.api.problems import CONTENTS, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be written out for good."""

    def fail(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def form(**fields: Any) -> dict[str, Any]:
    return {"title": "Dawn", "file": SimpleUploadedFile("Dawn.mp4", films.film()), **fields}


def test_a_form_is_refused_in_words_and_keeps_nothing(
    editor: APIClient, full_disk: None, folders: Path
) -> None:
    told = problem(editor.post(CONTENTS, form(content_type="video"), format="multipart"), 507, "file")
    assert "The disk of the server is full: “Dawn.mp4” was not kept." in told["errors"]["file"][0]
    assert files_in(folders) == []
    assert not Upload.objects.exists()


def test_the_form_of_the_admin_says_so_too(alice: User, full_disk: None, folders: Path) -> None:
    client = Client()
    client.force_login(alice)
    rows = {"tracks-TOTAL_FORMS": "0", "tracks-INITIAL_FORMS": "0"}
    address = f"/admin/pages/content/add/?ct_id={type_of('video').pk}"
    answer = client.post(address, form(is_active="on") | rows)
    assert "The disk of the server is full" in answer.content.decode()
    assert files_in(folders) == []


def finished(sender: User) -> Upload:
    data = films.film()
    upload = resuming.begin("Dawn.mp4", len(data), sender=str(sender.pk))
    upload.staged.write_bytes(data)
    assert resuming.finish(upload)
    return upload


def test_an_upload_is_its_sender_s_until_it_is_used(
    editor: APIClient, alice: User, token_of: Callable[[User], str]
) -> None:
    carol = access.editor("carol")
    other = APIClient(headers={"Authorization": f"Bearer {token_of(carol)}"})
    upload = finished(alice)
    wanted = {"content_type": "video", "title": "Dawn", "upload": str(upload.pk)}
    told = problem(other.post(CONTENTS, wanted), 409, "upload")
    assert told["errors"]["upload"] == ["There is no upload with this id. Send the file first."]
    assert editor.post(CONTENTS, wanted).status_code == 201
    assert other.post(CONTENTS, wanted).status_code == 201


def test_an_upload_that_still_comes_in_can_not_be_used(editor: APIClient, alice: User) -> None:
    upload = resuming.begin("Dawn.mp4", 10, sender=str(alice.pk))
    wanted = {"content_type": "video", "title": "Dawn", "upload": str(upload.pk)}
    told = problem(editor.post(CONTENTS, wanted), 409, "upload")
    assert "has not come in whole yet" in told["errors"]["upload"][0]
