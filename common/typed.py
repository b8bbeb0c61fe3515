"""What somebody typed while their session ended, kept in their own browser until they are back.

A browser's Back button does not bring it: pages of a person are kept by nobody, so it asks for the
page anew. The cookie is signed, belongs to the form's address, and is read once.
"""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

COOKIE = "w12_typed"
KEPT_SECONDS = 60 * 60
# Browsers take about 4 096 bytes with name and attributes.
MOST_BYTES = 3_800


def keep(request: HttpRequest, response: HttpResponse) -> bool:
    """Keep the answers of a posted form; False when they do not fit, or a file is among them."""
    answers = {n: v for n, v in request.POST.lists() if n != "csrfmiddlewaretoken"}
    value = signing.dumps(answers, salt=_salt(request), compress=True)
    if request.FILES or len(value) > MOST_BYTES:
        return False
    response.set_cookie(
        COOKIE,
        value,
        max_age=KEPT_SECONDS,
        path=request.path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return True


def fill_in(request: HttpRequest, form: forms.Form) -> bool:
    """Begin a form with the answers that were kept at its address; False when there are none."""
    sent = request.COOKIES.get(COOKIE, "")
    try:
        answers = signing.loads(sent, salt=_salt(request), max_age=KEPT_SECONDS)
    except signing.BadSignature:
        return False
    for name, field in form.fields.items():
        values = answers.get(name, [])
        several = isinstance(field, forms.MultipleChoiceField)
        form.initial[name] = values if several else "".join(values[-1:])
    return True


def forget(request: HttpRequest, response: HttpResponse) -> None:
    """Take the answers out of the browser."""
    response.delete_cookie(COOKIE, path=request.path, samesite="Lax")


def _salt(request: HttpRequest) -> str:
    return f"typed:{request.path}"
