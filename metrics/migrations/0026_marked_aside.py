"""The list of tenants with marks leaves out the weeks that are set aside."""

from importlib import import_module

from django.db import migrations

from common.tenancy import roles

# A week whose time aside is over is due since then, not since it was marked.
MARKED = """
CREATE OR REPLACE FUNCTION list_marked_tenants(p_limit integer)
RETURNS TABLE (tenant_id bigint, oldest_at timestamptz, marks bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.tenant_id, min(greatest(m.made_at, a.until)) AS oldest_at, count(*)
    FROM public.metrics_mark m
    LEFT JOIN (
        SELECT k.tenant_id, k.metric_id, k.week, max(k.aside_until) AS until
        FROM public.metrics_mark k WHERE k.aside_until IS NOT NULL
        GROUP BY k.tenant_id, k.metric_id, k.week
    ) a ON a.tenant_id = m.tenant_id AND a.metric_id = m.metric_id AND a.week = m.week
    WHERE a.until IS NULL OR a.until <= now()
    GROUP BY m.tenant_id ORDER BY 2, m.tenant_id LIMIT p_limit
$$;
"""
FIRST = import_module("metrics.migrations.0002_recompute").MARKED
BEFORE = FIRST.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


def create(apps, schema_editor):
    with roles.acting_as(schema_editor, roles.LOOKUP):
        schema_editor.execute(MARKED, params=None)


def restore(apps, schema_editor):
    with roles.acting_as(schema_editor, roles.LOOKUP):
        schema_editor.execute(BEFORE, params=None)


class Migration(migrations.Migration):
    dependencies = [("metrics", "0025_line_of_retired")]
    operations = [migrations.RunPython(create, restore)]
