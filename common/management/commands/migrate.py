"""`manage.py migrate`, always as the owner of the tables."""

from typing import Any

from django.core.checks import Tags
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate

from common.tenancy import hooks


class Command(migrate.Command):
    """Django's migrate on the owner's connection; any other is refused."""

    # Those of addresses and templates would load every view of the product before each migration.
    requires_system_checks = (Tags.database, Tags.models)

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["database"] != "owner":
            raise CommandError(
                "Migrations run as the owner of the tables: leave --database out"
                " (DATABASE_OWNER_URL says who that is)."
            )
        try:
            super().handle(*args, **options)
        except BaseException:
            # Django sends post_migrate only after success; row security comes back in any case.
            hooks.force("owner")
            raise
