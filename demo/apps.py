"""The demo: two manufacturers whose pilots replay public figures."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """No tables of its own: it writes through the actions of the other apps."""

    name = "demo"
