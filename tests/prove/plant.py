"""`python -m tests.prove.plant`: two manufacturers with a metric of each kind, for the proofs.

Run with the servers' addresses in the environment; prints what a client needs, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

ZONES = {"north": "Europe/Berlin", "south": "America/Chicago"}
KINDS = {"mean": "", "median": "", "proportion": "", "ratio": "", "rate": "week"}


def main() -> None:
    """Make the tenants and print slug, id, zone, token and the person's sign-in of each."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    json.dump([make(slug, zone) for slug, zone in ZONES.items()], sys.stdout)


def make(slug: str, zone: str) -> dict[str, Any]:
    """Make one tenant with a source, a metric of each kind, a token and one person."""
    from common.tenancy.context import tenant
    from metrics.models import Metric, Source
    from tenants import actions
    from tenants.rules import Role, Scope

    now = datetime.now(UTC)
    tenant_id = actions.create_tenant(slug=slug, name=slug, currency="EUR", zone=zone)
    person = {"email": f"admin@{slug}.example", "password": "a long word for a proof"}
    with tenant(tenant_id):
        user = actions.create_user(name="Admin", **person)
        named = actions.add_person(name="Admin", job_title="Admin", actor="system:prove")
        member = actions.add_member(
            user=user, person=named, roles=[Role.ADMIN], actor="system:prove"
        )
        _, token = actions.create_token(
            name="prove",
            scopes=list(Scope),
            expires_at=now + timedelta(days=2),
            by=member,
            now=now,
        )
        Source.objects.create(code="erp", name="ERP")
        for kind, exposure in KINDS.items():
            Metric.objects.create(
                code=kind,
                name=kind,
                kind=kind,
                unit="",
                direction="up",
                exposure=exposure,
                zone=zone,
            )
    return {"slug": slug, "id": tenant_id, "zone": zone, "token": token, **person}


if __name__ == "__main__":
    main()
