from django.db import models

from pagecast.media.models import Blob, Upload


class Postcard(models.Model):
    """No content, but it refers to files."""

    picture = models.ForeignKey(Blob, models.CASCADE, null=True, related_name="+")
    stamp = models.ForeignKey(Blob, models.SET_NULL, null=True, related_name="+", to_field="sha256")
    draft = models.ForeignKey(Upload, models.CASCADE, null=True, related_name="+")
    others = models.ManyToManyField(Blob, related_name="+")

    objects = models.Manager["Postcard"]()

    def __str__(self) -> str:
        return f"Postcard {self.pk}"
