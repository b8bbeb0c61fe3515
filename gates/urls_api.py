"""API addresses of the gates."""

from django.urls import path

from . import api

urlpatterns = [
    path("gates/", api.Gates.as_view(), name="gates"),
    path("pilots/<slug:code>/gates/", api.OnePilotsGates.as_view(), name="pilot_gates"),
    path("pilots/<slug:code>/gates/<slug:gate>/", api.OneGate.as_view(), name="gate"),
    path("pilots/<slug:code>/production/", api.EnterProduction.as_view(), name="production"),
]
