"""`python manage.py replay FILE.json`: a downloaded read-out, computed again without a database."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Computes a downloaded read-out again and compares inputs' digest and results.

    Exit 1 when either differs, 2 for a file that is no read-out.
    """

    help = "Compute a downloaded read-out again, and say whether it gives the same."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.json")

    def handle(self, *args: Any, **options: Any) -> None:
        # Here, so that nothing else that lists the commands loads numpy and scipy.
        from metrics.rules.verdict import frozen
        from metrics.rules.verdict.engine import VERSION

        try:
            kept = json.loads(options["file"].read_text(encoding="utf-8"))
            inputs, digest, result = kept["inputs"], kept["digest"], kept["result"]
            given, engine = frozen.answer(frozen.read(inputs)), result.get("engine", "of nobody")
        except OSError as problem:
            words = f"{options['file']} cannot be read: {problem.strerror}."
            raise CommandError(words, returncode=2) from None
        except frozen.BadInputs as problem:
            raise CommandError(str(problem), returncode=2) from None
        except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError):
            words = f"{options['file']} is not a downloaded read-out."
            raise CommandError(words, returncode=2) from None
        found = frozen.digest(inputs).hex()
        if found != digest:
            raise CommandError(f"The inputs were changed: their digest is {found}.", returncode=1)
        if not frozen.are_same(given | {"engine": engine}, result):
            words = f"The same inputs give another result by engine {VERSION}."
            if engine != VERSION:
                words += f" It was computed by engine {engine}."
            raise CommandError(words, returncode=1)
        self.stdout.write(f"The same: {result['word']}, digest {found}.")
