"""An exception of a phase and opening one again say why in more than blanks."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gates", "0009_not_by_who_led")]
    operations = [
        migrations.RemoveConstraint("phasestep", "gates_phasestep_reason"),
        migrations.AddConstraint(
            "phasestep",
            models.CheckConstraint(
                condition=models.Q(("verb", "close"), ("reason__regex", "\\S"), _connector="OR"),
                name="gates_phasestep_reason",
            ),
        ),
    ]
