from typing import ClassVar

from django.db import models


class Page(models.Model):
    """A page with its contents in an order."""

    title = models.CharField(max_length=300)
    slug = models.SlugField(max_length=100, unique=True)
    text = models.TextField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects: ClassVar[models.Manager["Page"]] = models.Manager()

    class Meta:
        app_label = "plain"

    def __str__(self) -> str:
        return self.title


class Content(models.Model):
    """One thing shown, with its counter."""

    title = models.CharField(max_length=300)
    content_type = models.CharField(max_length=20)
    is_active = models.BooleanField(default=True)
    url = models.URLField(max_length=2000)
    text = models.TextField()
    counter = models.BigIntegerField(default=0)

    objects: ClassVar[models.Manager["Content"]] = models.Manager()

    class Meta:
        app_label = "plain"

    def __str__(self) -> str:
        return self.title


class Placement(models.Model):
    """A content on a page."""

    page = models.ForeignKey(Page, models.CASCADE, related_name="placements")
    content = models.ForeignKey(Content, models.CASCADE, related_name="placements")
    position = models.PositiveIntegerField()

    objects: ClassVar[models.Manager["Placement"]] = models.Manager()

    class Meta:
        app_label = "plain"

    def __str__(self) -> str:
        return f"{self.content} on {self.page}"
