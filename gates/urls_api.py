"""API addresses of the gates."""

from django.urls import path

from . import api

urlpatterns = [
    path("gates/", api.Gates.as_view(), name="gates"),
    path("pilots/<slug:code>/production/", api.EnterProduction.as_view(), name="production"),
]
