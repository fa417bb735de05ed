"""pagecast token NAME"""

from typing import Any

from django.core.management.base import CommandParser
from knox.models import AuthToken

from pagecast.cli import database
from pagecast.cli.command import PagecastCommand
from pagecast.pages import access


class Command(PagecastCommand):
    help = (
        "Print a new API token for the editor NAME, alone on a line. The editor is made if new. Pagecast "
        "keeps only a hash of it, so it is shown this once; earlier tokens of NAME stay valid until they "
        "are removed in the admin."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="The editor's user name.")

    def handle(self, *_arguments: Any, name: str, **_options: Any) -> None:
        database.prepare()
        _instance, token = AuthToken.objects.create(user=access.editor(name))
        self.stdout.write(token)
