"""Manufacturers of a given size: one made through the product, others copied in bulk as set-up.

The copies are made by a superuser past row-level security and without foreign-key checks: only a
throwaway database of the bench is ever treated so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg
from psycopg import sql

METRICS_A_PILOT = 6
# Who takes part in each pilot, as capability A16 names them, and what their person is called.
PARTS = {
    "sponsor": "COO",
    "lead": "Lead",
    "operator": "Operator",
    "deputy_operator": "Deputy",
    "vendor_contact": "Vendor",
    "it_contact": "IT",
    "security": "Security",
    "finance": "Finance",
}
# Tables that are not copied: each tenant begins its own, or the rows are unique in the database.
NOT_COPIED = {"audit_event", "audit_head", "tenants_apitoken", "metrics_mark"}


@dataclass(frozen=True, slots=True)
class Plant:
    """One manufacturer and the ways in: a person's sign-in and an API client's token."""

    tenant_id: int
    slug: str
    email: str
    password: str
    token: str
    metrics: list[str]


def make_plant(slug: str, *, pilots: int, weeks: int, password: str) -> Plant:
    """Create a tenant with pilots of six metrics each, locked baselines and weekly values, recomputed."""
    from common.tenancy.context import tenant
    from tenants import actions as tenants
    from tenants.rules import Role, Scope

    tenant_id = tenants.create_tenant(slug=slug, name=slug, currency="EUR", zone="Europe/Berlin")
    email, now = f"coo@{slug}.example", datetime.now(UTC)
    with tenant(tenant_id):
        user = tenants.create_user(email=email, name="COO", password=password)
        people = [
            tenants.add_person(name=word, email="", job_title=word, actor="system:bench")
            for word in PARTS.values()
        ]
        member = tenants.add_member(
            user=user, person=people[0], roles=list(Role), actor="system:bench"
        )
        _, token = tenants.create_token(
            name="bench",
            scopes=list(Scope),
            expires_at=now + timedelta(days=30),
            by=member,
            now=now,
        )
        codes = _make_pilots(pilots, people, member, now)
    _measure(tenant_id, codes, weeks, now)
    with tenant(tenant_id):
        _lock_baselines(member, now)
    return Plant(tenant_id, slug, email, password, token, codes)


def _make_pilots(pilots: int, people: list[Any], lead: Any, now: datetime) -> list[str]:
    from metrics.models import Metric, MetricDefinition, PilotMetric, Source
    from portfolio.models import Pilot, PilotParty, Site, Vendor

    zone = "Europe/Berlin"
    Source.objects.create(code="erp", name="ERP", kind="erp")
    site = Site.objects.create(code="S1", name="Site 1", zone=zone)
    vendor = Vendor.objects.create(code="V1", name="Vendor 1")
    codes = []
    for number in range(1, pilots + 1):
        pilot = Pilot.objects.create(
            code=f"P-{number:02}",
            name=f"Pilot {number}",
            site=site,
            vendor=vendor,
            start_date=now.date() - timedelta(weeks=number),
        )
        for person, part in zip(people, PARTS, strict=True):
            PilotParty.objects.create(pilot=pilot, person=person, part=part)
        for place in range(METRICS_A_PILOT):
            code = f"m-{number:02}-{place}"
            metric = Metric.objects.create(
                code=code, name=code, kind="mean", unit="h", direction="down", zone=zone
            )
            primary = place < 3
            MetricDefinition.objects.create(
                metric=metric, number=1, valid_from=now.date(), numerator="h", created_by_id=lead.id
            )
            PilotMetric.objects.create(
                pilot=pilot,
                metric=metric,
                role="primary" if primary else "guard",
                slot=place + 1 if primary else None,
                comparison="lt",
                target=50,
                agreed_by_id=lead.id,
                agreed_at=now,
            )
            codes.append(code)
    return codes


def _lock_baselines(lead: Any, now: datetime) -> None:
    """Lock the baseline of each primary metric whose pilot is past week 2."""
    from metrics.models import Baseline, PilotMetric
    from metrics.queries import verdicts

    rows = PilotMetric.objects.select_related("metric", "pilot__site").filter(role="primary")
    for row in rows:
        if verdicts.last_week(row) + timedelta(weeks=1) > now.date():
            continue
        window = verdicts.baseline_window(row, compared=False, now=now)
        Baseline.objects.create(
            target_row=row,
            number=1,
            matters=1,
            locked_by_id=lead.id,
            locked_at=now,
            level=window.level,
            weeks=window.kept,
            value=window.value,
            definition=window.definition,
            side=row.comparison,
            target=row.target,
            plan={"mde": 0.5, "offers": [{"history": week, "mde": 1.5} for week in range(12)]},
            planned_version=1,
        )


def _measure(tenant_id: int, codes: list[str], weeks: int, now: datetime) -> None:
    """Send one item a metric and week through the sync path and recompute."""
    from common.tenancy.context import tenant
    from metrics import wire
    from metrics.actions import recompute, sync

    values = [
        item(code, f"w{week}", now - timedelta(weeks=week), numerator=40.0 + (week * 7) % 13)
        for code in codes
        for week in range(weeks)
    ]
    for start in range(0, len(values), 10_000):
        batch = wire.decode_json(body(values[start : start + 10_000]))
        with tenant(tenant_id):
            sync.record_measurements(
                batch, actor="system:bench", channel="api", now=now, default_zone="UTC"
            )
    while True:
        with tenant(tenant_id):
            done = recompute.recompute()
        if done is None or not done.marks:
            return


def item(code: str, external_id: str, at: datetime, *, numerator: float) -> dict[str, Any]:
    """Return one measurement of a mean as a client sends it."""
    return {
        "metric": code,
        "event_at": at.isoformat(),
        "source": "erp",
        "external_id": external_id,
        "numerator": numerator,
        "denominator": 1.0,
    }


def body(items: list[dict[str, Any]]) -> bytes:
    """Return a JSON body of the sync endpoint."""
    return msgspec.json.encode({"measurements": items})


def clone(admin: psycopg.Connection[Any], template: int, copies: int) -> None:
    """Copy every row of a tenant so many times, under new tenants.

    A UUID becomes a digest of itself and the new tenant, so that references still meet; metrics and
    sources get new numbers, far apart. The one person who signs in becomes a user of the copy's own.
    """
    tables = _tenant_tables(admin)
    with admin.transaction():
        admin.execute("SET LOCAL session_replication_role = replica")
        admin.execute(
            "CREATE TEMP TABLE fresh ON COMMIT DROP AS"
            " SELECT nextval(pg_get_serial_sequence('tenants_tenant', 'id')) AS id,"
            "        nextval(pg_get_serial_sequence('tenants_user', 'id')) AS user_id"
            " FROM generate_series(1, %s)",
            [copies],
        )
        admin.execute(
            "INSERT INTO tenants_user SELECT (jsonb_populate_record(u, jsonb_build_object("
            "  'id', f.user_id, 'email', 'coo@plant-' || f.id || '.example'))).*"
            " FROM tenants_user u CROSS JOIN fresh f WHERE u.id ="
            " (SELECT min(user_id) FROM tenants_membership WHERE tenant_id = %s)",
            [template],
        )
        for table, columns in tables.items():
            admin.execute(_copy_rows(table, columns), [template])
        for table in ("metrics_metric", "metrics_source"):
            admin.execute(
                sql.SQL("SELECT setval(pg_get_serial_sequence({}, 'id'), max(id)) FROM {}").format(
                    table, sql.Identifier(table)
                )
            )


def _tenant_tables(admin: psycopg.Connection[Any]) -> dict[str, dict[str, str]]:
    """Return the columns with their types of each table to copy, the tenants first."""
    rows = admin.execute(
        """
        SELECT c.table_name, c.column_name, c.data_type
        FROM information_schema.columns c
        JOIN pg_class t ON t.relname = c.table_name AND t.relnamespace = 'public'::regnamespace
        WHERE c.table_schema = 'public' AND t.relkind = 'r' AND c.is_generated = 'NEVER'
          AND (c.table_name = 'tenants_tenant' OR EXISTS (
            SELECT FROM information_schema.columns i
            WHERE i.table_schema = 'public' AND i.table_name = c.table_name
              AND i.column_name = 'tenant_id'))
        ORDER BY c.table_name <> 'tenants_tenant', c.table_name, c.ordinal_position
        """
    )
    tables: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        if table not in NOT_COPIED and not table.startswith("audit_event_"):
            tables.setdefault(table, {})[column] = kind
    return tables


def _copy_rows(table: str, columns: dict[str, str]) -> sql.Composed:
    tenant_column = "id" if table == "tenants_tenant" else "tenant_id"
    values: list[sql.Composable] = []
    for column, kind in columns.items():
        name = sql.SQL("o.{}").format(sql.Identifier(column))
        if column == tenant_column:
            values.append(sql.SQL("f.id"))
        elif table == "tenants_tenant" and column == "slug":
            values.append(sql.SQL("'plant-' || f.id"))
        elif column == "user_id":
            values.append(sql.SQL("f.user_id"))
        elif kind == "uuid":
            values.append(sql.SQL("md5({} || '/' || f.id)::uuid").format(name))
        elif column in {"metric_id", "source_id"} or (
            column == "id" and table in {"metrics_metric", "metrics_source"}
        ):
            values.append(sql.SQL("{} + f.id * 1000000").format(name))
        else:
            values.append(name)
    return sql.SQL(
        "INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE"
        " SELECT {values} FROM {table} o CROSS JOIN fresh f WHERE o.{tenant} = %s"
    ).format(
        table=sql.Identifier(table),
        names=sql.SQL(", ").join(map(sql.Identifier, columns)),
        values=sql.SQL(", ").join(values),
        tenant=sql.Identifier(tenant_column),
    )
