"""Addresses of the gates, below `/t/<slug>/`."""

from django.urls import path, register_converter

from . import views
from .rules.states import Code


class GateConverter:
    """One of the six gates, by its word; any other word is no address."""

    regex = "|".join(Code)

    def to_python(self, value: str) -> Code:
        return Code(value)

    def to_url(self, value: str) -> str:
        return value


class CriterionConverter:
    """The word of a criterion, as its gate's template has it."""

    regex = "[a-z][a-z0-9_]*"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(GateConverter, "gate")
register_converter(CriterionConverter, "criterion")

urlpatterns = [
    path("pilots/<slug:code>/gates/", views.gate_list, name="gate_list"),
    path("pilots/<slug:code>/production/", views.production, name="production"),
    path("pilots/<slug:code>/gates/<gate:gate>/", views.gate, name="gate"),
    path("pilots/<slug:code>/gates/<gate:gate>/decider/", views.gate_decider, name="gate_decider"),
    path("pilots/<slug:code>/gates/<gate:gate>/submit/", views.gate_submit, name="gate_submit"),
    path("pilots/<slug:code>/gates/<gate:gate>/pass/", views.gate_pass, name="gate_pass"),
    path(
        "pilots/<slug:code>/gates/<gate:gate>/send-back/",
        views.gate_send_back,
        name="gate_send_back",
    ),
    path("pilots/<slug:code>/gates/<gate:gate>/waive/", views.gate_waive, name="gate_waive"),
    path(
        "pilots/<slug:code>/gates/<gate:gate>/criteria/<criterion:criterion>/",
        views.evidence_new,
        name="evidence_new",
    ),
    path(
        "pilots/<slug:code>/gates/<gate:gate>/evidence/<uuid:key>/withdraw/",
        views.evidence_withdraw,
        name="evidence_withdraw",
    ),
]
