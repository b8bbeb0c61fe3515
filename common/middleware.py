"""What holds for every request: one clock, words for a wrong method, answers that nobody keeps."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import Resolver404, resolve
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


class SayNotTaken:
    """Puts words and a way back into the empty answer to a method that a page does not take.

    Somebody reloads after a mistake, or pastes the address of a button. The API answers by itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed):
            return response
        reads = request.method in {"GET", "HEAD"}
        context = {"reads": reads, "back_url": _page_above(request.path_info)}
        page = render(request, "405.html", context, status=405)
        page["Allow"] = response["Allow"]
        return page


def _page_above(path: str) -> str:
    """Return the nearest address above one that exists; the start at the latest."""
    while path != "/":
        path = path[: path.rstrip("/").rindex("/") + 1]
        try:
            resolve(path)
        except Resolver404:
            continue
        return path
    return path


def _is_of_a_session(request: HttpRequest) -> bool:
    """Tell whether an answer came of a session that the request brought, or began one."""
    session = getattr(request, "session", None)
    if session is None:
        return False
    brought = settings.SESSION_COOKIE_NAME in request.COOKIES
    return session.modified or (session.accessed and brought)
