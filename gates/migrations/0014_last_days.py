"""Nobody operates a pilot, stands in or is alerted after their last day, and no pass holds beyond it."""

from importlib import import_module

from django.db import migrations, models

from common.tenancy import roles
from common.tenancy.operations import Reguarded, Replaced

LACKS = import_module("gates.migrations.0006_phases").LACKS
LACKS_LEFT = LACKS.replace(
    """
        SELECT p.part, p.person_id, p.hours_per_week FROM portfolio_pilotparty p""",
    """
        SELECT p.part, p.person_id, p.hours_per_week FROM portfolio_pilotparty p
        JOIN tenants_person h ON h.tenant_id = p_tenant AND h.id = p.person_id
          AND COALESCE(h.leaves_on >= (SELECT day FROM site_today), true)""",
)
KNOWS = import_module("gates.migrations.0012_what_a_pass_rests_on").KNOWS
# Who a pass rests on is there to its end; of deputies one is enough.
OPERATED = """
            WHERE l.output || '_named' = ANY (asked))
          OR EXISTS (SELECT FROM unnest(ARRAY['operator', 'deputy_operator']) AS w (part)
            WHERE split_part(w.part, '_', 1) || '_named' = ANY (asked) AND NOT EXISTS (
                SELECT FROM portfolio_pilotparty p
                JOIN tenants_person h ON h.tenant_id = NEW.tenant_id AND h.id = p.person_id
                WHERE p.tenant_id = NEW.tenant_id AND p.pilot_id = aim.pilot_id
                  AND p.part = w.part AND p.ended_at IS NULL
                  AND COALESCE(h.leaves_on, 'infinity') >= holds
                  AND NOT EXISTS (SELECT FROM tenants_membership m
                      WHERE m.tenant_id = NEW.tenant_id AND m.person_id = p.person_id
                        AND m.removed_at IS NOT NULL)
                  AND NOT EXISTS (SELECT FROM portfolio_pilotparty o
                      WHERE o.tenant_id = NEW.tenant_id AND o.pilot_id = aim.pilot_id
                        AND o.part = 'operator' AND o.ended_at IS NULL
                        AND o.person_id = p.person_id AND o.id <> p.id)))
            THEN 'gates_gatedecision_operated'"""
KNOWS_LEFT = (
    KNOWS.replace(
        """
    asked text[];""",
        """
    asked text[];
    holds date;""",
    )
    .replace(
        """
    asked := ARRAY(""",
        """
    holds := GREATEST(today, COALESCE(NEW.until, 'infinity'));
    asked := ARRAY(""",
    )
    .replace(
        """
            WHERE l.output || '_named' = ANY (asked)) THEN 'gates_gatedecision_operated'""",
        OPERATED,
    )
    .replace(
        """
                LEFT JOIN tenants_membership r ON r.tenant_id = NEW.tenant_id
""",
        """
                LEFT JOIN (tenants_membership r
                    JOIN tenants_person h ON h.tenant_id = NEW.tenant_id AND h.id = r.person_id
                      AND COALESCE(h.leaves_on, 'infinity') >= holds)
                  ON r.tenant_id = NEW.tenant_id
""",
    )
    .replace(
        """
            JOIN gates_triggerfiring f ON""",
        """
            JOIN tenants_person h ON h.tenant_id = NEW.tenant_id AND h.id = r.person_id
              AND COALESCE(h.leaves_on, 'infinity') >= holds
            JOIN gates_triggerfiring f ON""",
    )
)


class Migration(migrations.Migration):
    dependencies = [
        ("gates", "0013_own_advice"),
        ("tenants", "0004_leaves_on"),
    ]
    operations = [
        migrations.AddField(
            model_name="gate",
            name="ends_on",
            field=models.DateField(null=True),
        ),
        Replaced(roles.LOOKUP, before=LACKS, after=LACKS_LEFT),
        Reguarded(before=KNOWS, after=KNOWS_LEFT),
    ]
