"""What the tests of the API share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from pagecast.counting import ledger
from pagecast.pages.models import Content

ROOMS = ("pages", "media", "counting", "gallery")


@pytest.fixture(autouse=True)
def no_static_files(settings: Any) -> None:
    """A client need not look through every static file before its first request."""
    settings.WHITENOISE_USE_FINDERS = False


@pytest.fixture
def untouched(db: None, folders: Path) -> Callable[[], AbstractContextManager[None]]:
    """Around a request that is refused: no row and no file is another one afterwards."""

    def state() -> list[Any]:
        models = [model for model in apps.get_models() if model._meta.app_label in ROOMS]
        rows = [list(model._base_manager.order_by("pk").values_list()) for model in models]
        return [*rows, sorted(path for path in folders.rglob("*") if path.is_file())]

    @contextmanager
    def watch() -> Iterator[None]:
        before = state()
        yield
        assert state() == before

    return watch


@pytest.fixture
def counters() -> Callable[..., list[int]]:
    """The live counters of contents."""
    return lambda *contents: [ledger.counters([content.pk])[content.pk] for content in contents]


@pytest.fixture
def bobs_client(bob: User, token_of: Callable[[User], str]) -> APIClient:
    """bob at the API, with a token of his own."""
    return APIClient(headers={"Authorization": f"Bearer {token_of(bob)}"})


@pytest.fixture
def stranger(reader: APIClient) -> APIClient:
    """Somebody with a token that nobody gave."""
    return APIClient(headers={"Authorization": f"Bearer {'0' * 64}"})


@pytest.fixture
def hidden_note(note: Content) -> Content:
    """A text that is switched off."""
    note.is_active = False
    note.save()
    return note
