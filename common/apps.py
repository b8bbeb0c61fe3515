"""Shared pieces without business meaning."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    name = "common"
