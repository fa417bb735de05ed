"""The verbs of editors. Each is one edit: all of it happens, and the books are closed, or none of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext as _

from pagecast.counting.batches import batches
from pagecast.media.models import Upload
from pagecast.media.preparing import facts_of
from pagecast.media.probing import require
from pagecast.media.receiving import take_up

from . import filing
from .books import editing
from .errors import Conflict
from .models import Content, Page, Placement

# How often a page looks for a free address when others take them at the same moment.
TRIES = 5


def create_page(fields: Mapping[str, Any], contents: Sequence[int] | None = None) -> Page:
    """A new page with these contents in this order.

    Raises `ValidationError` for a content that is named twice, `Conflict` for a slug that is taken
    or a content that does not exist. Nothing is kept then.
    """
    return _write_page(Page(), fields, contents)


def change_page(page: Page, fields: Mapping[str, Any], contents: Sequence[int] | None = None) -> Page:
    """Change the fields that are named, and no others; `contents` replaces the list and the order at once.

    Raises like `create_page`.
    """
    return _write_page(page, fields, contents)


def arrange(page: Page, contents: Sequence[int]) -> None:
    """Let the page show exactly these contents, in this order.

    Raises `ValidationError` for a content that is named twice, `Conflict` for one that does not exist.
    """
    twice = sorted(content for content, times in Counter(contents).items() if times > 1)
    if twice:
        text = _("Named twice: %(ids)s. A content can stand on a page once.")
        raise ValidationError({"contents": text % {"ids": ", ".join(map(str, twice))}})
    with editing():
        # Two editors at once: the second waits here, and then replaces what the first has made.
        Page.objects.select_for_update(no_key=True).get(pk=page.pk)
        there: set[int] = set()
        for batch in batches(contents):
            there.update(Content.objects.non_polymorphic().filter(pk__in=batch).values_list("pk", flat=True))
        if missing := [content for content in contents if content not in there]:
            text = _("There is no content with the id %(ids)s. Create it first, or leave it out.")
            raise Conflict({"contents": text % {"ids": ", ".join(map(str, missing))}})
        held = page.placements.select_for_update().order_by("pk")
        placed = {placement.content_id: placement for placement in held}
        for batch in batches(sorted(placed.keys() - set(contents))):
            page.placements.filter(content__in=batch).delete()
        new, moved = [], []
        for position, content in enumerate(contents, start=1):
            placement = placed.get(content)
            if placement is None:
                new.append(Placement(page=page, content_id=content, position=position))
            elif placement.position != position:
                placement.position = position
                moved.append(placement)
        Placement.objects.bulk_update(moved, ["position"])
        Placement.objects.bulk_create(new)


def next_position(page: Page) -> int:
    """The position behind the last content of the page."""
    last = page.placements.order_by("position").values_list("position", flat=True).last()
    return (last or 0) + 1


def write_content(content: Content, fields: Mapping[str, Any], upload: Upload | None = None) -> Content:
    """Create the content, or change the fields that are named and no others; `upload` becomes its file.

    A content that has a file keeps showing it until the new one is filed. Raises `Refused` for an upload
    that is not whole, or that is known to be something else than the content's kind wants.
    """
    with editing():
        for name, value in fields.items():
            setattr(content, name, value)
        changed = {*fields, "updated_at"}
        if upload is not None:
            # Held, so that whoever files it meanwhile finds this content waiting for it, too.
            content.upload = take_up(upload.pk)
            changed.add("upload")
            if content.upload.blob is not None:
                if content.medium is not None:
                    require(facts_of(content.upload.blob), content.medium, content.upload.name)
                content.blob = content.upload.blob
                changed.add("blob")
            filing.ask(upload.pk)
        if not content._state.adding:
            # Gone meanwhile, it is no longer there to be changed.
            Content.objects.non_polymorphic().select_for_update().values_list("pk").get(pk=content.pk)
        # Only what was named: a worker may give this very row its file at the same moment.
        content.save(update_fields=None if content._state.adding else changed)
    return content


def create_contents(contents: Sequence[Content]) -> None:
    """Create many contents at once: all of them, or none. Their uploads, if they have any, are new."""
    with editing():
        for kind in {type(content) for content in contents}:
            kind.objects.bulk_create([content for content in contents if type(content) is kind])


def _write_page(page: Page, fields: Mapping[str, Any], contents: Sequence[int] | None) -> Page:
    for name, value in fields.items():
        setattr(page, name, value)
    tries = TRIES if not page.slug else 1
    for left in reversed(range(tries)):
        try:
            with editing():
                if not page._state.adding:
                    # Gone meanwhile, it is no longer there to be changed.
                    Page.objects.select_for_update(no_key=True).only("pk").get(pk=page.pk)
                page.save(update_fields=None if page._state.adding else {*fields, "slug", "updated_at"})
                if contents is not None:
                    arrange(page, contents)
        except IntegrityError as error:
            if not Page.objects.filter(slug=page.slug).exclude(pk=page.pk).exists():
                raise Conflict(_("Somebody changed the same page meanwhile. Load it again.")) from error
            if not left:
                text = _("Another page has the address “%(slug)s”. Choose another one, or leave it out.")
                raise Conflict({"slug": text % {"slug": page.slug}}) from error
            # Another page took the same free address at the same moment: take the next one.
            page.slug = ""
        else:
            break
    return page
