"""Addresses of the gates, below `/t/<slug>/`."""

from django.urls import path

from . import views

urlpatterns = [
    path("pilots/<slug:code>/gates/", views.gate_list, name="gate_list"),
    path("pilots/<slug:code>/production/", views.production, name="production"),
    path("pilots/<slug:code>/gates/<slug:gate>/", views.gate, name="gate"),
    path("pilots/<slug:code>/gates/<slug:gate>/decider/", views.gate_decider, name="gate_decider"),
    path("pilots/<slug:code>/gates/<slug:gate>/submit/", views.gate_submit, name="gate_submit"),
    path("pilots/<slug:code>/gates/<slug:gate>/pass/", views.gate_pass, name="gate_pass"),
    path(
        "pilots/<slug:code>/gates/<slug:gate>/send-back/",
        views.gate_send_back,
        name="gate_send_back",
    ),
    path("pilots/<slug:code>/gates/<slug:gate>/waive/", views.gate_waive, name="gate_waive"),
    path(
        "pilots/<slug:code>/gates/<slug:gate>/evidence/<slug:criterion>/",
        views.evidence_new,
        name="evidence_new",
    ),
    path(
        "pilots/<slug:code>/gates/<slug:gate>/evidence/<uuid:key>/withdraw/",
        views.evidence_withdraw,
        name="evidence_withdraw",
    ),
]
