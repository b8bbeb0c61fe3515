"""Codes that differ only in case are one code. Where two stand already, say which, and change nothing.

Clients address rows by their codes and the trail names them, so none is renamed here.
"""

from django.core.management import CommandError
from django.db import migrations, models
from django.db.models.functions import Lower

ALIKE = """
SELECT t.slug, t.id, array_agg(x.code ORDER BY x.code COLLATE "C")
FROM {table} x JOIN tenants_tenant t ON t.id = x.tenant_id
GROUP BY t.id, t.slug, lower(x.code) HAVING count(*) > 1
ORDER BY 1, 3
"""
WORDS = (
    "Codes that differ only in case are one code from this version on. These stand side by side: {}."
    " Nothing was changed. Give all but one of each another code, see docs/operations.md,"
    ' "Codes that differ only in case", and migrate again.'
)


def refusing_alike(*tables):
    """Return a step that stops the migration when tables hold codes that differ only in case."""

    def refuse(apps, schema_editor):
        found = []
        with schema_editor.connection.cursor() as cursor:
            for table in tables:
                cursor.execute(ALIKE.format(table=table))
                found += [
                    f"{' and '.join(codes)} in {table} of {slug} (tenant {tenant})"
                    for slug, tenant, codes in cursor.fetchall()
                ]
        if found:
            raise CommandError(WORDS.format("; ".join(found)))

    return migrations.RunPython(refuse, migrations.RunPython.noop)


def one_code(model, table):
    """Return the operation that lets codes of a model differ by more than case."""
    return migrations.AddConstraint(
        model_name=model,
        constraint=models.UniqueConstraint(
            "tenant", Lower("code"), name=f"{table}_code_alike"
        ),
    )


class Migration(migrations.Migration):
    dependencies = [("portfolio", "0002_few_rows")]
    operations = [
        refusing_alike("portfolio_pilot", "portfolio_site", "portfolio_vendor"),
        one_code("pilot", "portfolio_pilot"),
        one_code("site", "portfolio_site"),
        one_code("vendor", "portfolio_vendor"),
    ]
