"""Uploads on their way in, and the blobs they become."""

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils.encoding import escape_uri_path
from django.utils.translation import gettext_lazy as _

# The longest name kept of what a client called its file; no file system takes more than 255 bytes.
NAME_LENGTH = 500


class Blob(models.Model):  # type: ignore[django-manager-missing]  # what refers to it is above
    """A file that is kept, once, under its SHA-256. Its bytes never change."""

    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    size = models.BigIntegerField(_("size"))
    # Relative to the media folder, with slashes: 2026/11/23/video/Dawn.mp4
    path = models.CharField(_("path"), max_length=500, unique=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    # What probing found, where the kind of file has it.
    duration = models.FloatField(_("duration, seconds"), null=True)
    width = models.PositiveIntegerField(_("width"), null=True)
    height = models.PositiveIntegerField(_("height"), null=True)
    poster_path = models.CharField(_("poster"), max_length=500, default="")

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")

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

    @property
    def file(self) -> Path:
        """Where its bytes lie on this machine."""
        return Path(settings.MEDIA_ROOT) / self.path


class Upload(models.Model):  # type: ignore[django-manager-missing]
    """Bytes on their way in. The row is the job: whoever holds its lease files it."""

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        PROCESSING = "processing", _("Processing")
        COMPLETED = "completed", _("Completed")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    size = models.BigIntegerField(_("size"))
    sha256 = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(_("received"), auto_now_add=True)

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    error = models.TextField(_("why it was refused"), default="", blank=True)
    blob = models.ForeignKey(Blob, models.SET_NULL, null=True, blank=True, verbose_name=_("kept as"))

    # The worker that holds the lease renews it while it lives; after that moment anyone may take it.
    lease_until = models.DateTimeField(null=True, editable=False)
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
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def staged(self) -> Path:
        """Where its bytes wait until they are filed."""
        return Path(settings.PAGECAST_STAGING) / str(self.id)
