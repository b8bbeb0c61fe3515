"""The product's addresses, with an empty answer in place of the page that says no.

For walks that only look at the status: that page, with its names, is most of what a refusal costs.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from config.urls import handler400, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler500", "urlpatterns"]


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse(status=403)
