"""The ORM refuses to touch tenant data without a tenant, and the database refuses the rest."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Count, Model

from common.tenancy.context import NoTenantContext, tenant
from metrics.models import Mark, Measurement
from portfolio.models import Pilot, Site, Vendor
from tenants.models import Person
from tests.conftest import Cast


@pytest.fixture
def site(acme: int) -> Site:
    return Site.objects.create(code="hamm", name="Hamm", zone="Europe/Berlin")


WITHOUT_TENANT: dict[str, Callable[[], Any]] = {
    "all": lambda: list(Person.objects.all()),
    "get": lambda: Person.objects.get(name="Lead"),
    "first": Person.objects.first,
    "count": Person.objects.count,
    "exists": Person.objects.exists,
    "exclude exists": lambda: Person.objects.exclude(name="x").exists(),
    "using": lambda: Person.objects.using("default").exists(),
    "using owner": lambda: Person.objects.using("owner").exists(),
    "aggregate": lambda: Person.objects.aggregate(n=Count("id")),
    "values": lambda: list(Person.objects.values_list("name")),
    "iterator": lambda: list(Person.objects.iterator()),
    "raw": lambda: list(Person.objects.raw("SELECT * FROM tenants_person")),
    "in_bulk": Person.objects.in_bulk,
    "base manager": Person._base_manager.count,
    "default manager": Person._default_manager.count,
    "create": lambda: Person.objects.create(name="x"),
    "save": lambda: Person(name="x").save(),
    "get_or_create": lambda: Person.objects.get_or_create(name="x"),
    "update_or_create": lambda: Person.objects.update_or_create(name="x"),
    "bulk_create": lambda: Person.objects.bulk_create([Person(name="x")]),
    "bulk_update": lambda: Person.objects.bulk_update([], ["name"]),
    "update": lambda: Person.objects.update(name="x"),
    "delete": lambda: Person.objects.all().delete(),
    "union": lambda: list(Person.objects.none().union(Person.objects.all())),
    "a table without foreign keys": Measurement.objects.count,
    "marks": Mark.objects.count,
}


@pytest.mark.parametrize("name", WITHOUT_TENANT)
def test_without_a_tenant_the_orm_refuses(cast: Cast, name: str) -> None:
    with pytest.raises(NoTenantContext):
        WITHOUT_TENANT[name]()


STALE: dict[str, Callable[[Any], Any]] = {
    "list": list,
    "count": lambda rows: rows.count(),
    "exists": lambda rows: rows.exists(),
    "first": lambda rows: rows.first(),
    "iterator": lambda rows: list(rows.iterator()),
    "aggregate": lambda rows: rows.aggregate(n=Count("id")),
    "update": lambda rows: rows.update(name="x"),
    "delete": lambda rows: rows.delete(),
    "loop": lambda rows: [row.name for row in rows],
}


@pytest.mark.parametrize("name", STALE)
def test_a_query_built_inside_a_tenant_refuses_to_run_after_it(cast: Cast, name: str) -> None:
    with tenant(cast.acme):
        rows = Person.objects.order_by("name")

    with pytest.raises(NoTenantContext):
        STALE[name](rows)


def test_rows_of_a_tenant_refuse_to_be_followed_saved_or_deleted_after_it(cast: Cast) -> None:
    with tenant(cast.acme):
        site = Site.objects.create(code="hamm", name="Hamm", zone="UTC")
        Pilot.objects.create(code="P-01", name="First", site=site, start_date="2026-01-05")
        pilot = Pilot.objects.get(code="P-01")
        vendor = Vendor.objects.create(code="v", name="V")

    for act in (
        lambda: pilot.site,
        pilot.parties.count,
        lambda: pilot.parties.create(part="lead"),
        pilot.refresh_from_db,
        pilot.save,
        lambda: pilot.save(update_fields=["name"]),
        pilot.delete,
        vendor.delete,
    ):
        with pytest.raises(NoTenantContext):
            act()


def test_prefetch_and_joins_stay_inside_the_tenant(cast: Cast) -> None:
    with tenant(cast.borealis):
        far = Site.objects.create(code="ohio", name="Ohio", zone="UTC")
        Pilot.objects.create(code="B-01", name="Theirs", site=far, start_date="2026-01-05")
    with tenant(cast.acme):
        near = Site.objects.create(code="hamm", name="Hamm", zone="UTC")
        Pilot.objects.create(code="A-01", name="Ours", site=near, start_date="2026-01-05")

        pilots = list(Pilot.objects.select_related("site").prefetch_related("parties"))

        assert [(p.code, p.site.code) for p in pilots] == [("A-01", "hamm")]
        assert Pilot.objects.filter(site__code="ohio").count() == 0
        assert Site.objects.aggregate(n=Count("id")) == {"n": 1}


def foreign(cast: Cast, model: type[Model], **fields: Any) -> Any:
    return model(tenant_id=cast.borealis, **fields)


FOREIGN_WRITES: dict[str, Callable[[Cast], Any]] = {
    "create": lambda cast: Vendor.objects.create(tenant_id=cast.borealis, code="x", name="x"),
    "save": lambda cast: foreign(cast, Vendor, code="x", name="x").save(),
    "bulk_create": lambda cast: Vendor.objects.bulk_create(
        [foreign(cast, Vendor, code="x", name="x")]
    ),
    "upsert": lambda cast: Vendor.objects.bulk_create(
        [foreign(cast, Vendor, code="v", name="x")],
        update_conflicts=True,
        unique_fields=["tenant", "code"],
        update_fields=["name"],
    ),
    "update": lambda cast: Vendor.objects.update(tenant_id=cast.borealis),
    "save moved": lambda cast: _moved(cast).save(),
}


def _moved(cast: Cast) -> Vendor:
    vendor = Vendor.objects.get(code="v")
    vendor.tenant_id = cast.borealis
    return vendor


@pytest.mark.parametrize("name", FOREIGN_WRITES)
def test_inside_one_tenant_the_database_refuses_a_row_of_another(cast: Cast, name: str) -> None:
    with tenant(cast.acme):
        Vendor.objects.create(code="v", name="V")

        with pytest.raises(DatabaseError, match="row-level security policy"), transaction.atomic():
            FOREIGN_WRITES[name](cast)

    with tenant(cast.borealis):
        assert Vendor.objects.count() == 0


@pytest.mark.parametrize(
    "statement",
    [
        (
            "INSERT INTO portfolio_vendor (id, tenant_id, code, name, contact, version)"
            " VALUES (uuidv7(), %s, 'x', 'x', '', 1)"
        ),
        "UPDATE portfolio_vendor SET tenant_id = %s",
        "INSERT INTO metrics_mark (tenant_id, metric_id, week) VALUES (%s, 1, '2026-01-05')",
        (
            "INSERT INTO metrics_measurement (tenant_id, metric_id, key, source_id, external_id,"
            " revision, event_at, numerator, denominator, batch_id)"
            " VALUES (%s, 1, 'k', 1, 'x', 0, now(), 1, 1, uuidv7())"
        ),
        (
            "INSERT INTO audit_event (tenant_id, seq, at, actor, action, object, payload, prev, hash)"
            " VALUES (%s, 0, now(), 'a', 'A', 'o', '{}', '', '')"
        ),
    ],
    ids=["insert", "update", "mark", "measurement", "audit"],
)
def test_a_statement_that_returns_nothing_is_refused_as_well(cast: Cast, statement: str) -> None:
    with tenant(cast.acme):
        Vendor.objects.create(code="v", name="V")

        with (
            pytest.raises(DatabaseError, match=r"row-level security|outside its tenant"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement, [cast.borealis])


def test_a_foreign_key_does_not_reach_into_another_tenant(cast: Cast) -> None:
    with tenant(cast.borealis):
        far = Site.objects.create(code="ohio", name="Ohio", zone="UTC")
    words = []
    with tenant(cast.acme):
        for site_id in (far.id, "01900000-0000-7000-8000-000000000000"):
            with pytest.raises(DatabaseError) as refused, transaction.atomic():
                Pilot.objects.create(code="P", name="P", site_id=site_id, start_date="2026-01-05")
            words.append(str(refused.value).splitlines()[0])

    # The refusal is the same for "another tenant's" and for "no such row".
    assert "portfolio_pilot_site_fk" in words[0]
    assert words[0] == words[1]


@pytest.mark.parametrize("table", ["portfolio_vendor", "tenants_tenant", "metrics_measurement"])
def test_raw_sql_without_a_tenant_finds_no_row(cast: Cast, table: str) -> None:
    with tenant(cast.acme):
        Vendor.objects.create(code="v", name="V")

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone() == (0,)
        cursor.execute("UPDATE portfolio_vendor SET name = 'x'")
        assert cursor.rowcount == 0


def test_raw_sql_that_forgets_its_filter_sees_one_tenant(cast: Cast) -> None:
    with tenant(cast.borealis):
        Vendor.objects.create(code="theirs", name="V")
    with tenant(cast.acme), connection.cursor() as cursor:
        Vendor.objects.create(code="ours", name="V")

        cursor.execute("SELECT code FROM portfolio_vendor")

        assert cursor.fetchall() == [("ours",)]
        cursor.execute("SELECT code FROM portfolio_vendor WHERE tenant_id = %s", [cast.borealis])
        assert cursor.fetchall() == []
        cursor.execute("SELECT slug FROM tenants_tenant")
        assert cursor.fetchall() == [("acme",)]
