"""Shape of what people send: sign-in, members, tokens."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from allauth.account import forms as allauth
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from common.characters import likeness
from common.forms import MOST_LINES, EditForm, PlainForm, RuledForm, WholeField, speak_plainly

from . import queries
from .models import Function, Membership, Person
from .rules import OFFERED_SCOPES, ROLE_WORDS, SCOPE_WORDS, Role, Scope

PASSWORD_HINT = "At least 12 characters. A sentence is easier to remember than a riddle."  # noqa: S105  # words


def _tidy(form: forms.Form, **labels: str) -> None:
    """Take allauth's placeholders away, which say the label again, and set our labels."""
    speak_plainly(form.fields.values())
    for name, field in form.fields.items():
        field.widget.attrs.pop("placeholder", None)
        field.label = labels.get(name, field.label)
        if name in {"password", "password1"}:
            field.help_text = ""


class SignInForm(allauth.LoginForm):  # type: ignore[misc]  # allauth has no types
    """E-mail and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _tidy(self, login="E-mail address", password="Password")  # noqa: S106  # a label


class ForgotPasswordForm(allauth.ResetPasswordForm):  # type: ignore[misc]
    """The address to which a link goes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _tidy(self, email="E-mail address")


class NewPasswordForm(allauth.ResetPasswordKeyForm):  # type: ignore[misc]
    """A password chosen behind a link from a mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _tidy(self, password1="New password", password2="New password again")
        self.fields["password1"].help_text = PASSWORD_HINT


class FirstPasswordForm(allauth.SetPasswordForm):  # type: ignore[misc]
    """A first password of somebody who is signed in already."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _tidy(self, password1="New password", password2="New password again")
        self.fields["password1"].help_text = PASSWORD_HINT


class ChangePasswordForm(allauth.ChangePasswordForm):  # type: ignore[misc]
    """The old password, and the new one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _tidy(
            self,
            oldpassword="Password now",
            password1="New password",
            password2="New password again",
        )
        self.fields["password1"].help_text = PASSWORD_HINT


class RolesForm(RuledForm):
    """What a member is, and for which functions."""

    roles = forms.TypedMultipleChoiceField(
        coerce=Role,
        choices=[(role.value, f"{name}: {words}") for role, (name, words) in ROLE_WORDS.items()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one role."},
    )
    functions = forms.MultipleChoiceField(
        choices=Function.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="What a gate reviewer signs for.",
    )


class MemberForm(RolesForm, EditForm):
    """A change of a member, as of the version the admin saw."""


def member_values(member: Membership) -> dict[str, Any]:
    """Return a member as its form starts."""
    return {"roles": member.roles, "functions": member.functions, "version": member.version}


class VersionForm(forms.Form):
    """The version an admin saw, sent by buttons."""

    version = WholeField(min_value=1)


def labels_of(people: Iterable[Person]) -> dict[UUID, str]:
    """Return people as choices, by key: name and job, for namesakes of one job what else is known."""
    known = list(people)
    often = Counter(likeness(_label(person)) for person in known)
    return {
        person.pk: _full_label(person) if often[likeness(_label(person))] > 1 else _label(person)
        for person in known
    }


def _label(person: Person) -> str:
    return f"{person.name}, {person.job_title}" if person.job_title else person.name


def _full_label(person: Person) -> str:
    known = person.email or person.get_function_display() or "no e-mail"
    return f"{_label(person)} ({known})"


class InviteForm(RolesForm):
    """Who comes in, by address, and as whom."""

    email = forms.EmailField(
        label="E-mail address", help_text="They sign in with it and get a link to set a password."
    )
    person: forms.ModelChoiceField[Person] = forms.ModelChoiceField(
        queryset=None,
        required=False,
        empty_label="Somebody new",
        help_text="Choose them if they are named in a pilot already.",
    )
    name = forms.CharField(
        max_length=200, required=False, label="Name", help_text="Only for somebody new."
    )
    field_order = ("email", "person", "name", "roles", "functions")

    def __init__(self, *args: Any, people: QuerySet[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = labels_of(people)
        person: Any = self.fields["person"]
        person.queryset = people
        person.label_from_instance = lambda one: labels.get(one.pk, one.name)


class OwnMailForm(RuledForm):
    """What a member gets by mail."""

    monthly_brief = forms.BooleanField(required=False, label="Send me the brief each month")
    daily_digest = forms.BooleanField(
        required=False, label="Send me what is new in my inbox, once a day"
    )


class CompanyForm(PlainForm):
    """A new company and its first administrator, as an operator names them."""

    slug = forms.RegexField(
        r"\A[a-z0-9][a-z0-9-]{0,49}\Z",
        error_messages={"invalid": "Up to 50 small letters, digits and hyphens make an address."},
    )
    name = forms.CharField(max_length=200)
    zone = forms.CharField()
    currency = forms.RegexField(
        r"\A[A-Z]{3}\Z", error_messages={"invalid": "A currency is three capitals, such as EUR."}
    )
    admin_email = forms.EmailField(max_length=254)
    admin_name = forms.CharField(max_length=200)

    def clean_zone(self) -> str:
        """Return the zone; ValidationError when Python or the database does not know it."""
        zone: str = self.cleaned_data["zone"]
        if not queries.knows_zone(zone):
            raise ValidationError(
                f"{zone} is no time zone. Examples: Europe/Berlin, America/Chicago."
            )
        return zone


class TokenForm(PlainForm):
    """A new API token."""

    name = forms.CharField(max_length=100, help_text="What will use it: ERP sync, MES line 4.")
    scopes = forms.TypedMultipleChoiceField(
        label="It may",
        coerce=Scope,
        choices=[
            (scope.value, f"{SCOPE_WORDS[scope]} ({scope.value})") for scope in OFFERED_SCOPES
        ],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one thing the token may do."},
    )
    days = forms.TypedChoiceField(
        label="It ends after",
        coerce=int,
        choices=[(30, "30 days"), (90, "90 days"), (180, "180 days"), (365, "a year")],
        initial=90,
        help_text="A year at most. You can replace it before it ends, with a week of overlap.",
    )
    cidrs = forms.CharField(
        label="Only from these networks",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One a line, such as 203.0.113.0/24. Empty: from everywhere.",
    )

    def clean_cidrs(self) -> list[str]:
        """Return networks in their short form."""
        found, wrong = [], []
        for line in self.cleaned_data["cidrs"].split():
            try:
                found.append(str(ipaddress.ip_network(line.strip(","), strict=False)))
            except ValueError:
                wrong.append(f"{line[:60]} is not a network such as 203.0.113.0/24.")
        if wrong:
            raise ValidationError(wrong[:MOST_LINES])
        return found
