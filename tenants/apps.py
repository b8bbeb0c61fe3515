"""Manufacturers, their members, roles and API clients."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TenantsConfig(AppConfig):
    """Connects the closing migrate hook and the start-up checks."""

    name = "tenants"

    def ready(self) -> None:
        from common.tenancy import hooks

        post_migrate.connect(hooks.lock, sender=self, dispatch_uid="tenancy-lock")
