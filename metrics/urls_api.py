"""API addresses of metrics."""

from django.urls import path

from .api.sync import Measurements

urlpatterns = [path("measurements/", Measurements.as_view(), name="measurements")]
