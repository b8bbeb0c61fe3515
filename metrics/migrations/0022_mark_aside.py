"""A mark may set its week aside until a time."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("metrics", "0021_code_alike")]

    operations = [
        migrations.AddField(
            model_name="mark",
            name="aside_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="mark",
            index=models.Index(
                fields=["tenant_id", "metric_id", "week"],
                condition=models.Q(("aside_until__isnull", False)),
                name="metrics_mark_aside",
            ),
        ),
    ]
