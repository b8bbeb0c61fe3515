"""`manage.py migrate`, as the owner of the tables."""

from argparse import ArgumentParser

from django.core.management.commands import migrate


class Command(migrate.Command):
    """Migrates through the owner's connection: the application's role may not create tables."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")
