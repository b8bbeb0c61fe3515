"""Load, reset and describe the demo (docs/demo.md)."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from common.errors import Refused
from demo import actions
from demo.actions.run import Loaded
from demo.rules import REPLAY_NOTE, TENANTS


class Command(BaseCommand):
    """`manage.py demo`: two invented manufacturers whose pilots replay public figures."""

    help = f"Load the two demo manufacturers. {REPLAY_NOTE}"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--reset", action="store_true", help="delete both demo tenants first, then load"
        )
        parser.add_argument(
            "--if-empty", action="store_true", help="load only where nobody else is"
        )
        parser.add_argument(
            "--raw", type=Path, metavar="DIR", help="send the raw public files row by row"
        )
        parser.add_argument(
            "--as-of", metavar="DATE", help="load as on this day (2026-01-14) instead of today"
        )
        parser.add_argument(
            "--personas", action="store_true", help="list who can sign in, and load nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what the options say, and tell what was done."""
        if options["personas"]:
            self._list_personas()
            return
        if options["if_empty"] and not actions.is_wanted():
            self.stdout.write("There are tenants already: the demo is not loaded.")
            return
        raw = options["raw"]
        if raw is not None and not raw.is_dir():
            raise CommandError(f"There is no folder {raw}.")
        if options["reset"]:
            for slug in actions.reset():
                self.stdout.write(f"{slug}: deleted.")
        try:
            for loaded in actions.load(now=_moment(options["as_of"]), raw=raw):
                self._tell(loaded)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        except FileNotFoundError as error:
            raise CommandError(f"{error.filename} is missing: see docs/demo.md.") from error

    def _tell(self, loaded: Loaded) -> None:
        """Print what one tenant's load did, and one refusal of each kind."""
        state = "new" if loaded.is_new else "there already"
        self.stdout.write(
            f"{loaded.tenant}: {state}; {loaded.created} measurements new,"
            f" {loaded.unchanged} unchanged, {loaded.refused.total()} refused."
        )
        for (metric, code), count in loaded.refused.most_common():
            words = loaded.example[metric, code]
            self.stdout.write(f"  refused {count} of {metric}: {code}: {words}")

    def _list_personas(self) -> None:
        for plan in TENANTS:
            self.stdout.write(f"{plan.name}, /t/{plan.slug}/")
            for person in plan.people:
                if person.roles:
                    self.stdout.write(
                        f"  {plan.email(person)}: {person.name} ({', '.join(person.roles)})"
                    )


def _moment(day: str | None) -> datetime:
    """Return now, or noon UTC of a day. Raises CommandError for what is no day."""
    if day is None:
        return timezone.now()
    try:
        return datetime.combine(datetime.fromisoformat(day).date(), time(12), ZoneInfo("UTC"))
    except ValueError as error:
        raise CommandError(f"'{day}' is not a day such as 2026-01-14.") from error
