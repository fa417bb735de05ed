"""What uses an upload, for the list of uploads, which knows nothing of contents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from django.db.models import OuterRef
from django.urls import reverse

from pagecast.media.admin import USERS
from pagecast.media.models import Upload
from pagecast.media.paging import first_of_each
from pagecast.pages.models import Content, SubtitleTrack

# So many of the contents that have the same upload are named.
NAMED = 3


def contents_of(uploads: Collection[UUID]) -> dict[UUID, list[tuple[str, str]]]:
    """The contents whose newest file it is, or whose subtitles: the address and the title of each."""
    own = Content.objects.non_polymorphic().filter(upload=OuterRef("pk")).order_by().values("pk")
    subtitles = SubtitleTrack.objects.filter(upload=OuterRef("pk")).order_by().values("content")
    found: defaultdict[UUID, list[int]] = defaultdict(list)
    for related in (own, subtitles):
        for upload, (contents, _number) in first_of_each(Upload, uploads, related, NAMED, NAMED).items():
            found[upload] += contents
    titles = Content.objects.non_polymorphic().in_bulk({key for keys in found.values() for key in keys})
    return {
        upload: [
            (reverse("admin:pages_content_change", args=[key]), titles[key].title)
            for key in dict.fromkeys(keys)
            if key in titles
        ]
        for upload, keys in found.items()
    }


USERS.append(contents_of)
