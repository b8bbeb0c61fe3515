"""API addresses of metrics."""

from django.urls import path

from .api import reads
from .api.coverage import Reported, Withdrawn
from .api.sync import Measurements

urlpatterns = [
    path("feeds/<slug:source>/reported/", Reported.as_view(), name="reported"),
    path("feeds/<slug:source>/withdrawn/", Withdrawn.as_view(), name="withdrawn"),
    path("metrics/", reads.Metrics.as_view(), name="metrics"),
    path("metrics/<slug:code>/", reads.OneMetric.as_view(), name="metric"),
    path("measurements/", Measurements.as_view(), name="measurements"),
    path("snapshots/", reads.Snapshots.as_view(), name="snapshots"),
    path("sources/", reads.Sources.as_view(), name="sources"),
]
