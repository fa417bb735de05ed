"""The cast of the tests.

alice edits; bob is a reader with an account and may change nothing. `handbook` is the page that most
tests read: a film, a sound and a text, in this order.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.utils import translation
from knox.models import AuthToken
from rest_framework.test import APIClient

from pagecast.pages import access, editing
from pagecast.pages.models import Audio, Content, Page, Text, Video

SHARED_MEDIA = Path(__file__).resolve().parents[2] / "shared" / "media"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """SQLite in a file and not in memory, so that threads and processes meet in it as they do in use."""
    database = django_settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        # What survives a power cut is not the matter here; the servers that tests start keep what is set.
        database["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
        database.setdefault("TEST", {})["NAME"] = f"{django_settings.PAGECAST_DATA}/test.sqlite3"


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> Path:
    """Every test files its media in a folder of its own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.PAGECAST_STAGING = tmp_path / "staging"
    # The real one takes a second of a busy machine for every password of the cast.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Every client would look for all static files anew.
    settings.WHITENOISE_USE_FINDERS = False
    # Background work is driven by the tests, step by step, unless they ask for a worker.
    settings.PAGECAST_QUEUE = ""
    # A browser of an earlier test may have asked for another language.
    translation.activate("en")
    return tmp_path


@pytest.fixture(scope="session")
def shared_media() -> Path:
    """Real films, sounds and hostile strings, where they are at hand."""
    if not SHARED_MEDIA.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{SHARED_MEDIA} is missing")
        pytest.skip("real media: the folder ../shared/media is not there")
    return SHARED_MEDIA


@pytest.fixture
def alice(db: None) -> User:
    """She edits."""
    return access.editor("alice")


@pytest.fixture
def bob(db: None) -> User:
    """He has an account, and may change nothing."""
    return User.objects.create_user("bob", password="bob")


@pytest.fixture
def token_of() -> Callable[[User], str]:
    """A new API token of a user."""
    return lambda user: AuthToken.objects.create(user=user)[1]


@pytest.fixture
def reader() -> APIClient:
    """Anyone."""
    return APIClient()


@pytest.fixture
def editor(alice: User, token_of: Callable[[User], str]) -> APIClient:
    """alice at the API."""
    return APIClient(headers={"Authorization": f"Bearer {token_of(alice)}"})


@pytest.fixture
def film(db: None) -> Content:
    """A film that lies elsewhere."""
    return Video.objects.create(title="Dawn", video_url="https://films.example.org/dawn.mp4")


@pytest.fixture
def sound(db: None) -> Content:
    """A sound that lies elsewhere."""
    return Audio.objects.create(title="Rain", audio_url="https://sounds.example.org/rain.mp3", text="drip")


@pytest.fixture
def note(db: None) -> Content:
    """A text."""
    return Text.objects.create(title="Note", text="Read me")


@pytest.fixture
def handbook(film: Content, sound: Content, note: Content) -> Page:
    """The page that most tests read: a film, a sound, a text."""
    return editing.create_page({"title": "Handbook"}, [film.pk, sound.pk, note.pk])


def pytest_sessionfinish() -> None:
    shutil.rmtree(os.environ["PAGECAST_DATA"], ignore_errors=True)
