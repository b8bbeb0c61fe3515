"""The application role may delete a declared span, to put what a withdrawal leaves in its place."""

from django.db import migrations

from common.tenancy.constraints import TenantIsolation


class Migration(migrations.Migration):
    dependencies = [("metrics", "0017_baseline_definition")]
    operations = [
        migrations.RemoveConstraint(model_name="coverage", name="metrics_coverage_iso"),
        migrations.AddConstraint(
            model_name="coverage",
            constraint=TenantIsolation(
                name="metrics_coverage_iso",
                grants="SELECT, INSERT, DELETE",
                recompute="SELECT",
            ),
        ),
    ]
