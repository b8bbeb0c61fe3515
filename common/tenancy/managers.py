"""The manager of tenant tables: it adds the tenant and refuses to work without one."""

from typing import Any, TypeVar

from django.db import models

from .context import require_tenant_id

M = TypeVar("M", bound=models.Model)


class TenantManager(models.Manager[M]):
    """Rows of the tenant in context; raises NoTenantContext outside one.

    Row-level security would answer with no rows at all; a mistake should be loud instead.
    """

    use_in_migrations = False

    def get_queryset(self) -> models.QuerySet[M]:
        return super().get_queryset().filter(tenant_id=require_tenant_id(self.db))

    def create(self, **kwargs: Any) -> M:
        """Insert one row of the tenant in context."""
        kwargs.setdefault("tenant_id", require_tenant_id(self.db))
        return super().create(**kwargs)
