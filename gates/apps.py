"""The six production-readiness gates of a pilot and their evidence."""

from django.apps import AppConfig


class GatesConfig(AppConfig):
    name = "gates"
