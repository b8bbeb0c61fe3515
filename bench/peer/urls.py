"""Addresses of the rival: the product's own, and its sync endpoint beside them."""

from django.urls import path

from config.urls import urlpatterns as product

from .api import Measurements

urlpatterns = [*product, path("peer/measurements/", Measurements.as_view())]
