"""Steps shared by tests of the loaded demo."""

from datetime import UTC, datetime, time
from io import StringIO

from django.core.management import call_command

from common.tenancy.context import tenant
from demo.rules import TENANTS
from tenants.models import Tenant
from tenants.queries import list_tenant_ids

DAYS = ("2026-01-14", "2026-07-15")


def as_of(day: str) -> datetime:
    """Return the moment that `--as-of` stands for: noon UTC, the same day in every demo zone."""
    return datetime.combine(datetime.fromisoformat(day).date(), time(12), UTC)


def run(*args: str) -> str:
    """Run `manage.py demo` and return what it printed."""
    out = StringIO()
    call_command("demo", *args, stdout=out)
    return out.getvalue()


def tenant_ids() -> dict[str, int]:
    """Return the ids of the loaded demo tenants by slug."""
    slugs = {plan.slug for plan in TENANTS}
    found = {}
    for tenant_id in list_tenant_ids():
        with tenant(tenant_id):
            slug = Tenant.objects.get(pk=tenant_id).slug
            if slug in slugs:
                found[slug] = tenant_id
    return found
