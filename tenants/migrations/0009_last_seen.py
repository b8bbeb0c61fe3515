"""When a member last opened a tenant: the tenant's own knowledge, unlike the user's sign-in."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0008_welcome_sweep")]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="last_seen_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
