"""What a form answers whose token is outdated: its answers again, to be sent with a fresh one.

A sign-in in another tab changes the token of every page that was open before. What somebody typed
there is shown only to who sent it from a page of ours: another site's form is refused plainly, and
so is whoever is not signed in, and a form with a file or a secret, which no page may repeat.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

TOKEN = "csrfmiddlewaretoken"  # noqa: S105  # the field's name
# What is never written into a page again: a name that holds one of these.
SECRET = ("password", "token", "secret")


def refuse(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Refuse a forged or outdated form; offer its answers again where that is safe.

    reason: Django's words for its log, not for people.
    """
    answers = _answers(request) if _may_repeat(request) else []
    context = {"answers": answers, "address": request.get_full_path()}
    return render(request, "403_csrf.html", context, status=403)


def _may_repeat(request: HttpRequest) -> bool:
    """Tell whether a post came from a page of ours, by somebody signed in, without file or secret."""
    names = [name.lower() for name in request.POST if name != TOKEN]
    return (
        request.method == "POST"
        and request.user.is_authenticated
        and _is_ours(request)
        and not request.FILES
        and not any(word in name for name in names for word in SECRET)
    )


def _is_ours(request: HttpRequest) -> bool:
    """Tell whether the browser names a page of this very site as the one that sent the form."""
    sender = urlsplit(request.headers.get("Origin") or request.headers.get("Referer", ""))
    return (sender.scheme, sender.netloc) == (request.scheme, request.get_host())


def _answers(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the answers of a form by name, those of several choices one by one."""
    lists = request.POST.lists()
    return [(name, str(value)) for name, values in lists if name != TOKEN for value in values]
