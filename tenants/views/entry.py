"""Coming in: sign-in, personas of the demo, the tenant to work in, own preferences."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from itertools import groupby
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.views import LoginView
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from common.web import Request

from .. import actions, queries
from ..access import PERSONA, end_session_in_time
from ..models import User
from ..rules import ROLE_WORDS, roles_text


class SignIn(LoginView):  # type: ignore[misc]  # allauth has no types
    """The sign-in page; in demo mode it offers the personas of the demo tenants too."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        found: dict[str, Any] = super().get_context_data(**kwargs)
        if settings.DEMO_MODE:
            found["demo_tenants"] = _personas()
        return found

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        if self.request.user.is_authenticated:
            # allauth has set an age, which every later change of the session would start anew.
            end_session_in_time(self.request)
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        context = self.get_context_data(form=form)
        response: HttpResponse = self.render_to_response(context, status=422)
        return response


def _personas() -> list[dict[str, Any]]:
    """Return the personas as the page shows them, by tenant."""
    return [
        {
            "name": name,
            "personas": [
                {
                    "id": persona.membership_id,
                    "title": persona.job_title or persona.name,
                    "name": "" if persona.job_title in {"", persona.name} else persona.name,
                    "roles": roles_text(persona.roles),
                    "may": "; ".join(ROLE_WORDS[role][1] for role in persona.roles),
                }
                for persona in personas
            ],
        }
        for name, personas in groupby(queries.list_personas(), lambda p: p.tenant_name)
    ]


@require_POST
def enter_as_persona(request: HttpRequest) -> HttpResponse:
    """Sign in as a member of a demo tenant with one click; 404 outside demo mode.

    `next` is followed within the persona's tenant, since nobody finds anything elsewhere.
    """
    if not settings.DEMO_MODE:
        raise Http404
    chosen = request.POST.get("persona", "")
    persona = next((p for p in queries.list_personas() if str(p.membership_id) == chosen), None)
    user = persona and User.objects.filter(pk=persona.user_id, is_active=True).first()
    if persona is None or user is None:
        raise Http404
    get_adapter(request).login(request, user)
    request.session[PERSONA] = True
    home = f"/t/{persona.slug}/"
    wanted = request.POST.get("next", "")
    inside = wanted.startswith(home) and _is_local(wanted)
    return HttpResponseRedirect(wanted if inside else home)


def _is_local(address: str) -> bool:
    """Tell whether an address is a page of this site."""
    return address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)


def no_persona(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Keep sessions entered with one click away from a view: a persona belongs to everybody."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if PERSONA in request.session:
            raise PermissionDenied("A persona of the demo has no password.")
        return view(request, *args, **kwargs)

    return guarded


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Send a person to their only tenant, let them choose, or have them sign in."""
    if not request.user.is_authenticated:
        return redirect_to_login("/")
    tenants = queries.list_own_tenants(request.user.pk)
    if len(tenants) == 1:
        return HttpResponseRedirect(f"/t/{tenants[0]['slug']}/")
    return render(request, "tenants/choose.html", {"tenants": tenants})


@require_POST
def preferences(request: Request) -> HttpResponse:
    """Save how pages look and whether single keys are shortcuts; go back to where one was."""
    if not isinstance(request.user, User):
        return redirect_to_login("/")
    theme, shortcuts = request.POST.get("theme"), request.POST.get("shortcuts")
    if theme in User.Theme.values:
        actions.set_theme(user=request.user, theme=theme)
    if shortcuts in {"on", "off"}:
        actions.set_shortcuts(user=request.user, on=shortcuts == "on")
    back = request.POST.get("next", "")
    return HttpResponseRedirect(back if _is_local(back) else "/")
