"""Shared pieces without business meaning."""

from django.apps import AppConfig
from django.db.models.signals import pre_migrate


class CommonConfig(AppConfig):
    """Connects the migrate hooks of the tenancy barrier."""

    name = "common"

    def ready(self) -> None:
        from .tenancy import hooks

        # Without a sender: Django sends this for apps with models only, and this one has none.
        pre_migrate.connect(hooks.lift_force, dispatch_uid="tenancy-lift")
