"""What the server loads: `pagecast.conf.asgi:application`."""

import django
from django.conf import settings
from django.utils.module_loading import import_string

from pagecast.cli.processes import follow_parent

from . import databases

follow_parent()
databases.serve(settings.DATABASES["default"])
django.setup(set_prefix=False)
# It stands on models, which can be imported only now.
application = import_string("pagecast.conf.application.Pagecast")()
