"""Addresses of the whole product."""

from django.urls import URLPattern, URLResolver, include, path

from common.probes import healthz, readyz

api = [
    path("", include("metrics.urls_api")),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("accounts/", include("allauth.account.urls")),
    path("api/v1/", include((api, "api"))),
    path("t/<slug:slug>/", include("portfolio.urls")),
    path("t/<slug:slug>/", include("metrics.urls")),
]
