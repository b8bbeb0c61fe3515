"""API addresses of the portfolio."""

from django.urls import path

from . import api

urlpatterns = [
    path("pilots/", api.Pilots.as_view(), name="pilots"),
    path("pilots/<slug:code>/", api.OnePilot.as_view(), name="pilot"),
    path("sites/", api.Sites.as_view(), name="sites"),
    path("vendors/", api.Vendors.as_view(), name="vendors"),
]
