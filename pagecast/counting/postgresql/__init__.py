"""The PostgreSQL that `base` makes of Django's."""
