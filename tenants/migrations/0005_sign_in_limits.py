"""The table behind Django's database cache, which counts sign-in attempts."""

from django.db import migrations

TABLE = """
CREATE TABLE tenants_limit (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX tenants_limit_expires ON tenants_limit (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0004_demo_personas")]
    operations = [migrations.RunSQL(TABLE, "DROP TABLE tenants_limit")]
