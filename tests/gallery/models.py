from django.db import models

from pagecast.pages.models import Content


class Image(Content):
    """A picture with a caption."""

    file_field = "image_path"
    suffixes = (".jpg", ".png", ".webp")
    caption = models.CharField(max_length=200, null=True, blank=True)
