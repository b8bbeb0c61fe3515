"""`python manage.py enter_production COMPANY PILOT`: put a pilot into production."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from common.errors import Refused
from common.tenancy.context import tenant
from gates import actions
from portfolio.queries import find_pilot
from tenants.queries import System, current_slug, list_tenant_ids


class Command(BaseCommand):
    """Does what the page does, with the same refusals."""

    help = "Put a pilot into production once its six gates are passed or waived."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("company", help="the company's word in addresses")
        parser.add_argument("pilot", help="the pilot's code")

    def handle(self, *args: Any, company: str, pilot: str, **options: Any) -> None:
        for tenant_id in list_tenant_ids():
            with tenant(tenant_id):
                if current_slug() == company:
                    self._enter(pilot)
                    return
        raise CommandError(f"There is no company '{company}'.")

    def _enter(self, code: str) -> None:
        pilot = find_pilot(code)
        if pilot is None:
            raise CommandError(f"There is no pilot '{code}'.")
        try:
            found = actions.enter_production(
                pilot=pilot, by=System("enter_production"), now=timezone.now()
            )
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"{pilot.name} is in production since {found.entered_on}.")
