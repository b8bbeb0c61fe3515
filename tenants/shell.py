"""What every page of a tenant shows around its content."""

from typing import Any

from django.http import HttpRequest


def context(request: HttpRequest) -> dict[str, Any]:
    """Return `shell` for base.html; empty outside a tenant."""
    return {}
