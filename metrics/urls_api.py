"""API addresses of metrics."""

from django.urls import path

from .api import baselines, feeds, outcomes, read_outs, reads, verdicts
from .api.coverage import Reported, Withdrawn
from .api.sync import Measurements

urlpatterns = [
    path("baselines/", baselines.Baselines.as_view(), name="baselines"),
    path("baselines/<uuid:key>/", baselines.OneBaseline.as_view(), name="baseline"),
    path("feeds/", feeds.Feeds.as_view(), name="feeds"),
    path("feeds/<slug:source>/reported/", Reported.as_view(), name="reported"),
    path("feeds/<slug:source>/withdrawn/", Withdrawn.as_view(), name="withdrawn"),
    path("metrics/", reads.Metrics.as_view(), name="metrics"),
    path("metrics/<slug:code>/", reads.OneMetric.as_view(), name="metric"),
    path("measurements/", Measurements.as_view(), name="measurements"),
    path("outcomes/", outcomes.Outcomes.as_view(), name="outcomes"),
    path("read-outs/", read_outs.ReadOuts.as_view(), name="read_outs"),
    path("read-outs/<uuid:key>/", read_outs.OneReadOut.as_view(), name="read_out"),
    path("snapshots/", reads.Snapshots.as_view(), name="snapshots"),
    path("sources/", reads.Sources.as_view(), name="sources"),
    path("verdicts/", verdicts.Verdicts.as_view(), name="verdicts"),
]
