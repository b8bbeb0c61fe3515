"""A locked baseline names the wording that its weeks were counted by."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('metrics', '0016_start_held'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='baseline',
            constraint=models.CheckConstraint(condition=models.Q(('definition__isnull', True), ('definition__gte', 1), _connector='OR'), name='metrics_baseline_definition'),
        ),
    ]
