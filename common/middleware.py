"""What holds for every request: one clock, and answers that only the person may keep."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone


class RequestClock:
    """Sets `request.now`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.now = timezone.now()  # type: ignore[attr-defined]  # common.web.Request names it
        return self.get_response(request)


class PlainCookies:
    """Forgets cookies that hold a NUL: none of ours does, and the database would refuse to look."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        for name in [name for name, value in request.COOKIES.items() if "\x00" in value]:
            del request.COOKIES[name]
        return self.get_response(request)


class KeepPrivate:
    """Lets nobody keep an answer that belongs to a person or an API client.

    Neither a shared cache nor a browser after sign-out shows it again. An answer of the API with an
    ETag may be kept by its client, who asks each time whether it still holds. What looked at no
    session and no token (files, probes, the API's description) is left as it is.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if hasattr(request, "client"):  # the API looked for a token
            response["Cache-Control"] = (
                f"private, {'no-cache' if 'ETag' in response else 'no-store'}"
            )
        elif _is_of_a_session(request):
            response["Cache-Control"] = "private, no-store"
        return response


def _is_of_a_session(request: HttpRequest) -> bool:
    """Tell whether an answer came of a session that the request brought, or began one."""
    session = getattr(request, "session", None)
    if session is None:
        return False
    brought = settings.SESSION_COOKIE_NAME in request.COOKIES
    return session.modified or (session.accessed and brought)
