"""Isolation and composite foreign keys as model constraints.

They stand in `Meta.constraints`, so `makemigrations` finds and writes them like any other.
The policy text is the fast form measured in docs/adr/0002-row-level-security.md: bare column on
the left, built-in functions only, a cast on the setting.
"""

from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Model
from django.db.models.constraints import BaseConstraint

from . import roles

CONTEXT = "(NULLIF(current_setting('app.tenant_id', true), '')::bigint)"


class SqlConstraint(BaseConstraint):
    """A constraint that is SQL of its own; nothing of it can be validated in Python."""

    options: tuple[str, ...] = ()

    def __init__(self, *, name: str, **options: Any) -> None:
        super().__init__(name=name)
        for option in self.options:
            setattr(self, option, options[option])

    def deconstruct(self) -> Any:
        path, _, _ = super().deconstruct()
        return (
            path,
            (),
            {"name": self.name, **{o: getattr(self, o) for o in self.options}},
        )

    def constraint_sql(self, model: type[Model] | None, schema_editor: Any) -> None:  # type: ignore[override]
        """Defer to the end of the migration: the autodetector folds constraints into CREATE TABLE."""
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Leave checking to the database."""

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.deconstruct() == self.deconstruct()

    __hash__ = BaseConstraint.__hash__


class TenantIsolation(SqlConstraint):
    """Row-level security of one table: only rows of the tenant in context, for every role.

    grants: what the application role may do, never more than it needs: "SELECT, INSERT, UPDATE", or
        with columns, "SELECT, UPDATE (read_at)".
    column: the tenant's column.
    recompute: the recompute role may do this, None when it has no business here.
    lookup: the lookup role may read it.
    """

    options = ("grants", "column", "recompute", "lookup")
    grants: str
    column: str
    recompute: str | None
    lookup: bool

    def __init__(
        self,
        *,
        name: str,
        grants: str = "SELECT, INSERT, UPDATE",
        column: str = "tenant_id",
        recompute: str | None = None,
        lookup: bool = False,
    ) -> None:
        super().__init__(
            name=name, grants=grants, column=column, recompute=recompute, lookup=lookup
        )

    def create_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> Any:
        assert model is not None
        assert schema_editor is not None
        q = schema_editor.quote_name
        table, rule = q(model._meta.db_table), f"{q(self.column)} = {CONTEXT}"
        allowed = [roles.app(), roles.owner()]
        # The lookup role answers "whose token is this" before a tenant is known; every other role,
        # also one created later, is bound where it is not given a permissive policy below.
        bound = (
            ", ".join(q(r) for r in (*allowed, roles.platform(), roles.RECOMPUTE))
            if self.lookup
            else "PUBLIC"
        )
        parts = [
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            (
                f"CREATE POLICY {q(self.name)} ON {table} AS RESTRICTIVE FOR ALL TO {bound}"
                f" USING ({rule}) WITH CHECK ({rule})"
            ),
            f"REVOKE ALL ON {table} FROM PUBLIC, {q(roles.app())}",
            f"GRANT {self.grants} ON {table} TO {q(roles.app())}",
        ]
        if self.recompute:
            allowed.append(roles.RECOMPUTE)
            parts.append(f"GRANT {self.recompute} ON {table} TO {q(roles.RECOMPUTE)}")
        if self.lookup:
            allowed.append(roles.LOOKUP)
            parts.append(f"GRANT SELECT ON {table} TO {q(roles.LOOKUP)}")
        names = ", ".join(q(role) for role in allowed)
        parts.append(
            f"CREATE POLICY {q(self.name + '_allow')} ON {table} FOR ALL TO {names}"
            " USING (true) WITH CHECK (true)"
        )
        return "; ".join(parts)

    def remove_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> Any:
        """Drop the policies and leave row-level security on: nothing is visible, which is safe."""
        assert model is not None
        assert schema_editor is not None
        q = schema_editor.quote_name
        table = q(model._meta.db_table)
        return (
            f"DROP POLICY {q(self.name)} ON {table};"
            f" DROP POLICY {q(self.name + '_allow')} ON {table}"
        )


class TenantFK(SqlConstraint):
    """A foreign key that carries the tenant: (tenant_id, column) -> (tenant_id, id) of another table.

    columns: the child's columns behind tenant_id.
    to: the parent's table; to_columns: its columns behind tenant_id.
    Stands beside an ORM ForeignKey with `db_constraint=False`.
    """

    options = ("columns", "to", "to_columns")
    columns: tuple[str, ...]
    to: str
    to_columns: tuple[str, ...]

    def __init__(
        self,
        *,
        name: str,
        columns: tuple[str, ...] | list[str],
        to: str,
        to_columns: tuple[str, ...] | list[str] = ("id",),
    ) -> None:
        super().__init__(name=name, columns=tuple(columns), to=to, to_columns=tuple(to_columns))

    def create_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> Any:
        assert model is not None
        assert schema_editor is not None
        q = schema_editor.quote_name
        child = ", ".join(q(c) for c in ("tenant_id", *self.columns))
        parent = ", ".join(q(c) for c in ("tenant_id", *self.to_columns))
        return (
            f"ALTER TABLE {q(model._meta.db_table)} ADD CONSTRAINT {q(self.name)}"
            f" FOREIGN KEY ({child}) REFERENCES {q(self.to)} ({parent})"
            " DEFERRABLE INITIALLY IMMEDIATE"
        )

    def remove_sql(
        self, model: type[Model] | None, schema_editor: BaseDatabaseSchemaEditor | None
    ) -> Any:
        assert model is not None
        assert schema_editor is not None
        q = schema_editor.quote_name
        return f"ALTER TABLE {q(model._meta.db_table)} DROP CONSTRAINT {q(self.name)}"
