"""Print docs/permissions.md from the permission table."""

from typing import Any

from django.core.management.base import BaseCommand

from tenants.rules import (
    GRANTS,
    NOT_YET,
    OFFERED_SCOPES,
    ROLE_WORDS,
    SCOPE_WORDS,
    Grant,
    Permission,
    Role,
)

HEAD = """# Who may do what

Printed from the table in `tenants/rules.py` by `python manage.py permissions > docs/permissions.md`;
a test compares the two. Every page and endpoint names one permission, and `can()` decides: no by
default. "own" means: for pilots in which the person is named in that part. "not own" means: never
for a pilot that the person leads or ever led, also before it began, whatever other role they have:
neither handing it over nor another start date changes that. API clients
act by the scope of their token and may do nothing that has none. A metric is "own" to who leads every
pilot that uses it, and to every project lead while none does. "Not in this version": the right is
granted, and no page or endpoint uses it yet.
"""


_LATER = " (not in this version)"


class Command(BaseCommand):
    """`python manage.py permissions`: the table as Markdown."""

    help = "Print who may do what as Markdown."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the page."""
        self.stdout.write(page(), ending="")


def page() -> str:
    """Return docs/permissions.md."""
    lines = [HEAD, "## Roles", "", "| role | what they do |", "| --- | --- |"]
    lines += [f"| {name} | {words} |" for name, words in ROLE_WORDS.values()]
    heads = [name for name, _ in ROLE_WORDS.values()]
    lines += ["", "## Permissions", ""]
    lines.append("| to | " + " | ".join(heads) + " | API client |")
    lines.append("| --- |" + " --- |" * (len(heads) + 1))
    lines += [_row(permission, GRANTS[permission]) for permission in Permission]
    lines += ["", "## Scopes of API tokens", "", "| scope | may |", "| --- | --- |"]
    lines += [
        f"| `{scope.value}` | {words[0].lower() + words[1:]}"
        f"{'' if scope in OFFERED_SCOPES else _LATER} |"
        for scope, words in SCOPE_WORDS.items()
    ]
    lines += [
        "",
        "The platform operator works with commands and the console, never as a member of a tenant.",
        "",
    ]
    return "\n".join(lines)


def _row(permission: Permission, grant: Grant) -> str:
    cells = [_cell(grant, role) for role in ROLE_WORDS]
    scope = f"`{grant.scope.value}`" if grant.scope else "-"
    later = _LATER if permission in NOT_YET else ""
    return f"| {permission.value}{later} | " + " | ".join(cells) + f" | {scope} |"


def _cell(grant: Grant, role: Role) -> str:
    if role in grant.roles:
        return "yes, not own" if grant.never_own else "yes"
    if role in grant.own:
        return "own, not as lead" if grant.never_own else "own"
    return "-"
