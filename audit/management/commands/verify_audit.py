"""`manage.py verify_audit FILE`: check an exported trail; needs no database."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import rules


class Command(BaseCommand):
    """Say whether the chain holds; the exit code is 1 when it does not."""

    help = __doc__
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--head", default="", metavar="SEQ:HASH", help="published elsewhere")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with options["file"].open(encoding="utf-8") as file:
                found = rules.verify(file, head=options["head"])
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"The file cannot be read: {error}.") from None
        for fault in found.faults:
            self.stderr.write(fault)
        if found.faults:
            count = len(found.faults)
            raise CommandError(f"The chain does not hold: {count} fault{'s' * (count != 1)}.")
        self.stdout.write(f"The chain holds: {found.lines} lines. Head {found.seq}:{found.hash}")
