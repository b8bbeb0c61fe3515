"""What migrations of this product do besides Django's own operations: functions and their triggers.

Unlike RunPython these ask for no models, which Django would make anew before each of them.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation

from . import roles


class _Statements(Operation):
    """Statements that leave Django's picture of the models as it is."""

    reversible: ClassVar[bool] = True

    def forwards(self, schema_editor: BaseDatabaseSchemaEditor) -> None:
        raise NotImplementedError

    def backwards(self, schema_editor: BaseDatabaseSchemaEditor) -> None:
        raise NotImplementedError

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change nothing."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        self.forwards(schema_editor)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        self.backwards(schema_editor)


class Guard(_Statements):
    """A function of the owner of the tables, and the triggers that call it.

    name: of the function, which takes nothing. text: all its CREATE statements.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name, self.text = name, text

    def forwards(self, schema_editor: BaseDatabaseSchemaEditor) -> None:
        schema_editor.execute(self.text, params=None)

    def backwards(self, schema_editor: BaseDatabaseSchemaEditor) -> None:
        # Its triggers go with it; nothing else can depend on a trigger's function.
        schema_editor.execute(f"DROP FUNCTION {schema_editor.quote_name(self.name)}() CASCADE")


class Reguarded(_Statements):
    """The function of a guard does another thing from here on; the same triggers call it.

    before, after: as the text of `Guard`; the function, which comes first in it, is made alone.
    """

    def __init__(self, *, before: str, after: str) -> None:
        self.before, self.after = before, after

    def forwards(self, schema_editor: BaseDatabaseSchemaEditor) -> None:
        self._make(schema_editor, self.after)

    def backwards(self, schema_editor: BaseDatabaseSchemaEditor) -> None:
        self._make(schema_editor, self.before)

    def _make(self, schema_editor: BaseDatabaseSchemaEditor, text: str) -> None:
        function = text.partition("CREATE TRIGGER")[0]
        anew = function.replace("CREATE ", "CREATE OR REPLACE ", 1)
        schema_editor.execute(anew, params=None)


class Functions(_Statements):
    """Functions of a role without login, which the application role alone may call.

    functions: the CREATE statement of each by its name with the types of what it takes, in the
    order in which they can be made.
    """

    def __init__(self, role: str, functions: Mapping[str, str]) -> None:
        self.role, self.functions = role, dict(functions)

    def forwards(self, schema_editor: BaseDatabaseSchemaEditor) -> None:
        app = schema_editor.quote_name(roles.app())
        with roles.acting_as(schema_editor, self.role):
            for name, text in self.functions.items():
                schema_editor.execute(text, params=None)
                schema_editor.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
                schema_editor.execute(f"GRANT EXECUTE ON FUNCTION {name} TO {app}")

    def backwards(self, schema_editor: BaseDatabaseSchemaEditor) -> None:
        with roles.acting_as(schema_editor, self.role):
            for name in reversed(self.functions):
                schema_editor.execute(f"DROP FUNCTION {name}")


class Replaced(_Statements):
    """A function of a role without login does another thing from here on.

    before, after: its CREATE FUNCTION statements; both take and answer the same.
    """

    def __init__(self, role: str, *, before: str, after: str) -> None:
        self.role, self.before, self.after = role, before, after

    def forwards(self, schema_editor: BaseDatabaseSchemaEditor) -> None:
        self._make(schema_editor, self.after)

    def backwards(self, schema_editor: BaseDatabaseSchemaEditor) -> None:
        self._make(schema_editor, self.before)

    def _make(self, schema_editor: BaseDatabaseSchemaEditor, text: str) -> None:
        with roles.acting_as(schema_editor, self.role):
            schema_editor.execute(text.replace("CREATE ", "CREATE OR REPLACE ", 1), params=None)


class Kept(_Statements):
    """Tables whose rows stay: nobody deletes them, nor empties the table.

    append_only: nor changes them; otherwise a guard says what may change.
    """

    def __init__(self, *tables: str, append_only: bool = True) -> None:
        self.tables, self.append_only = tables, append_only

    def forwards(self, schema_editor: BaseDatabaseSchemaEditor) -> None:
        for table, name, event, each in self._triggers():
            schema_editor.execute(
                f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} FOR EACH {each}"
                " EXECUTE FUNCTION refuse_change()"
            )

    def backwards(self, schema_editor: BaseDatabaseSchemaEditor) -> None:
        for table, name, _, _ in self._triggers():
            schema_editor.execute(f"DROP TRIGGER {table}_{name} ON {table}")

    def _triggers(self) -> list[tuple[str, str, str, str]]:
        rows = ("append_only", "UPDATE OR DELETE") if self.append_only else ("kept", "DELETE")
        return [
            trigger
            for table in self.tables
            for trigger in (
                (table, *rows, "ROW"),
                (table, "no_truncate", "TRUNCATE", "STATEMENT"),
            )
        ]
