"""`manage.py create_tenant SLUG ...`: a company and the administrator who lets all others in."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.utils import timezone

from common.errors import Refused
from tenants import actions
from tenants.forms import CompanyForm


class Command(BaseCommand):
    """Creates a company once; its administrator gets the mail that every new member gets."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="stands in every address of the company: /t/SLUG/")
        parser.add_argument("--name", required=True, help="what the company is called")
        parser.add_argument("--zone", required=True, help="such as Europe/Berlin")
        parser.add_argument("--currency", required=True, help="such as EUR")
        parser.add_argument("--admin-email", required=True, help="where the first mail goes")
        parser.add_argument("--admin-name", required=True, help="the administrator's name")

    def handle(self, *args: Any, **options: Any) -> None:
        form = CompanyForm(options)
        if not form.is_valid():
            raise CommandError(_words(form))
        given = form.cleaned_data
        try:
            actions.set_up_tenant(**given, now=timezone.now())
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        except OperationalError as error:
            raise CommandError(f"The database cannot be asked: {error}") from error
        self.stdout.write(
            f"{given['name']} is at {settings.PUBLIC_URL.rstrip('/')}/t/{given['slug']}/"
            f" ({given['zone']}, {given['currency']})."
        )
        self.stdout.write(
            f"{given['admin_name']} is its administrator: the worker mails {given['admin_email']}"
            " how to come in."
        )


def _words(form: CompanyForm) -> str:
    """Return what is wrong with the answers, a line each, with what it is about."""
    errors = [(name, words) for name, found in form.errors.items() for words in found]
    return "\n".join(f"{name.replace('_', ' ')}: {words}" for name, words in errors)
