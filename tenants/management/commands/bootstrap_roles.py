"""`manage.py bootstrap_roles`: prepare a PostgreSQL server of one's own, once."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.servers import CannotStart
from config.servers.bootstrap import bootstrap


class Command(BaseCommand):
    """Makes or repairs the roles, their rights and the database; safe to repeat."""

    help = (
        "Make the roles of DATABASE_URL, DATABASE_OWNER_URL and DATABASE_PLATFORM_URL with their "
        "passwords and rights, and the database, with an administrator's address."
    )
    # Nothing that needs the database can be checked yet.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--admin-url", help="the administrator's address (DATABASE_ADMIN_URL)")

    def handle(self, *args: Any, admin_url: str | None, **options: Any) -> None:
        app_url = _address("DATABASE_URL")
        try:
            bootstrap(
                admin_url or _address("DATABASE_ADMIN_URL"),
                app_url=app_url,
                owner_url=_address("DATABASE_OWNER_URL"),
                platform_url=_address("DATABASE_PLATFORM_URL"),
            )
        except CannotStart as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write("Roles and database are ready: continue with 'manage.py migrate'.")


def _address(name: str) -> str:
    """Return an address from the environment, or from the file that NAME_FILE names."""
    file = os.environ.get(f"{name}_FILE")
    address = Path(file).read_text().strip() if file else os.environ.get(name, "")
    if not address:
        raise CommandError(f"{name} is not set: it must hold a PostgreSQL address.")
    return address
