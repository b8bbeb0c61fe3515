"""`python manage.py sweep`: work off all marks now, without worker or broker."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from common.tenancy.context import tenant
from metrics.actions import recompute
from tenants.queries import list_tenant_ids


class Command(BaseCommand):
    """Checks every tenant's snapshots and recomputes what is due."""

    help = "Recompute the weekly figures that are due or missing, for every tenant."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--all",
            action="store_true",
            help="recompute every week from the measurements",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        weeks = 0
        for tenant_id in list_tenant_ids():
            with tenant(tenant_id):
                if options["all"]:
                    recompute.mark_everything()
                else:
                    recompute.mark_missing()
            weeks += self._work_off(tenant_id)
        self.stdout.write(f"{weeks} metric-weeks recomputed.")

    def _work_off(self, tenant_id: int) -> int:
        weeks = 0
        while True:
            with tenant(tenant_id):
                done = recompute.recompute()
            if done is None or not (done.marks or done.aside):
                return weeks
            weeks += done.weeks
