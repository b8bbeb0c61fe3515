"""What was done with the phases of a pilot's path, and what the database finds missing of each."""

import common.tenancy.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import tenants.models
from django.db import migrations, models

from common.tenancy import roles
from common.tenancy.operations import Functions, Guard, Kept

# The outputs that are not there, of all five phases in order. Page, action and guard ask this.
LACKS = """
CREATE FUNCTION gates_phase_lacks(p_tenant bigint, p_pilot uuid)
RETURNS TABLE (phase text, output text)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH site_today AS (
        SELECT (now() AT TIME ZONE s.zone)::date AS day FROM portfolio_pilot p
        JOIN portfolio_site s ON s.tenant_id = p_tenant AND s.id = p.site_id
        WHERE p.tenant_id = p_tenant AND p.id = p_pilot
    ), primaries AS (
        SELECT t.agreed_at IS NOT NULL AS agreed,
            EXISTS (SELECT FROM metrics_baseline b
                WHERE b.tenant_id = p_tenant AND b.target_row_id = t.id
                  AND b.locked_at IS NOT NULL AND b.superseded_at IS NULL) AS locked,
            EXISTS (SELECT FROM metrics_baseline b
                JOIN metrics_readout r ON r.tenant_id = p_tenant AND r.baseline_id = b.id
                WHERE b.tenant_id = p_tenant AND b.target_row_id = t.id AND r.week = 12
                  AND (NOT r.waits OR EXISTS (SELECT FROM metrics_acknowledgement a
                      WHERE a.tenant_id = p_tenant AND a.read_out_id = r.id))) AS read_out
        FROM metrics_pilotmetric t
        WHERE t.tenant_id = p_tenant AND t.pilot_id = p_pilot AND t.role = 'primary'
          AND t.retired_at IS NULL
    ), parties AS (
        SELECT p.part, p.person_id, p.hours_per_week FROM portfolio_pilotparty p
        WHERE p.tenant_id = p_tenant AND p.pilot_id = p_pilot AND p.ended_at IS NULL
          AND NOT EXISTS (SELECT FROM tenants_membership m
              WHERE m.tenant_id = p_tenant AND m.person_id = p.person_id
                AND m.removed_at IS NOT NULL)
    ), operator AS (
        SELECT person_id FROM parties WHERE part = 'operator' AND hours_per_week > 0
    ), open_gates AS (
        SELECT g.code FROM gates_gate g
        CROSS JOIN LATERAL (SELECT d.state, d.until FROM gates_gatedecision d
            WHERE d.tenant_id = p_tenant AND d.gate_id = g.id ORDER BY d.number DESC LIMIT 1) d
        WHERE g.tenant_id = p_tenant AND g.pilot_id = p_pilot
          AND d.state IN ('passed', 'waived')
          AND COALESCE(d.until >= (SELECT day FROM site_today), true)
    )
    SELECT o.phase, o.output FROM (VALUES
        (1, 'audit', 'target', (SELECT bool_and(agreed) FROM primaries)),
        (2, 'audit', 'baseline', (SELECT bool_and(locked) FROM primaries)),
        (3, 'ownership', 'operator', EXISTS (SELECT FROM operator)),
        (4, 'ownership', 'deputy', EXISTS (SELECT FROM parties
            WHERE part = 'deputy_operator'
              AND person_id NOT IN (SELECT person_id FROM operator))),
        (5, 'deploy', 'data', 'data' IN (SELECT code FROM open_gates)),
        (6, 'deploy', 'accuracy', 'accuracy' IN (SELECT code FROM open_gates)),
        (7, 'deploy', 'failure', 'failure' IN (SELECT code FROM open_gates)),
        (8, 'production', 'entered', EXISTS (SELECT FROM gates_production g
            WHERE g.tenant_id = p_tenant AND g.pilot_id = p_pilot)),
        (9, 'measure', 'read_out', (SELECT bool_and(read_out) FROM primaries)),
        (10, 'measure', 'decision', EXISTS (SELECT FROM metrics_pilotoutcome n
            WHERE n.tenant_id = p_tenant AND n.pilot_id = p_pilot))
    ) AS o(n, phase, output, met)
    WHERE o.met IS NOT TRUE ORDER BY o.n
$$
"""
# One step at a time, by whom it is given to; closed is what lacks nothing.
STEP = """
CREATE FUNCTION gates_phasestep_follows() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    aim portfolio_pilot;
    last gates_phasestep;
    executive boolean;
    asked text := CASE NEW.verb WHEN 'except' THEN 'sponsor' ELSE 'lead' END;
    own boolean;
    led boolean;
    broken text;
BEGIN
    SELECT p.* INTO aim FROM portfolio_pilot p
    WHERE p.tenant_id = NEW.tenant_id AND p.id = NEW.pilot_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NEW;  -- gates_phasestep_pilot_fk
    END IF;
    SELECT s.* INTO last FROM gates_phasestep s
    WHERE s.tenant_id = NEW.tenant_id AND s.pilot_id = NEW.pilot_id AND s.phase = NEW.phase
    ORDER BY s.number DESC LIMIT 1;
    SELECT m.removed_at IS NULL AND 'executive' = ANY (m.roles),
        m.removed_at IS NULL AND asked = ANY (m.roles) AND EXISTS (
            SELECT FROM portfolio_pilotparty p
            WHERE p.tenant_id = NEW.tenant_id AND p.pilot_id = NEW.pilot_id AND p.part = asked
              AND p.ended_at IS NULL AND p.person_id = m.person_id),
        EXISTS (SELECT FROM portfolio_pilotparty p
            WHERE p.tenant_id = NEW.tenant_id AND p.pilot_id = NEW.pilot_id AND p.part = 'lead'
              AND (p.ended_at IS NULL OR (p.ended_at AT TIME ZONE 'UTC')::date >= aim.start_date)
              AND p.person_id = m.person_id)
    INTO executive, own, led FROM tenants_membership m
    WHERE m.tenant_id = NEW.tenant_id AND m.id = NEW.member_id;
    IF NOT FOUND THEN
        RETURN NEW;  -- gates_phasestep_member_fk
    END IF;
    -- A number that is there already is refused by gates_phasestep_number_once.
    broken := CASE
        WHEN aim.archived_at IS NOT NULL THEN 'gates_phasestep_in_use'
        WHEN NEW.number > COALESCE(last.number, 0) + 1
          OR (NEW.verb = 'take_back')
            IS DISTINCT FROM COALESCE(last.verb IN ('close', 'except'), false)
            THEN 'gates_phasestep_in_order'
        WHEN NEW.verb <> 'take_back' AND NEW.lacking::text[] IS DISTINCT FROM ARRAY(
                SELECT l.output FROM gates_phase_lacks(NEW.tenant_id, NEW.pilot_id) l
                WHERE l.phase = NEW.phase)
            THEN 'gates_phasestep_outputs'
        WHEN NOT (executive OR own) OR NEW.verb = 'except' AND led
            THEN 'gates_phasestep_by_who_may'
        END;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'phase % of pilot % takes no such step', NEW.phase, NEW.pilot_id
            USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = 'gates_phasestep';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER gates_phasestep_follows BEFORE INSERT ON gates_phasestep
    FOR EACH ROW EXECUTE FUNCTION gates_phasestep_follows();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("gates", "0005_retraining"),
        ("metrics", "0006_marks_found_once"),
        ("portfolio", "0002_confirmed_money"),
        ("tenants", "0002_tenant_doors"),
    ]

    operations = [
        migrations.CreateModel(
            name="PhaseStep",
            fields=[
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        db_default=tenants.models.uuidv7(),
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "phase",
                    models.CharField(
                        choices=[
                            ("audit", "audit"),
                            ("ownership", "ownership"),
                            ("deploy", "deploy"),
                            ("production", "production"),
                            ("measure", "measure"),
                        ],
                        max_length=10,
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("close", "close"),
                            ("except", "except"),
                            ("take_back", "take_back"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=600)),
                (
                    "lacking",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), default=list, size=None
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "member",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
                    ),
                ),
                (
                    "pilot",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="phase_steps",
                        to="portfolio.pilot",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    django.contrib.postgres.indexes.HashIndex(
                        fields=["tenant"], name="gates_phasestep_few"
                    )
                ],
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT",
                        lookup=False,
                        name="gates_phasestep_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="gates_phasestep_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("pilot_id",),
                        name="gates_phasestep_pilot_fk",
                        to="portfolio_pilot",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("member_id",),
                        name="gates_phasestep_member_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "pilot", "phase", "number"),
                        name="gates_phasestep_number_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "phase__in",
                                ["audit", "ownership", "deploy", "production", "measure"],
                            ),
                            ("verb__in", ["close", "except", "take_back"]),
                        ),
                        name="gates_phasestep_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1)), name="gates_phasestep_number"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("verb", "close"),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="gates_phasestep_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lacking__len__gt", 0), ("verb", "except")),
                            models.Q(
                                models.Q(("verb", "except"), _negated=True), ("lacking__len", 0)
                            ),
                            _connector="OR",
                        ),
                        name="gates_phasestep_lacking",
                    ),
                ],
            },
        ),
        Functions(roles.LOOKUP, {"gates_phase_lacks(bigint, uuid)": LACKS}),
        Guard("gates_phasestep_follows", STEP),
        Kept("gates_phasestep"),
    ]
