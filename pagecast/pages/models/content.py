"""One thing shown, of whatever kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.apps import apps
from django.core.checks import CheckMessage, Error
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _
from polymorphic.models import PolymorphicModel

from pagecast.counting.batches import batches
from pagecast.media.models import Blob, Upload
from pagecast.media.probing import Medium
from pagecast.pages import books
from pagecast.pages.querysets import BookedPolymorphicQuerySet

from .titled import ORIGIN_LENGTH, Titled

#: Taken from the file of a content, whatever its kind; a kind names those that its readers get.
MEASURES = ("duration", "width", "height", "poster")


class Content(Titled, PolymorphicModel):
    """What a page shows. A kind is a subclass, and a subclass is all that a new kind needs.

    Its class attributes say how it is served; its own fields are its columns, form and JSON.
    """

    #: The fields of its kind in its JSON, in order. None: `file_field`, then its own as declared.
    json_fields: ClassVar[tuple[str, ...] | None] = None
    #: What readers know its file's URL as, such as "video_path". None: a kind without a file.
    file_field: ClassVar[str | None] = None
    #: What its file has to be, such as Medium.VIDEO, found by its bytes. None: a file of any sort.
    medium: ClassVar[Medium | None] = None
    #: Whether it may have subtitles, in several languages.
    takes_subtitles: ClassVar[bool] = False
    #: The field with an address elsewhere that can stand in for the file.
    link_field: ClassVar[str | None] = None
    #: Endings by which `pagecast import` knows a file of this kind, such as (".mp4", ".webm").
    suffixes: ClassVar[tuple[str, ...]] = ()

    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Readers see active contents only.")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    origin = models.CharField(max_length=ORIGIN_LENGTH, null=True, unique=True, editable=False)
    # The SHA-256 of what was imported last: a file replaces an editor's work only if it changed since.
    imported = models.CharField(max_length=64, null=True, editable=False)

    # The file that readers get, and the newest one sent: it takes the place of the other once filed.
    blob = models.ForeignKey(
        Blob, models.PROTECT, null=True, editable=False, related_name="contents", verbose_name=_("file")
    )
    upload = models.ForeignKey(
        Upload, models.PROTECT, null=True, editable=False, related_name="contents", verbose_name=_("upload")
    )
    # It has an address elsewhere to show, filed or not.
    has_link = models.BooleanField(default=False, editable=False)
    # It stands on a page. Whoever closes the books keeps it right.
    is_placed = models.BooleanField(default=False, db_default=False, editable=False)

    # Whoever loads many contents fills it in.
    _tracks: list[Any] | None = None

    objects: ClassVar = BookedPolymorphicQuerySet["Content"].as_manager()  # type: ignore[django-manager-missing]

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("content")
        verbose_name_plural = _("contents")
        ordering = ["pk"]
        indexes = [
            # The search by the beginning of a title, the filter by its first letter, and the order of titles.
            models.Index(fields=["title_key", "id"], name="content_by_title"),
            # One kind, the newest first.
            models.Index(fields=["polymorphic_ctype", "id"], name="content_by_kind"),
            # Those that stand on no page, and those that are switched off: few of many, the newest first.
            models.Index(fields=["id"], name="content_on_no_page", condition=models.Q(is_placed=False)),
            models.Index(fields=["id"], name="content_switched_off", condition=models.Q(is_active=False)),
        ]

    @classmethod
    def kind(cls) -> str:
        """What the API and the media tree call the kind: `video` for Video."""
        return str(cls._meta.model_name)

    @classmethod
    def fields_of_kind(cls) -> tuple[str, ...]:
        """The names of its kind's fields in its JSON, in their order."""
        if cls.json_fields is not None:
            return cls.json_fields
        own = [field.name for field in cls.own_fields()]
        return tuple(own if cls.file_field is None else [cls.file_field, *own])

    @classmethod
    def own_fields(cls) -> list[models.Field[Any, Any]]:
        """The columns that the kind adds."""
        shared = {field.name for field in Content._meta.get_fields()}
        return [field for field in cls._meta.fields if field.name not in shared and not field.primary_key]

    @classmethod
    def check(cls, **kwargs: Any) -> list[CheckMessage]:
        """Django's checks, and whether the class attributes of the kind go together."""
        found: list[CheckMessage] = super().check(**kwargs)
        hint = "docs/kinds.md says what a kind may declare."
        for name in cls.fields_of_kind():
            if name != cls.file_field and not hasattr(cls, name):
                text = f"{name!r} in json_fields is neither a field of {cls.__name__} nor its file_field."
                found.append(Error(text, hint=hint, obj=cls, id="pagecast.E011"))
        if cls.link_field and cls.link_field not in {field.name for field in cls.own_fields()}:
            text = f"link_field names {cls.link_field!r}, which {cls.__name__} does not have."
            found.append(Error(text, hint=hint, obj=cls, id="pagecast.E012"))
        twins = [each for each in _subclasses(Content) if each is not cls and each.kind() == cls.kind()]
        if twins and cls is not Content:
            text = f"{twins[0].__module__} has a kind of the same name. Rename one of the classes."
            found.append(Error(text, obj=cls, id="pagecast.E013"))
        return found

    @property
    def duration(self) -> float | None:
        """How long its file plays, in seconds."""
        return self.blob.duration if self.blob else None

    @property
    def width(self) -> int | None:
        """The width of its picture, in pixels."""
        return self.blob.width if self.blob else None

    @property
    def height(self) -> int | None:
        """The height of its picture, in pixels."""
        return self.blob.height if self.blob else None

    @property
    def poster(self) -> str | None:
        """The address of a still picture of it."""
        return self.blob.poster_url if self.blob else None

    @property
    def subtitles(self) -> list[Any]:
        """Its subtitles, a `SubtitleTrack` for each language, those that are still to be filed included."""
        if self._tracks is None:
            self._tracks = list(self.tracks.select_related("blob", "upload").order_by("pk"))
        return self._tracks

    def has_subtitles(self, tracks: list[Any]) -> None:
        """Tell it its subtitles, where they were read together with those of others."""
        self._tracks = tracks

    @property
    def shown_subtitles(self) -> list[Any]:
        """Those that readers get."""
        return [track for track in self.subtitles if track.blob_id or track.url]

    @property
    def subtitles_path(self) -> str | None:
        """The address of its first subtitles that are a file of ours."""
        return next((track.path for track in self.subtitles if track.path), None)

    def prepare(self) -> None:
        super().prepare()
        self.has_link = bool(self.link_field and getattr(self, self.link_field))

    @classmethod
    def derived_from(cls) -> dict[str, str]:
        return super().derived_from() | ({cls.link_field: "has_link"} if cls.link_field else {})

    @classmethod
    def touch(cls, keys: Iterable[int]) -> None:
        books.touch_contents(keys)

    @classmethod
    def hold(cls, keys: Iterable[int]) -> None:
        keys, placements = list(keys), apps.get_model("pages", "Placement")
        while True:
            before = transaction.savepoint()
            held = books.hold(placements, "content", keys, deleting=True)
            super().hold(keys)
            if all(held.issuperset(_placed(batch)) for batch in batches(keys)):
                transaction.savepoint_commit(before)
                return
            # Somebody has put one of them on a page in between. To wait for that place now, with the
            # content in hand, could be to wait for somebody who waits for the content: let go of both.
            transaction.savepoint_rollback(before)


def _placed(contents: list[int]) -> models.QuerySet[Any, int]:
    placements = apps.get_model("pages", "Placement")._base_manager
    found: models.QuerySet[Any, int] = placements.filter(content__in=contents).values_list("pk", flat=True)
    return found


def _subclasses(kind: type[Content]) -> list[type[Content]]:
    return [each for child in kind.__subclasses__() for each in (child, *_subclasses(child))]
