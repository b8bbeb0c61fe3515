"""An index for the newest lines about one object: a pilot's page shows them.

Without it the page would read the tenant's whole trail, which a sync a minute fills quickly.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_partitions")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX audit_event_about ON audit_event (tenant_id, object, at DESC, seq DESC)",
            "DROP INDEX audit_event_about",
        )
    ]
