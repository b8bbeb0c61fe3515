"""Addresses of metrics, below `/t/<slug>/`."""

from django.urls import path

from . import views

# Fixed words under metrics/ stand above the code, which would take them.
urlpatterns = [
    path("settings/health/", views.health, name="health"),
    path("import/", views.imports, name="imports"),
    path("import/<uuid:key>/", views.import_file, name="import_file"),
    path("import/<uuid:key>/refused.csv", views.import_refused, name="import_refused"),
    path("metrics/", views.metric_list, name="metric_list"),
    path("metrics/<slug:code>/", views.metric, name="metric"),
]
