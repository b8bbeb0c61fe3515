"""Which connection migrates: the owner's, never the application's."""

from typing import Any


class OwnerMigrates:
    """Allow schema changes on the owner's connection only."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"

    def allow_relation(self, obj1: Any, obj2: Any, **hints: Any) -> bool:
        return True
