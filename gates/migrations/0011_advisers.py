"""Who advises on a gate and what they said; a decision keeps the advice that stood then."""

import common.tenancy.constraints
import django.db.models.deletion
import django.db.models.functions.datetime
import tenants.models
from django.db import migrations, models

from common.tenancy.operations import Guard, Kept

# Whether member `who` leads pilot a, or led it since it began.
LEADS = """EXISTS (SELECT FROM portfolio_pilotparty p
            JOIN tenants_membership m ON m.tenant_id = NEW.tenant_id AND m.person_id = p.person_id
            JOIN portfolio_pilot a ON a.tenant_id = NEW.tenant_id AND a.id = p.pilot_id
            WHERE p.tenant_id = NEW.tenant_id AND p.pilot_id = aim.pilot_id AND p.part = 'lead'
              AND m.id = NEW.member_id
              AND (p.ended_at IS NULL OR (p.ended_at AT TIME ZONE 'UTC')::date >= a.start_date))"""
MAY = f"""
CREATE FUNCTION gates_adviser_may() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    aim gates_gate;
    broken text;
BEGIN
    SELECT g.* INTO aim FROM gates_gate g
    WHERE g.tenant_id = NEW.tenant_id AND g.id = NEW.gate_id;
    broken := CASE
        WHEN NEW.ended_at IS NOT NULL THEN 'gates_adviser_begins'
        WHEN aim.decider_id = NEW.member_id THEN 'gates_adviser_not_decider'
        WHEN NOT EXISTS (SELECT FROM tenants_membership m WHERE m.tenant_id = NEW.tenant_id
            AND m.id = NEW.member_id AND m.removed_at IS NULL) THEN 'gates_adviser_is_member'
        WHEN {LEADS}
            THEN 'gates_adviser_not_lead'
        END;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'member % does not advise on gate %', NEW.member_id, NEW.gate_id
            USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = 'gates_adviser';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER gates_adviser_may AFTER INSERT ON gates_adviser
    FOR EACH ROW EXECUTE FUNCTION gates_adviser_may();
"""
ENDED = """
CREATE FUNCTION gates_adviser_fixed() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL
        OR (to_jsonb(NEW) - ARRAY['ended_at', 'ended_by_id'])
            <> (to_jsonb(OLD) - ARRAY['ended_at', 'ended_by_id'])
    THEN
        RAISE EXCEPTION 'adviser % is taken off once, and never changed', OLD.id
            USING ERRCODE = '23514', CONSTRAINT = 'gates_adviser_fixed', TABLE = 'gates_adviser';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER gates_adviser_fixed BEFORE UPDATE ON gates_adviser
    FOR EACH ROW EXECUTE FUNCTION gates_adviser_fixed();
"""
ADVICE = f"""
CREATE FUNCTION gates_advice_may() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    aim gates_gate;
    last gates_gatedecision;
    said integer;
    broken text;
BEGIN
    -- Nobody decides meanwhile: who comes second finds the first.
    SELECT g.* INTO aim FROM gates_gatedecision d
    JOIN gates_gate g ON g.tenant_id = NEW.tenant_id AND g.id = d.gate_id
    WHERE d.tenant_id = NEW.tenant_id AND d.id = NEW.step_id FOR NO KEY UPDATE OF g;
    IF NOT FOUND THEN
        RETURN NEW;  -- gates_advice_step_fk
    END IF;
    SELECT d.* INTO last FROM gates_gatedecision d
    WHERE d.tenant_id = NEW.tenant_id AND d.gate_id = aim.id ORDER BY d.number DESC LIMIT 1;
    SELECT COALESCE(max(a.number), 0) INTO said FROM gates_advice a
    WHERE a.tenant_id = NEW.tenant_id AND a.step_id = NEW.step_id AND a.member_id = NEW.member_id;
    -- A number that is there already is refused by gates_advice_number_once.
    broken := CASE
        WHEN last.id <> NEW.step_id OR last.verb <> 'submit' THEN 'gates_advice_while_asked'
        WHEN aim.decider_id = NEW.member_id OR NOT EXISTS (SELECT FROM gates_adviser v
            JOIN tenants_membership m ON m.tenant_id = NEW.tenant_id AND m.id = v.member_id
            WHERE v.tenant_id = NEW.tenant_id AND v.gate_id = aim.id AND v.ended_at IS NULL
              AND v.member_id = NEW.member_id AND m.removed_at IS NULL)
            THEN 'gates_advice_by_adviser'
        WHEN {LEADS}
            THEN 'gates_advice_not_by_lead'
        WHEN NEW.number > said + 1 THEN 'gates_advice_in_order'
        END;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'member % does not advise on step %', NEW.member_id, NEW.step_id
            USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = 'gates_advice';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER gates_advice_may BEFORE INSERT ON gates_advice
    FOR EACH ROW EXECUTE FUNCTION gates_advice_may();
"""
# Who decides does not choose what is kept. It fires behind gates_gatedecision_follows, which holds
# the gate, so no advice comes between.
KEEPS = """
CREATE FUNCTION gates_gatedecision_keeps_advice() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    SELECT COALESCE(jsonb_agg(jsonb_build_object('by', s.name, 'stance', s.stance,
        'reason', s.reason, 'at', s.at) ORDER BY s.at, s.id), '[]')
    INTO NEW.advice
    FROM (SELECT DISTINCT ON (a.member_id) a.id, a.stance, a.reason, a.at, p.name
        FROM gates_gatedecision d
        JOIN gates_advice a ON a.tenant_id = NEW.tenant_id AND a.step_id = d.id
        JOIN tenants_membership m ON m.tenant_id = NEW.tenant_id AND m.id = a.member_id
        JOIN tenants_person p ON p.tenant_id = NEW.tenant_id AND p.id = m.person_id
        WHERE d.tenant_id = NEW.tenant_id AND d.gate_id = NEW.gate_id
          AND d.number = NEW.number - 1 AND NEW.verb IN ('pass', 'send_back', 'waive')
        ORDER BY a.member_id, a.number DESC) s;
    RETURN NEW;
END $$;
CREATE TRIGGER gates_gatedecision_keeps_advice BEFORE INSERT ON gates_gatedecision
    FOR EACH ROW EXECUTE FUNCTION gates_gatedecision_keeps_advice();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("gates", "0010_phases_say_why"),
        ("tenants", "0002_tenant_doors"),
    ]

    operations = [
        migrations.AddField(
            model_name="gatedecision",
            name="advice",
            field=models.JSONField(default=list),
        ),
        migrations.CreateModel(
            name="Advice",
            fields=[
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
                ("number", models.PositiveIntegerField()),
                (
                    "stance",
                    models.CharField(
                        choices=[("for", "for"), ("against", "against"), ("remark", "remark")],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(max_length=600)),
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
                    "step",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="heard",
                        to="gates.gatedecision",
                    ),
                ),
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
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT",
                        lookup=False,
                        name="gates_advice_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="gates_advice_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("step_id",),
                        name="gates_advice_step_fk",
                        to="gates_gatedecision",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("member_id",),
                        name="gates_advice_member_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "step", "member", "number"),
                        name="gates_advice_number_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("stance__in", ["for", "against", "remark"])),
                        name="gates_advice_stance",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1)), name="gates_advice_number"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason__regex", "\\S")), name="gates_advice_reason"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Adviser",
            fields=[
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
                ("named_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "ended_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
                    ),
                ),
                (
                    "gate",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="advisers",
                        to="gates.gate",
                    ),
                ),
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
                    "named_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.membership",
                    ),
                ),
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
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    common.tenancy.constraints.TenantIsolation(
                        column="tenant_id",
                        grants="SELECT, INSERT, UPDATE (ended_at, ended_by_id)",
                        lookup=False,
                        name="gates_adviser_iso",
                        recompute=None,
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="gates_adviser_tenant_key"
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("gate_id",),
                        name="gates_adviser_gate_fk",
                        to="gates_gate",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("member_id",),
                        name="gates_adviser_member_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("named_by_id",),
                        name="gates_adviser_named_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    common.tenancy.constraints.TenantFK(
                        columns=("ended_by_id",),
                        name="gates_adviser_ended_fk",
                        to="tenants_membership",
                        to_columns=("id",),
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("tenant", "gate", "member"),
                        name="gates_adviser_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("ended_by__isnull", True)),
                            models.Q(("ended_at__isnull", False), ("ended_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="gates_adviser_ended_whole",
                    ),
                ],
            },
        ),
        Guard("gates_adviser_may", MAY),
        Guard("gates_adviser_fixed", ENDED),
        Guard("gates_advice_may", ADVICE),
        Guard("gates_gatedecision_keeps_advice", KEEPS),
        Kept("gates_adviser", append_only=False),
        Kept("gates_advice"),
    ]
