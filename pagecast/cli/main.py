"""The `pagecast` command."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line, load_command_class
from django.db import OperationalError

from pagecast import __version__
from pagecast.cli.archive.errors import first_line
from pagecast.counting.errors import Forgetful

OVERVIEW = """\
Publish pages of films, sound and text, and know exactly how often each was seen.

  pagecast serve           serve the site, the API and the admin
  pagecast work            do the background work, where `serve` does not do it itself
  pagecast token NAME      print an API token for the editor NAME
  pagecast import FOLDER   make a page of each folder, and a content of each file
  pagecast sweep           remove files that nothing refers to; --dry-run looks first
  pagecast migrate         bring the database up to date, while it is served; `serve` does it, too
  pagecast doctor          say what is wrong here, or with --url at a live address, and how to cure it
  pagecast export FILE     write everything into one file, while the others go on
  pagecast restore FILE    put what is in such a file here, on whatever database

`pagecast COMMAND --help` says more. Django's own commands work too: createsuperuser,
changepassword, shell, …"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; say in one line what is wrong with a setting, or with the database's."""
    words = list(sys.argv if arguments is None else arguments)
    # Apps of the user's own (PAGECAST_APPS) may lie beside the data.
    sys.path.insert(0, str(Path.cwd()))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pagecast.conf.settings")
    if words[1:] == ["--version"]:
        sys.stdout.write(f"{__version__}\n")
        return
    if words[1:] in ([], ["-h"], ["--help"], ["help"]):
        sys.stdout.write(f"{OVERVIEW}\n")
        return
    # By this PostgreSQL's own tools name whoever holds something.
    os.environ["PGAPPNAME"] = f"pagecast {words[1]}"
    try:
        if words[1:2] == ["doctor"]:
            # It looks at the settings itself, and from outside it needs none.
            load_command_class("pagecast.cli", "doctor").run_from_argv(words)
            return
        execute_from_command_line(words)
    except (ImproperlyConfigured, Forgetful) as error:
        sys.exit(f"pagecast: {error}")
    except OperationalError as error:
        if "--traceback" in words:
            raise
        said = first_line(error)
        sys.exit(f"pagecast: The database fails: {said}. Look at it and at DATABASE_URL, then try again.")


if __name__ == "__main__":
    main()
