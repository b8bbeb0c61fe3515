"""The steps that every page with a form shares: show, try, refuse in words, send on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from common import typed
from common.errors import Changed, Refused
from common.forms import EditForm, PlainForm, RuledForm, said
from common.web import Request

from .. import actions, queries


@dataclass(frozen=True)
class Done:
    """What a page did, in words for the person, and where they go next."""

    words: str
    address: str


class _Twice(Exception):
    """The same form was saved by another request while this one worked."""


def save(
    request: Request,
    form: RuledForm,
    act: Callable[..., Done],
    *,
    template: str,
    context: dict[str, Any],
    now: Callable[[], dict[str, Any]] | None = None,
) -> HttpResponse:
    """Show a form; on POST do what it asks and send the person on.

    act: called with the form's values; what it wrote is undone when it raises Refused.
    now: the row's values by now, for a form that edits one.
    Answers 200 with the form, a redirect when done, 422 with the errors, and 409 with what was
    typed when somebody else changed the row first. A form that creates is obeyed once by its key.
    What was typed while the session ended stands in the form once more.
    """
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                done = _once(request, form, act)
            except Changed as changed:
                status = 409
                if isinstance(form, EditForm) and now is not None:
                    form.clash(changed, now())
            except Refused as refused:
                form.refuse(refused)
            else:
                # Which form was done: a browser lets go of what it kept of it (app.js).
                messages.success(request, done.words, extra_tags=request.path)
                return HttpResponseRedirect(done.address)
    return show(request, form, template=template, context=context, status=status)


def show(
    request: Request, form: PlainForm, *, template: str, context: dict[str, Any], status: int
) -> HttpResponse:
    """Print a form, once with what was typed into it while the session ended."""
    back = request.method == "GET" and typed.fill_in(request, form)
    if back:
        messages.info(request, "This is what you typed before you signed in. It is not saved yet.")
    response = render(request, template, {**context, "form": form}, status=status)
    if back:
        typed.forget(request, response)
    return response


def attempt(request: Request, act: Callable[[], Done], *, back: str) -> HttpResponse:
    """Do one thing that a button asks for; a refusal is said on the page it came from."""
    try:
        with transaction.atomic():
            done = act()
    except Refused as refused:
        messages.error(request, said(refused))
        return HttpResponseRedirect(back)
    messages.success(request, done.words)
    return HttpResponseRedirect(done.address)


def press(request: Request, act: Callable[[int], str], *, home: str) -> HttpResponse:
    """Do what a button asks for, to the version beside which it stood; then show its page again.

    act: takes the version, returns what was done, in words.
    """
    sent = request.POST.get("version", "")

    def pressed() -> Done:
        if not (sent.isascii() and sent.isdigit() and len(sent) < 9):
            raise Changed
        return Done(act(int(sent)), home)

    return attempt(request, pressed, back=home)


def _once(request: Request, form: RuledForm, act: Callable[..., Done]) -> Done:
    """Run the action, at most once for a form's key."""
    values = dict(form.cleaned_data)
    key = values.pop("key", "")
    if not key:
        with transaction.atomic():
            return act(**values)
    digest = _digest(request.POST)
    earlier = _earlier(request, key, digest)
    if earlier is not None:
        return earlier
    try:
        with transaction.atomic():
            done = act(**values)
            kept = actions.remember_answer(
                client=request.member.audit_name,
                key=f"form:{key}",
                request_hash=digest,
                status=302,
                body=json.dumps([done.words, done.address]).encode(),
                now=request.now,
            )
            if not kept:
                raise _Twice
    except (Refused, _Twice):
        # A double click: the other request held the row, and has committed by now.
        earlier = _earlier(request, key, digest)
        if earlier is None:
            raise
        return earlier
    return done


def _earlier(request: Request, key: str, digest: bytes) -> Done | None:
    """Return what the same form did before; Refused when its answers were others then."""
    found = queries.find_repeatable(
        client=request.member.audit_name, key=f"form:{key}", now=request.now
    )
    if found is None:
        return None
    words, address = json.loads(found.body)
    if found.request_hash != digest:
        raise Refused(
            f"This form was sent before with other answers. {words}"
            " Open a new form to add another.",
            code="form_sent",
        )
    return Done(words, address)


def _digest(post: Mapping[str, Any]) -> bytes:
    answers: Any = post
    pairs = sorted((k, v) for k, vs in answers.lists() for v in vs if k != "csrfmiddlewaretoken")
    return hashlib.sha256(json.dumps(pairs).encode()).digest()
