"""What the application role may not do, whatever statement somebody gets it to run."""

import psycopg.errors as pg
import pytest
from django.db import connection, transaction

from common.tenancy.context import tenant
from tests.conftest import Cast

REFUSED = [
    # Data it may not have.
    "SELECT * FROM audit_head",
    "SELECT * FROM audit_event_2026",
    (
        "INSERT INTO audit_event_2026 (tenant_id, seq, at, actor, action, object, payload, prev, hash)"
        " VALUES (1, 1, '2026-05-05', 'a', 'A', 'o', '{}', '', '')"
    ),
    "UPDATE audit_event SET actor = 'x'",
    "DELETE FROM audit_event",
    "TRUNCATE audit_event",
    "UPDATE metrics_snapshot SET value = 1",
    (
        "INSERT INTO metrics_snapshot (tenant_id, metric_id, week, n, denominator, days_reported,"
        " digest, computed_at) VALUES (1, 1, '2026-01-05', 1, 1, 1, 1, now())"
    ),
    "DELETE FROM metrics_snapshot",
    "UPDATE metrics_summary SET snapshots = 0",
    "UPDATE metrics_measurementrevision SET numerator = 0",
    "DELETE FROM metrics_measurementrevision",
    "DELETE FROM metrics_measurement",
    "DELETE FROM metrics_mark",
    "DELETE FROM portfolio_pilot",
    "DELETE FROM tenants_membership",
    (
        "INSERT INTO tenants_tenant (slug, name, currency, zone, locale, is_demo)"
        " VALUES ('x', 'x', 'EUR', 'UTC', 'en', false)"
    ),
    "DELETE FROM tenants_tenant",
    "UPDATE tenants_tenant SET slug = 'x'",
    "UPDATE tenants_tenant SET zone = 'Nowhere/At-all'",
    "UPDATE tenants_tenant SET suspended_at = NULL",
    "UPDATE tenants_apitoken SET scopes = '{}'",
    "UPDATE tenants_apitoken SET digest = ''",
    "TRUNCATE portfolio_pilot CASCADE",
    "SELECT nextval('metrics_metric_id_seq')",
    "SELECT last_value FROM metrics_metric_id_seq",
    "SELECT setval('metrics_metric_id_seq', 1)",
    "SELECT * FROM auth_permission",
    "SELECT * FROM pg_authid",
    "SELECT * FROM pg_statistic",
    # Taking row security off.
    "SET LOCAL row_security = off; SELECT * FROM portfolio_pilot",
    "ALTER TABLE portfolio_pilot DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE portfolio_pilot NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY portfolio_pilot_iso ON portfolio_pilot",
    "CREATE POLICY p ON portfolio_pilot USING (true)",
    "ALTER TABLE audit_event DISABLE TRIGGER ALL",
    "SET LOCAL session_replication_role = replica",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT SELECT ON TABLES TO PUBLIC",
    # Becoming somebody else.
    "SET ROLE w12_lookup",
    "SET ROLE w12_recompute",
    "SET ROLE {owner}",
    "SET SESSION AUTHORIZATION {owner}",
    "ALTER ROLE {app} BYPASSRLS",
    "ALTER ROLE {app} SET statement_timeout = 0; CREATE ROLE x",
    "GRANT w12_recompute TO {app}",
    # Leaving something behind.
    "CREATE TABLE x (a int)",
    "CREATE TEMP TABLE x (a int)",
    "CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE VIEW v AS SELECT 1",
    "CREATE SCHEMA x",
    "CREATE INDEX ON portfolio_pilot (name)",
    "CREATE TRIGGER t BEFORE INSERT ON portfolio_pilot FOR EACH ROW EXECUTE FUNCTION audit_chain()",
    "ALTER FUNCTION find_api_token OWNER TO {app}",
    (
        "CREATE OR REPLACE FUNCTION list_active_tenants() RETURNS TABLE (tenant_id bigint)"
        " LANGUAGE sql AS 'SELECT 1::bigint'"
    ),
    # The machine.
    "COPY (SELECT 1) TO '/tmp/x'",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT pg_read_file('/etc/hostname')",
    "SELECT pg_ls_dir('/')",
    "SELECT lo_import('/etc/hostname')",
    "LOAD '/tmp/x.so'",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_the_application_role_is_refused(cast: Cast, statement: str) -> None:
    names = {
        "app": connection.settings_dict["USER"],
        "owner": connection.settings_dict["USER"].replace("app", "owner"),
    }
    with (
        tenant(cast.acme),
        pytest.raises(Exception) as refused,  # noqa: PT011  # its cause is looked at below
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.replace("{app}", names["app"]).replace("{owner}", names["owner"]))

    assert isinstance(refused.value.__cause__, pg.InsufficientPrivilege), refused.value


def test_copy_into_a_tenant_table_is_refused(cast: Cast) -> None:
    with (
        tenant(cast.acme),
        pytest.raises(pg.FeatureNotSupported),
        transaction.atomic(),
        connection.cursor() as cursor,
        cursor.copy("COPY portfolio_vendor FROM STDIN") as copy,
    ):
        copy.write("x\n")


def test_copy_out_of_a_tenant_table_gives_one_tenant(cast: Cast) -> None:
    with (
        tenant(cast.acme),
        connection.cursor() as cursor,
        cursor.copy("COPY tenants_tenant (slug) TO STDOUT") as copy,
    ):
        assert b"".join(copy) == b"acme\n"


def test_statistics_of_other_tenants_values_are_hidden(cast: Cast) -> None:
    with tenant(cast.acme), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stats WHERE tablename LIKE 'tenants_person'")
        assert cursor.fetchone() == (0,)
