"""Two who ask at once what a file has become."""

from __future__ import annotations

import pytest

from pagecast.media.errors import Refused
from pagecast.media.models import Upload
from pagecast.media.receiving import receive
from pagecast.pages.dropping import take
from pagecast.pages.models import Content
from tests import films
from tests.uploading import in_threads

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("data", "name"), [(b"Read me", "Note.txt"), (films.film(), "Dawn.mp4")], ids=["text", "film"]
)
def test_both_are_told_of_the_same_content(data: bytes, name: str) -> None:
    upload = receive([data], name)
    Upload.objects.filter(pk=upload.pk).update(sender="7")

    def ask(_which: int) -> Content:
        return take(upload.pk, "7")

    first, second, third = in_threads(3, ask)
    assert first == second == third == Content.objects.get()


def test_both_are_refused() -> None:
    upload = receive([b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF\n"], "Contract.pdf")
    Upload.objects.filter(pk=upload.pk).update(sender="7")

    def ask(_which: int) -> str:
        try:
            take(upload.pk, "7")
        except Refused as reason:
            return str(reason)
        return ""

    assert all(in_threads(3, ask))
    assert not Content.objects.exists()
