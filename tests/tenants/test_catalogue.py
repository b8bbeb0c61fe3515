"""The audit of the catalogue: it passes as built, and finds each protection that is taken away."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from common.tenancy import catalogue, classification
from tests.conftest import Cast

APP, OWNER = settings.DATABASES["default"]["USER"], settings.DATABASES["owner"]["USER"]


@pytest.fixture
def admin(db: None, database_name: str) -> Iterator[psycopg.Cursor]:
    """An administrator inside a transaction that is always rolled back."""
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], dbname=database_name) as admin:
        yield psycopg.ClientCursor(admin)
        admin.rollback()


def test_the_database_as_migrated_has_no_fault(db: None) -> None:
    with connection.cursor() as cursor:
        assert catalogue.find_faults(cursor) == []


# What somebody might do by mistake, and the sentence that names it.
BROKEN = [
    ("ALTER ROLE {app} SUPERUSER", "{app} has more power than it needs: superuser"),
    ("ALTER ROLE {app} BYPASSRLS", "passes row security"),
    ("ALTER ROLE {app} CREATEROLE", "creates roles"),
    ("ALTER ROLE {owner} BYPASSRLS", "{owner} has more power"),
    ("GRANT {owner} TO {app}", "{app} is a member of {owner}"),
    ("GRANT w12_lookup TO {app}", "{app} is a member of w12_lookup"),
    ("GRANT w12_recompute TO {app}", "{app} is a member of w12_recompute"),
    ("GRANT pg_read_all_data TO {app}", "{app} is a member of pg_read_all_data"),
    ("ALTER ROLE w12_recompute LOGIN", "w12_recompute may log in"),
    ("ALTER TABLE portfolio_vendor OWNER TO {app}", "owns the table portfolio_vendor"),
    ("ALTER ROLE {app} SET app.tenant_id = '1'", "has a default for {app}"),
    ("GRANT TEMP ON DATABASE {database} TO {app}", "right TEMP on the database"),
    ("GRANT CREATE ON SCHEMA public TO {app}", "create things in the schema public"),
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT ON TABLES TO {app}",
        "given away by default privileges",
    ),
    ("CREATE TABLE notes (id bigint)", "public.notes is neither a tenant's nor listed"),
    ("CREATE SCHEMA x; CREATE TABLE x.notes (tenant_id bigint)", "The table x.notes"),
    ("CREATE TABLE n (tenant_id bigint)", "n: row security is not enabled"),
    (
        "CREATE TABLE n (tenant_id bigint); ALTER TABLE n ENABLE ROW LEVEL SECURITY",
        "n: no restrictive policy",
    ),
    (
        "ALTER TABLE portfolio_pilot DISABLE ROW LEVEL SECURITY",
        "portfolio_pilot: row security is not enabled",
    ),
    (
        "ALTER TABLE portfolio_pilot NO FORCE ROW LEVEL SECURITY",
        "portfolio_pilot: row security is not forced",
    ),
    (
        "DROP POLICY portfolio_pilot_iso ON portfolio_pilot",
        "portfolio_pilot: no restrictive policy",
    ),
    (
        "ALTER POLICY portfolio_pilot_iso ON portfolio_pilot WITH CHECK (true)",
        "portfolio_pilot: no restrictive policy",
    ),
    (
        "ALTER POLICY portfolio_pilot_iso ON portfolio_pilot USING (tenant_id > 0)",
        "portfolio_pilot: no restrictive policy",
    ),
    (
        "ALTER POLICY portfolio_pilot_iso ON portfolio_pilot TO w12_platform",
        "portfolio_pilot: no restrictive policy",
    ),
    (
        "CREATE ROLE w12_new; GRANT SELECT ON tenants_person TO w12_new",
        "tenants_person: the role w12_new has rights and is bound by no restrictive policy",
    ),
    ("GRANT SELECT ON audit_event_2026 TO {app}", "audit_event_2026: the role {app} has rights"),
    ("GRANT SELECT ON portfolio_site TO PUBLIC", "portfolio_site: everybody"),
    ("GRANT UPDATE ON tenants_apitoken TO w12_lookup", "lookup role may do more than read"),
    ("GRANT USAGE ON SEQUENCE metrics_metric_id_seq TO {app}", "metrics_metric_id_seq can be used"),
    (
        "CREATE UNIQUE INDEX ON portfolio_vendor (code)",
        "portfolio_vendor: the unique index portfolio_vendor_code_idx",
    ),
    (
        "CREATE UNIQUE INDEX ON portfolio_vendor (lower(code), tenant_id)",
        "portfolio_vendor: the unique index",
    ),
    (
        (
            "ALTER TABLE portfolio_pilot ADD CONSTRAINT loose FOREIGN KEY (site_id)"
            " REFERENCES portfolio_site (id)"
        ),
        "portfolio_pilot: the foreign key loose does not carry the tenant",
    ),
    (
        "ALTER TABLE tenants_user ADD COLUMN person uuid REFERENCES tenants_person (id)",
        "tenants_user: the foreign key tenants_user_person_fkey does not carry",
    ),
    (
        (
            "ALTER TABLE portfolio_pilot DROP CONSTRAINT portfolio_pilot_site_fk,"
            " ADD CONSTRAINT portfolio_pilot_site_fk FOREIGN KEY (tenant_id, site_id)"
            " REFERENCES portfolio_site (tenant_id, id) NOT VALID"
        ),
        "portfolio_pilot_site_fk is not enforced on every row",
    ),
    (
        "CREATE TABLE n (tenant_id bigint PRIMARY KEY)",
        "n: no foreign key ties its rows to a tenant",
    ),
    ("CREATE VIEW v AS SELECT * FROM portfolio_pilot", "The view v shows what its owner may see"),
    (
        "CREATE MATERIALIZED VIEW v AS SELECT 1 AS a; GRANT SELECT ON v TO {app}",
        "The materialized view v can be read by {app}",
    ),
    (
        "CREATE FUNCTION peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT 1::bigint'",
        "The function peek() runs with its owner's rights",
    ),
    (
        (
            "CREATE FUNCTION find_api_token() RETURNS bigint LANGUAGE sql SECURITY DEFINER"
            " AS 'SELECT 1::bigint'"
        ),
        "more than one function find_api_token",
    ),
    (
        (
            "DROP FUNCTION list_memberships; CREATE FUNCTION list_memberships(p_user bigint)"
            " RETURNS TABLE (slug text) LANGUAGE sql AS 'SELECT NULL::text'"
        ),
        "list_memberships is not what this version's migrations make",
    ),
    ("DROP FUNCTION find_membership", "find_membership is not what this version's migrations make"),
    (
        "CREATE OR REPLACE FUNCTION list_active_tenants() RETURNS TABLE (tenant_id bigint)"
        " LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS"
        " 'SELECT id FROM public.tenants_tenant'",
        "list_active_tenants is not what this version's migrations make",
    ),
    (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NEW; END'",
        "refuse_change is not what this version's migrations make",
    ),
    (
        "ALTER FUNCTION list_memberships OWNER TO w12_recompute",
        "list_memberships is not what this version's migrations make",
    ),
    (
        "ALTER FUNCTION week_figures SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp",
        "week_figures is not what this version's migrations make",
    ),
    (
        "ALTER FUNCTION recompute_tenant SET row_security = off",
        "recompute_tenant is not what this version's migrations make",
    ),
    ("ALTER FUNCTION audit_chain() RESET search_path", "audit_chain has no fixed search path"),
    (
        "ALTER FUNCTION find_api_token SET search_path = public, pg_catalog",
        "find_api_token has no fixed search path",
    ),
    ("GRANT EXECUTE ON FUNCTION recompute_tenant TO PUBLIC", "may be called by everybody"),
    ("ALTER FUNCTION find_api_token OWNER TO CURRENT_USER", "runs as a role it should not"),
    ("DROP TRIGGER audit_event_chain ON audit_event", "audit_event_chain is missing"),
    (
        "ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only",
        "audit_event_append_only is missing or switched off",
    ),
    ("GRANT UPDATE ON metrics_snapshot TO {app}", "metrics_snapshot: the application role may UPD"),
    ("GRANT INSERT ON metrics_summary TO {app}", "metrics_summary: the application role may INS"),
    (
        "GRANT UPDATE (value) ON metrics_snapshot TO {app}",
        "metrics_snapshot: the application role may UPDATE",
    ),
    (
        "GRANT UPDATE (scopes) ON tenants_apitoken TO {app}",
        "tenants_apitoken: the application role may UPDATE (scopes)",
    ),
    (
        "GRANT UPDATE ON tenants_apitoken TO {app}",
        "tenants_apitoken: the application role may UPDATE, which",
    ),
    ("GRANT SELECT ON audit_head TO {app}", "audit_head: the application role may SELECT"),
    ("GRANT DELETE ON audit_event TO {app}", "audit_event: the application role may DELETE"),
    ("GRANT TRUNCATE ON metrics_mark TO {app}", "metrics_mark: the application role may TRUNCATE"),
    ("GRANT REFERENCES ON tenants_tenant TO {app}", "the application role may REFERENCES"),
    ("GRANT TRIGGER ON portfolio_pilot TO {app}", "the application role may TRIGGER"),
]


@pytest.mark.parametrize(("statement", "sentence"), BROKEN, ids=[s[:60] for s, _ in BROKEN])
def test_each_protection_taken_away_is_found(
    admin: psycopg.Cursor, database_name: str, statement: str, sentence: str
) -> None:
    names = {"app": APP, "owner": OWNER, "database": f'"{database_name}"'}

    # Roles belong to the whole server: who changes one at the same moment for another test waits.
    admin.execute("LOCK TABLE pg_authid IN SHARE ROW EXCLUSIVE MODE")
    admin.execute(statement.format(**names))

    faults = catalogue.find_faults(admin, is_current=False)
    assert any(sentence.format(**names) in fault for fault in faults), faults


def test_the_list_of_functions_is_what_migrations_make(db: None) -> None:
    with connection.cursor() as cursor:
        query = psycopg.ClientCursor(connection.connection).mogrify(
            catalogue.FUNCTION_DIGESTS, {"owner": OWNER}
        )
        cursor.execute(query)
        made = dict(cursor.fetchall())

    assert made == classification.FUNCTION_DIGESTS
    assert made.keys() >= classification.DEFINER_FUNCTIONS


def test_a_process_that_works_as_owner_is_told(db: None) -> None:
    with connection.cursor() as cursor:
        faults = catalogue.find_faults(cursor, app=OWNER, owner=APP)

    assert any(f"works as {APP}, not as the application role {OWNER}" in f for f in faults)


def test_every_listed_exception_still_exists(db: None) -> None:
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))

    assert classification.GLOBAL_TABLES.keys() <= tables
    assert tables >= classification.WITHOUT_FOREIGN_KEYS | classification.SQL_TABLES.keys()


def test_the_platform_role_is_shown_no_tenant_though_it_may_ask(
    cast: Cast, database_name: str
) -> None:
    url = os.environ["DATABASE_PLATFORM_URL"].replace("/weektwelve", f"/{database_name}")

    with psycopg.connect(url) as connection:
        seen = connection.execute("SELECT slug FROM tenants_tenant").fetchall()
        connection.execute("SELECT set_config('app.tenant_id', %s, true)", [str(cast.acme)])
        opened = connection.execute("SELECT slug FROM tenants_tenant").fetchall()

    assert (seen, opened) == ([], [])
