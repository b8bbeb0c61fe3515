"""Addresses of the whole product."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from common import api_docs, problems
from common.probes import healthz, readyz
from tenants import urls as people

api: list[URLPattern | URLResolver] = [
    path("", include("portfolio.urls_api")),
    path("", include("metrics.urls_api")),
    path("", include("gates.urls_api")),
    path("schema/", api_docs.schema, name="schema"),
    path("docs/", api_docs.docs, name="docs"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("", include("tenants.urls")),
    path("api/v1/", include((api, "api"))),
    re_path("^api/", problems.nowhere),  # by its beginning: a path of `path` holds no line break
    path("t/<slug:slug>/", include("portfolio.urls")),
    path("t/<slug:slug>/", include("metrics.urls")),
    path("t/<slug:slug>/", include("gates.urls")),
    path("t/<slug:slug>/", include(people.inside)),
]

handler403 = "portfolio.views.refused.not_allowed"
handler400 = "common.problems.bad_request"
handler500 = "common.problems.server_error"
