"""Where readers saw a page before."""

from collections.abc import Mapping

from django.db import models

from .page import SLUG_LENGTH


class FormerAddress(models.Model):
    """The page that readers saw last under an address, before it was renamed, switched off, or taken away.

    Where another page has the address now, and readers see it, that one counts and not this row.

    Noted at the end of the edit, while the page is held. An address belongs to one page at a time, so no two
    transactions ever write the same row, and it needs no place in the order of locks.
    """

    slug = models.CharField(max_length=SLUG_LENGTH, primary_key=True)
    # Not a foreign key: it is there to outlive its page. No other page ever gets the number.
    page_id = models.BigIntegerField()

    class Meta:
        verbose_name = "former address"
        verbose_name_plural = "former addresses"
        # Nobody edits them, so there is nothing to permit.
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.slug}, once of page {self.page_id}"

    @classmethod
    def note(cls, lost: Mapping[str, int]) -> None:
        """From now on each of these addresses is one that its page had."""
        rows = [cls(slug=slug, page_id=page) for slug, page in sorted(lost.items())]
        cls._base_manager.bulk_create(
            rows, update_conflicts=True, unique_fields=["slug"], update_fields=["page_id"]
        )
