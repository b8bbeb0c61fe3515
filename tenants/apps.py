"""Manufacturers, their members, roles and API clients."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class TenantsConfig(AppConfig):
    """Connects the hooks around `migrate`; an app without models would never be called."""

    name = "tenants"

    def ready(self) -> None:
        from common.tenancy import hooks

        pre_migrate.connect(hooks.lift_force, sender=self, dispatch_uid="tenancy-lift")
        post_migrate.connect(hooks.lock, sender=self, dispatch_uid="tenancy-lock")
