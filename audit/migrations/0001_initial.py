"""The audit trail: partitioned by year, append-only, hash-chained by the database.

Policies and statement triggers of a partitioned table do not hold for a partition named directly.
So each partition has row-level security with no policy at all (nobody sees a row), and its own
trigger against TRUNCATE.
"""

from django.db import migrations, models

from common.tenancy import roles
from common.tenancy.constraints import CONTEXT

FIRST_YEAR, LAST_YEAR = 2024, 2045

TABLES = f"""
CREATE TABLE audit_head (
    tenant_id bigint PRIMARY KEY,
    seq bigint NOT NULL,
    hash bytea NOT NULL
);
CREATE TABLE audit_event (
    tenant_id bigint NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL CONSTRAINT audit_event_actor_given CHECK (actor <> ''),
    action text NOT NULL CONSTRAINT audit_event_action_given CHECK (action <> ''),
    object text NOT NULL,
    payload jsonb NOT NULL,
    prev bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (tenant_id, at, seq)
) PARTITION BY RANGE (at);
ALTER TABLE audit_head ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_head_iso ON audit_head AS RESTRICTIVE FOR ALL TO PUBLIC
    USING (tenant_id = {CONTEXT}) WITH CHECK (tenant_id = {CONTEXT});
CREATE POLICY audit_event_iso ON audit_event AS RESTRICTIVE FOR ALL TO PUBLIC
    USING (tenant_id = {CONTEXT}) WITH CHECK (tenant_id = {CONTEXT});
REVOKE ALL ON audit_head, audit_event FROM PUBLIC;
"""

FUNCTIONS = """
CREATE FUNCTION audit_canonical(
    tenant bigint, seq bigint, at timestamptz, actor text, action text, object text, payload jsonb
) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT convert_to(jsonb_build_array(
        tenant, seq, (extract(epoch FROM at) * 1000000)::bigint, actor, action, object, payload
    )::text, 'UTF8')
$$;

CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    head audit_head%ROWTYPE;
    context bigint := NULLIF(current_setting('app.tenant_id', true), '')::bigint;
BEGIN
    IF context IS NULL OR NEW.tenant_id IS DISTINCT FROM context THEN
        RAISE EXCEPTION 'audit event outside its tenant' USING ERRCODE = '42501';
    END IF;
    INSERT INTO audit_head VALUES (NEW.tenant_id, 0, decode('00', 'hex')) ON CONFLICT DO NOTHING;
    SELECT * INTO head FROM audit_head WHERE tenant_id = NEW.tenant_id FOR UPDATE;
    NEW.seq := head.seq + 1;
    NEW.at := clock_timestamp();
    NEW.prev := head.hash;
    NEW.hash := sha256(head.hash || audit_canonical(
        NEW.tenant_id, NEW.seq, NEW.at, NEW.actor, NEW.action, NEW.object, NEW.payload));
    UPDATE audit_head SET seq = NEW.seq, hash = NEW.hash WHERE tenant_id = NEW.tenant_id;
    RETURN NEW;
END $$;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '42501';
END $$;

CREATE TRIGGER audit_event_chain BEFORE INSERT ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_chain();
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE ALL ON FUNCTION audit_chain(), refuse_change() FROM PUBLIC;
"""

CLOSE = """
ALTER TABLE {0} ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON {0} FROM PUBLIC;
CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON {0}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

# For the newest lines about one object: a pilot's page shows them, and without it would read the
# tenant's whole trail, which a sync a minute fills quickly.
ABOUT = "CREATE INDEX audit_event_about ON audit_event (tenant_id, object, at DESC, seq DESC)"

UNDO = """
DROP TABLE audit_event; DROP TABLE audit_head;
DROP FUNCTION audit_chain(), refuse_change(),
    audit_canonical(bigint, bigint, timestamptz, text, text, text, jsonb);
"""


def create_tables(apps, schema_editor):
    execute, q = schema_editor.execute, schema_editor.quote_name
    execute(TABLES)
    years = {year: f"audit_event_{year}" for year in range(FIRST_YEAR, LAST_YEAR + 1)}
    for year, partition in years.items():
        execute(
            f"CREATE TABLE {partition} PARTITION OF audit_event"
            f" FOR VALUES FROM ('{year}-01-01') TO ('{year + 1}-01-01')"
        )
    app, owner = q(roles.app()), q(roles.owner())
    execute(
        f"CREATE POLICY audit_head_allow ON audit_head TO {owner} USING (true) WITH CHECK (true)"
    )
    execute(
        f"CREATE POLICY audit_event_allow ON audit_event TO {app}, {owner}"
        " USING (true) WITH CHECK (true)"
    )
    execute(f"GRANT SELECT, INSERT ON audit_event TO {app}")
    execute(FUNCTIONS, params=None)
    for partition in years.values():
        execute(CLOSE.format(partition))
    execute(ABOUT)


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunPython(
            create_tables, lambda apps, schema_editor: schema_editor.execute(UNDO)
        ),
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "at",
                        "seq",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("tenant_id", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("actor", models.TextField()),
                ("action", models.TextField()),
                ("object", models.TextField()),
                ("payload", models.JSONField()),
                ("prev", models.BinaryField()),
                ("hash", models.BinaryField()),
            ],
            options={
                "db_table": "audit_event",
                "managed": False,
                "base_manager_name": "objects",
            },
            managers=[],
        ),
    ]
