"""Ties the apps together: settings, addresses, jobs. No app imports it."""

from .celery import app as celery_app

__all__ = ["celery_app"]
