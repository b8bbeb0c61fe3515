"""Metrics, measurements and their weekly snapshots."""

from django.apps import AppConfig


class MetricsConfig(AppConfig):
    name = "metrics"
