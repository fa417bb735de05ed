"""Uploads on their way in, and the blobs they become."""

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils.encoding import escape_uri_path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from .asking import LENGTH, request_in_hand
from .keys import KeyField
from .words import Words

# The longest name kept of what a client called its file; no file system takes more than 255 bytes.
NAME_LENGTH = 500
PATH_LENGTH = 500

ALREADY_HERE = gettext_noop("Already here, as “%(path)s”. Nothing was kept twice.")
NOT_PLAYABLE = gettext_noop(
    "This is %(what)s that browsers do not play; readers can download it. "
    "MP4 with H.264 and AAC plays everywhere."
)
READ_AS = gettext_noop(
    "Read as %(encoding)s, which was guessed. If the letters are wrong, save it as UTF-8 and send it again."
)


class Blob(models.Model):  # type: ignore[django-manager-missing]  # what refers to it is above
    """A file that is kept, once, under its SHA-256. Its bytes never change."""

    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    size = models.BigIntegerField(_("size"))
    # Relative to the media folder, with slashes: 2026/11/23/video/Dawn.mp4
    path = models.CharField(_("path"), max_length=PATH_LENGTH, unique=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    # What probing found. Empty for a file that came before files were probed: it is looked at later.
    medium = models.CharField(_("what it is"), max_length=10, default="", editable=False)
    # The same in words, "a film (MP4)": a message that is translated where it is shown.
    what = models.CharField(max_length=100, default="", editable=False)
    media_type = models.CharField(max_length=100, default="", editable=False)
    codecs = models.CharField(_("codecs"), max_length=100, default="", editable=False)
    # Null where the question makes no sense, or was not asked yet.
    playable = models.BooleanField(_("browsers play it"), null=True, editable=False)
    duration = models.FloatField(_("duration, seconds"), null=True)
    width = models.PositiveIntegerField(_("width"), null=True)
    height = models.PositiveIntegerField(_("height"), null=True)
    poster_path = models.CharField(_("poster"), max_length=PATH_LENGTH, default="")
    # From this moment on a worker may look at the file and draw its picture. Null: that is done.
    study_due = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        indexes = [
            models.Index(
                fields=["study_due"], name="blob_to_study", condition=models.Q(study_due__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.path

    @property
    def url(self) -> str:
        """Where readers fetch it."""
        return f"{settings.MEDIA_URL}{escape_uri_path(self.path)}"

    @property
    def poster_url(self) -> str | None:
        """Where readers fetch a still picture of it, if there is one."""
        return f"{settings.MEDIA_URL}{escape_uri_path(self.poster_path)}" if self.poster_path else None


class Upload(models.Model):  # type: ignore[django-manager-missing]
    """Bytes on their way in. The row is the job: whoever holds its lease files it."""

    class State(models.TextChoices):
        RECEIVING = "receiving", _("Receiving")
        PENDING = "pending", _("Pending")
        PROCESSING = "processing", _("Processing")
        COMPLETED = "completed", _("Completed")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    name_key = KeyField(of="name")
    size = models.BigIntegerField(_("size"))
    # Empty until all bytes are there and were read once.
    sha256 = models.CharField(max_length=64, default="", editable=False)
    created_at = models.DateTimeField(_("received"), auto_now_add=True)

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    reason = models.JSONField(null=True, editable=False)
    blob = models.ForeignKey(
        Blob, models.SET_NULL, null=True, blank=True, related_name="uploads", verbose_name=_("kept as")
    )
    # Its bytes were here already, under the name of the blob.
    is_duplicate = models.BooleanField(_("already here"), default=False, editable=False)
    # How its text was written, where it is subtitles; and whether that was guessed.
    encoding = models.CharField(max_length=30, default="", editable=False)

    # Who sent it, the id of a user; empty where nobody did, as in an import. And what it was sent with.
    sender = models.CharField(max_length=100, default="", editable=False)
    metadata = models.TextField(default="", editable=False)
    # The request that made it, by the name that the logs have for it.
    request_id = models.CharField(max_length=LENGTH, null=True, default=request_in_hand, editable=False)
    expires_at = models.DateTimeField(null=True, editable=False)
    # One of several that are sent side by side and are put together afterwards.
    is_part = models.BooleanField(default=False, editable=False)
    part_of = models.ForeignKey(
        "self", models.CASCADE, null=True, editable=False, related_name="parts", verbose_name=_("part of")
    )
    part_number = models.PositiveIntegerField(default=0, editable=False)

    # The place in the media tree that is reserved for it, before its bytes go there.
    path = models.CharField(max_length=PATH_LENGTH, null=True, unique=True, editable=False)

    # The worker that holds the lease renews it while it lives; after that moment anyone may take it.
    lease_until = models.DateTimeField(null=True, editable=False)
    # Since when something outside stands in the way, a full disk say.
    waiting_since = models.DateTimeField(null=True, editable=False)
    holder = models.UUIDField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        indexes = [
            # For the search for work: only the few that are not done yet.
            models.Index(
                fields=["lease_until"],
                name="upload_unfinished",
                condition=models.Q(state__in=["pending", "processing"]),
            ),
            models.Index(
                fields=["expires_at"],
                name="upload_unclaimed",
                condition=models.Q(expires_at__isnull=False),
            ),
            # The list of uploads, the newest first: all of them, those of one sender, those whose bytes
            # were here already, and those that are not or never filed.
            models.Index(fields=["created_at", "id"], name="upload_by_time"),
            models.Index(fields=["sender", "created_at", "id"], name="upload_by_sender"),
            models.Index(
                fields=["created_at", "id"], name="upload_duplicate", condition=models.Q(is_duplicate=True)
            ),
            models.Index(
                fields=["state", "created_at", "id"],
                name="upload_not_filed",
                condition=models.Q(state__in=["receiving", "pending", "processing", "failed"]),
            ),
            # The search by the beginning of the name.
            models.Index(fields=["name_key", "id"], name="upload_by_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def staged(self) -> Path:
        """Where its bytes wait until they are filed."""
        return Path(settings.PAGECAST_STAGING) / str(self.id)

    @property
    def error(self) -> str:
        """Why it was refused, or what it waits for, in the language of the moment; empty for neither."""
        return str(Words.from_json(self.reason)) if self.reason else ""

    @property
    def notices(self) -> list[str]:
        """What its editor should know although all went well, in the language of the moment."""
        found = []
        if self.is_duplicate and self.blob:
            found.append(Words(ALREADY_HERE, {"path": self.blob.path}))
        if self.blob and self.blob.playable is False:
            found.append(Words(NOT_PLAYABLE, {"what": Words(self.blob.what)}))
        if self.encoding:
            found.append(Words(READ_AS, {"encoding": self.encoding}))
        return [str(words) for words in found]


class Piece(models.Model):
    """Some of the bytes of an upload, staged in a bucket. A row is made when its object is there.

    The pieces of an upload follow one another without a gap: each begins where another ended, and no two at
    the same place.
    """

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="pieces")
    start = models.BigIntegerField()
    size = models.BigIntegerField()
    # The object's, below the place for what is staged; never given twice.
    name = models.CharField(max_length=120, unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["upload", "start"], name="piece_one_per_start")]

    def __str__(self) -> str:
        return self.name


class Hold(models.Model):
    """While one lasts, nothing that is staged is removed from the bucket: somebody reads what rows named."""

    # By the clock of the database. Who dies with a hold in hand keeps things no longer than this.
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"until {self.until}"


#: The states of a file of a content: one that is still coming in is nobody's file yet.
STATES_OF_FILES = [choice for choice in Upload.State.choices if choice[0] != Upload.State.RECEIVING]
