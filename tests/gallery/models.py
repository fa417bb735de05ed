from django.db import models

from pagecast.media.models import Blob, Upload
from pagecast.pages.models import Content


class Image(Content):
    """A picture with a caption."""

    file_field = "image_path"
    suffixes = (".jpg", ".png", ".webp")
    caption = models.CharField(max_length=200, null=True, blank=True)


class Postcard(models.Model):
    """No content, but it refers to files: in ways that do not lead back from them."""

    picture = models.ForeignKey(Blob, models.CASCADE, null=True, related_name="+")
    stamp = models.ForeignKey(Blob, models.SET_NULL, null=True, related_name="+", to_field="sha256")
    draft = models.ForeignKey(Upload, models.CASCADE, null=True, related_name="+")
    others = models.ManyToManyField(Blob, related_name="+")

    def __str__(self) -> str:
        return f"Postcard {self.pk}"
