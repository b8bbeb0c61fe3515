"""`manage.py export_audit --tenant SLUG > trail.jsonl`: a tenant's whole trail, ready to verify."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import queries


class Command(BaseCommand):
    """Write the trail as JSON lines: what each line's hash was made of, and the head last."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            for line in queries.export(options["tenant"]):
                self.stdout.write(line)
        except LookupError as error:
            raise CommandError(str(error.args[0])) from None
