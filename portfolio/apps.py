"""Pilots, their sites, vendors and people, and the board."""

from django.apps import AppConfig


class PortfolioConfig(AppConfig):
    name = "portfolio"
