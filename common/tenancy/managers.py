"""The manager of tenant tables: it adds the tenant and refuses to work without one."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from django.db import models

from .context import require_tenant_id

M = TypeVar("M", bound=models.Model)


class TenantQuerySet(models.QuerySet[M]):
    """Rows of one tenant; refuses to ask the database after the tenant was closed.

    Built inside a tenant and used after it, a query would find nothing and say nothing.
    """

    def _fetch_all(self) -> None:
        if self._result_cache is None:
            require_tenant_id(self.db)
        super()._fetch_all()

    def iterator(self, *args: Any, **kwargs: Any) -> Iterator[M]:
        require_tenant_id(self.db)
        return super().iterator(*args, **kwargs)

    def count(self) -> int:
        require_tenant_id(self.db)
        return super().count()

    def exists(self) -> bool:
        require_tenant_id(self.db)
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        require_tenant_id(self.db)
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        require_tenant_id(self.db)
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        require_tenant_id(self.db)
        return super().delete()

    def create(self, **kwargs: Any) -> M:
        """Insert one row of the tenant in context."""
        kwargs.setdefault("tenant_id", require_tenant_id(self.db))
        return super().create(**kwargs)

    def bulk_create(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> list[M]:
        """Insert rows of the tenant in context."""
        tenant_id, rows = require_tenant_id(self.db), list(objs)
        for row in rows:
            if getattr(row, "tenant_id", None) is None:
                row.tenant_id = tenant_id  # type: ignore[attr-defined]  # every tenant table has it
        return super().bulk_create(rows, *args, **kwargs)


class TenantManager(models.Manager[M]):
    """Rows of the tenant in context; raises NoTenantContext outside one.

    Row-level security would answer with no rows at all; a mistake should be loud instead.
    """

    use_in_migrations = False

    def get_queryset(self) -> models.QuerySet[M]:
        rows: models.QuerySet[M] = TenantQuerySet(self.model, using=self._db, hints=self._hints)  # type: ignore[attr-defined]  # not in the stubs
        return rows.filter(tenant_id=require_tenant_id(self.db))

    def create(self, **kwargs: Any) -> M:
        """Insert one row of the tenant in context."""
        return self.get_queryset().create(**kwargs)
