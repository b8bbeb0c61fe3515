"""Weeks of rates that stand are computed anew, by the rule in force."""

from django.db import migrations

MARK = """
INSERT INTO metrics_mark (tenant_id, metric_id, week)
SELECT s.tenant_id, s.metric_id, s.week
FROM metrics_snapshot s JOIN metrics_metric m ON m.tenant_id = s.tenant_id AND m.id = s.metric_id
WHERE m.kind = 'rate'
"""


class Migration(migrations.Migration):
    dependencies = [("metrics", "0012_rate_known")]
    operations = [migrations.RunSQL(MARK, MARK)]
