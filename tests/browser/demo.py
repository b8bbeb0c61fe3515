"""The demo in the browser tests' database, and its people at their browsers."""

from __future__ import annotations

from django.conf import settings
from django.test import Client

from tenants.models import User


def cookies(email: str) -> dict[str, str]:
    """Return the session cookie of somebody signed in."""
    client = Client()
    client.force_login(User.objects.get(email=email), backend=settings.AUTHENTICATION_BACKENDS[0])
    return {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}
