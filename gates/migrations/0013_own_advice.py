"""A decision keeps what others advised: not what who decides by now said as an adviser before."""

from importlib import import_module

from django.db import migrations

from common.tenancy.operations import Reguarded

KEEPS = import_module("gates.migrations.0011_advisers").KEEPS
KEEPS_OTHERS = KEEPS.replace(
    """
        ORDER BY a.member_id""",
    """
          AND a.member_id <> NEW.member_id
        ORDER BY a.member_id""",
)


class Migration(migrations.Migration):
    dependencies = [("gates", "0012_what_a_pass_rests_on")]
    operations = [Reguarded(before=KEEPS, after=KEEPS_OTHERS)]
