"""Codes of metrics and sources that differ only in case are one code, as those of pilots are."""

from importlib import import_module

from django.db import migrations

portfolio = import_module("portfolio.migrations.0003_code_alike")


class Migration(migrations.Migration):
    dependencies = [("metrics", "0020_zone_held"), ("portfolio", "0003_code_alike")]
    operations = [
        portfolio.refusing_alike("metrics_metric", "metrics_source"),
        portfolio.one_code("metric", "metrics_metric"),
        portfolio.one_code("source", "metrics_source"),
    ]
