"""One row for each thing that is done again and again."""

from django.db import models
from django.db.models.functions import Now


class Chore(models.Model):
    """When it was done last and how often, and when it is due again, by the clock of the database."""

    name = models.CharField(primary_key=True, max_length=50)
    due_at = models.DateTimeField(db_default=Now())
    # Who does it just now: `due_at` is then the end of a lease.
    holder = models.UUIDField(null=True)
    # The end of the last round, and how many came to their end.
    ran_at = models.DateTimeField(null=True)
    runs = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name
