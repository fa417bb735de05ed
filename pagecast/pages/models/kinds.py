"""The kinds that come with Pagecast."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from pagecast.media.probing import Medium

from .content import MEASURES, Content
from .titled import storable

LINK_LENGTH = 2000


class Video(Content):
    """A film: a file or a link, with subtitles."""

    file_field = "video_path"
    link_field = "video_url"
    medium = Medium.VIDEO
    takes_subtitles = True
    json_fields = ("video_path", "video_url", "subtitles_path", "subtitles_url", *MEASURES, "subtitles")
    suffixes = (
        ".mp4",
        ".m4v",
        ".webm",
        ".mkv",
        ".mov",
        ".avi",
        ".ogv",
        ".3gp",
        ".mpg",
        ".mpeg",
        ".wmv",
        ".flv",
        ".ts",
    )

    video_url = models.URLField(
        _("link to the film"), max_length=LINK_LENGTH, null=True, blank=True, validators=[storable]
    )
    subtitles_url = models.URLField(
        _("link to subtitles"), max_length=LINK_LENGTH, null=True, blank=True, validators=[storable]
    )

    class Meta:
        verbose_name = _("video")
        verbose_name_plural = _("videos")


class Audio(Content):
    """Sound: a file or a link, with a text of any length."""

    file_field = "audio_path"
    medium = Medium.AUDIO
    link_field = "audio_url"
    json_fields = ("audio_path", "audio_url", "text", "duration")
    suffixes = (".mp3", ".m4a", ".aac", ".ogg", ".oga", ".opus", ".flac", ".wav", ".wma", ".aiff")

    audio_url = models.URLField(
        _("link to the sound"), max_length=LINK_LENGTH, null=True, blank=True, validators=[storable]
    )
    text = models.TextField(_("text"), null=True, blank=True, validators=[storable])

    class Meta:
        verbose_name = _("audio")
        verbose_name_plural = _("audios")


class Text(Content):
    """A text of any length."""

    suffixes = (".txt", ".md")

    # Under its usual name, the way back from Content would be called `text` like the field.
    content_ptr = models.OneToOneField(
        Content, models.CASCADE, parent_link=True, primary_key=True, related_name="as_text", serialize=False
    )
    text = models.TextField(_("text"), null=True, blank=True, validators=[storable])

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
