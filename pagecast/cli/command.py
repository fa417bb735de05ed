"""What the commands of Pagecast have in common."""

from django.core.management.base import BaseCommand

from pagecast import __version__


class PagecastCommand(BaseCommand):
    """A command that tells Pagecast's version, not Django's."""

    def get_version(self) -> str:
        return __version__
