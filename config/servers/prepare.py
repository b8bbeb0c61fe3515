"""What `make run` does between the start of the servers and that of the web, in one process.

Migrates, loads the demo into an empty database, and prints who may be entered in demo mode.
"""

import os
from io import StringIO

import django
from django.conf import settings
from django.core.management import call_command, get_commands


def main() -> None:
    """Bring the database to this code's state; print the demo's people, if there are any."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    if settings.DEMO_MODE and "demo" in get_commands():
        call_command("demo", "--if-empty", stdout=StringIO())
        call_command("demo", "--personas")


if __name__ == "__main__":
    main()
