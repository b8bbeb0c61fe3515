"""`python manage.py verdict CASE.json`: the results of one case, as JSON."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

MOST_BYTES = 20_000_000


class Command(BaseCommand):
    """Computes one case of the format in docs/methods/cases.md.

    Exit 2 for a file that cannot be read as a case, 3 for a family that is not computed.
    """

    help = "Compute one case (JSON with method, input, params) and print its results as JSON."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("case", type=Path, metavar="CASE.json")

    def handle(self, *args: Any, **options: Any) -> None:
        # Here, so that nothing else that lists the commands loads numpy and scipy.
        from metrics.rules.verdict import cases
        from metrics.rules.verdict.cases import reading

        try:
            found = cases.answer(reading.read(self._text(options["case"])))
        except reading.UnknownFamily as problem:
            raise CommandError(str(problem), returncode=3) from None
        except reading.BadCase as problem:
            raise CommandError(str(problem), returncode=2) from None
        self.stdout.write(json.dumps(found, indent=1, allow_nan=False))

    def _text(self, path: Path) -> str:
        try:
            if path.stat().st_size > MOST_BYTES:
                raise CommandError(f"{path} is too large for a case.", returncode=2)
            return path.read_text(encoding="utf-8")
        except OSError as problem:
            words = f"{path} cannot be read: {problem.strerror}."
            raise CommandError(words, returncode=2) from None
        except UnicodeDecodeError:
            raise CommandError(f"{path} is not text in UTF-8.", returncode=2) from None
