"""What each gate lacked when the product looked last, for the board, which computes nothing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("gates", "0006_phases"),
        ("portfolio", "0002_confirmed_money"),
        ("tenants", "0002_tenant_doors"),
    ]

    operations = [
        migrations.AddField(
            model_name="gate",
            name="lacks",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="gate",
            name="looked_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name="gate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lacks__isnull", True), ("looked_at__isnull", True)),
                    models.Q(("lacks__isnull", False), ("looked_at__isnull", False)),
                    _connector="OR",
                ),
                name="gates_gate_looked",
            ),
        ),
    ]
