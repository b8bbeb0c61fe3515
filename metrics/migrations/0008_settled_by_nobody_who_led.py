"""Who ever led a pilot that needs a field settles none of its conflicts."""

from importlib import import_module

from django.db import migrations

from common.tenancy.operations import Reguarded

SETTLER = import_module("metrics.migrations.0007_fields").SETTLER
# Neither an end nor a start is asked for any more: another start made an earlier lead forgotten.
EVER = SETTLER.replace(
    """
                AND COALESCE(y.ended_at::date >= p.start_date, true)))""",
    "))",
)


class Migration(migrations.Migration):
    dependencies = [("metrics", "0007_fields")]
    operations = [Reguarded(before=SETTLER, after=EVER)]
