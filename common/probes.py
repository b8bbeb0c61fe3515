"""Is the process alive."""

from django.http import HttpRequest, HttpResponse


def healthz(request: HttpRequest) -> HttpResponse:
    """Answer while the process can answer at all."""
    return HttpResponse("ok\n", content_type="text/plain")
