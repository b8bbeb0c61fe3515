"""`manage.py makemigrations`, which works without a server."""

import warnings
from typing import Any

from django.core.management.commands import makemigrations


class Command(makemigrations.Command):
    """Django's makemigrations, silent about a database it could not ask for its history."""

    def handle(self, *args: Any, **options: Any) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Got an error checking a consistent migration")
            super().handle(*args, **options)
