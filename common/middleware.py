"""The clock is read once, at the edge."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone


class RequestClock:
    """Sets `request.now`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.now = timezone.now()  # type: ignore[attr-defined]  # common.web.Request names it
        return self.get_response(request)
