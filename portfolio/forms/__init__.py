"""Shape of what people send about sites, vendors, people and pilots."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from common.forms import (
    DayField,
    DaysField,
    EditForm,
    NewForm,
    RowField,
    RuledForm,
    WholeField,
    code_shape,
)
from tenants.forms import labels_of
from tenants.models import Function, Person
from tenants.queries import list_people

from .. import queries, rules
from ..models import Part, Pilot, PilotReview, Site, Vendor

DAYS = [
    (1, "Monday"),
    (2, "Tuesday"),
    (3, "Wednesday"),
    (4, "Thursday"),
    (5, "Friday"),
    (6, "Saturday"),
    (7, "Sunday"),
]
CODE_HINT = (
    "Letters, digits, hyphens and underscores. Stands in addresses and in what other systems send,"
    " and never changes. Left empty, one is made of the name."
)


def code_field(longest: int) -> forms.CharField:
    """Return the field of a code that is proposed when left empty."""
    widget = forms.TextInput(attrs={"class": "short", "autocomplete": "off"})
    return forms.CharField(
        label="Code",
        max_length=longest,
        required=False,
        widget=widget,
        help_text=CODE_HINT,
        validators=[code_shape],
    )


class SiteFields(RuledForm):
    """A plant."""

    name = forms.CharField(max_length=200, help_text="As people say it: Plant Lyon.")
    zone = forms.CharField(
        label="Time zone",
        max_length=64,
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "class": "short"}),
        help_text="Type a city: Europe/Berlin, America/Chicago. It cuts the weeks, Monday 00:00.",
    )
    working_days = forms.TypedMultipleChoiceField(
        label="Working days",
        choices=DAYS,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        initial=[1, 2, 3, 4, 5],
        error_messages={"required": "Choose at least one working day."},
    )
    holidays = DaysField(
        label="Holidays",
        required=False,
        help_text="One day on a line: 2026-12-25. They move due dates, never week numbers.",
    )

    def clean_zone(self) -> str:
        """Return the zone as it is spelled in the list, in whatever case it was typed."""
        typed: str = self.cleaned_data["zone"].strip()
        known = {zone.lower(): zone for zone in queries.list_zones()}
        zone = known.get(typed.lower().replace(" ", "_"))
        if zone is None:
            raise ValidationError(
                f"{typed} is no time zone of the list. Examples: Europe/Berlin, America/Chicago."
            )
        return zone


class NewSiteForm(NewForm, SiteFields):
    """A plant to add."""

    code = code_field(20)
    field_order = ("name", "code", "zone", "working_days", "holidays")


class SiteForm(EditForm, SiteFields):
    """A plant to change."""

    field_order = ("name", "zone", "working_days", "holidays")


class VendorFields(RuledForm):
    """A supplier of AI."""

    name = forms.CharField(max_length=200)
    contact = forms.CharField(
        max_length=200, required=False, help_text="Whom to write to there: a name, a mailbox."
    )


class NewVendorForm(NewForm, VendorFields):
    """A supplier to add."""

    code = code_field(20)
    field_order = ("name", "code", "contact")


class VendorForm(EditForm, VendorFields):
    """A supplier to change."""


class PersonFields(RuledForm):
    """Somebody named in pilots."""

    name = forms.CharField(max_length=200)
    email = forms.EmailField(
        label="E-mail",
        required=False,
        help_text="Needed only for people who shall sign in or be told by mail.",
    )
    job_title = forms.CharField(label="Job", max_length=200, required=False)
    function = forms.ChoiceField(
        choices=[("", "None"), *Function.choices],
        required=False,
        help_text="The function this person speaks for.",
    )


class NewPersonForm(NewForm, PersonFields):
    """A person to add."""


class PersonForm(EditForm, PersonFields):
    """A person to change."""

    leaves_on = DayField(
        label="Last day",
        required=False,
        help_text="Empty while nobody knows one. From the day after, this person is no operator, no"
        " deputy and nobody who is alerted, and a gate passed on that opens again. They can sign in"
        " until an admin removes them.",
    )


def offer_people(*fields: forms.Field) -> None:
    """Let fields choose among the people who are not archived."""
    people = list_people()
    labels = labels_of(people)
    for field in fields:
        assert isinstance(field, RowField)
        field.offer(people, key="pk", label=lambda person: labels[person.pk])


class PilotFields(RuledForm):
    """A pilot."""

    name = forms.CharField(
        max_length=200, help_text="What it does, in two to four words: Late-delivery early warning."
    )
    site = RowField(none="Choose a site", help_text="Its time zone cuts the pilot's weeks.")
    vendor = RowField(
        none="No vendor, built here", required=False, help_text="Who supplies the AI."
    )
    start_date = DayField(
        label="Start",
        help_text="Week 1 begins on the first Monday on or after this day.",
    )
    go_live_date = DayField(
        label="Go-live",
        required=False,
        help_text="The day the AI first worked on live data. Leave empty while it has not.",
    )
    use_case = forms.CharField(
        label="Use case",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What the AI tells whom, and what they then do.",
    )
    goal = forms.CharField(
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Which number shall move, from where to where.",
    )

    def __init__(self, *args: Any, pilot: Pilot | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sites, vendors = queries.list_sites(), queries.list_vendors()
        if pilot is not None:
            sites = _with(pilot.site, sites)
            vendors = _with(pilot.vendor, vendors) if pilot.vendor else vendors
        site, vendor = self.fields["site"], self.fields["vendor"]
        assert isinstance(site, RowField)
        assert isinstance(vendor, RowField)
        site.offer(sites, key="code")
        vendor.offer(vendors, key="code")

    def clean_go_live_date(self) -> date | None:
        """Return the day of go-live; it is not before the start."""
        live: date | None = self.cleaned_data["go_live_date"]
        start = self.cleaned_data.get("start_date")
        if live and start and live < start:
            raise ValidationError("Go-live is on or after the start date.")
        return live


def _with(row: Any, rows: list[Any]) -> list[Any]:
    """Return the rows with one more that is chosen already, though it may be archived."""
    return rows if row in rows else [row, *rows]


# The parts asked for at once on the page of a new pilot, and those behind "More people".
FIRST_PARTS = (Part.SPONSOR, Part.LEAD, Part.OPERATOR)
PART_HINTS = {
    Part.SPONSOR: "Pays, agrees the targets, decides in week 12.",
    Part.LEAD: "Keeps metrics, people and dates current.",
    Part.OPERATOR: "Works with the AI every day once it is live.",
}


class NewPilotForm(NewForm, PilotFields):
    """A pilot to start, with the people who take part; seen: what the page said runs beside it."""

    seen = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)
    code = forms.CharField(
        max_length=20,
        widget=forms.TextInput(attrs={"class": "short", "autocomplete": "off"}),
        help_text="The next free number, or your own. It never changes.",
        validators=[code_shape],
    )
    hours_per_week = WholeField(
        label="Operator's hours a week",
        required=False,
        min_value=1,
        max_value=80,
        help_text="Set aside for this pilot.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part in Part:
            self.fields[f"part_{part.value}"] = RowField(
                label=part.label,
                none="Nobody yet",
                required=part is Part.LEAD,
                help_text=PART_HINTS.get(part, ""),
                error_messages={"required": "Name who leads it."},
            )
        offer_people(*(self.fields[f"part_{part.value}"] for part in Part))

    def where_and_when(self) -> tuple[Site, date] | None:
        """Return site and start as they stand in the form; None while one of them cannot be."""
        try:
            site, start = (
                self.fields[name].clean(self[name].value()) for name in ("site", "start_date")
            )
        except ValidationError:
            return None
        return (site, start) if rules.EARLIEST <= start <= rules.LATEST else None

    def people_in_pairs(self) -> list[list[forms.BoundField]]:
        """Return the fields of the parts asked for at once, two in a row."""
        sponsor, lead, operator = (self[f"part_{part.value}"] for part in FIRST_PARTS)
        return [[sponsor, lead], [operator, self["hours_per_week"]]]

    def more_people(self) -> Iterable[forms.BoundField]:
        """Return the fields of the other parts."""
        return [self[f"part_{part.value}"] for part in Part if part not in FIRST_PARTS]

    @property
    def more_is_open(self) -> bool:
        """Return whether somebody is named, or an error stands, behind "More people"."""
        return any(field.value() or field.errors for field in self.more_people())


class PilotForm(EditForm, PilotFields):
    """A pilot to change."""


class PartyForm(RuledForm):
    """A person's part in a pilot."""

    part = forms.ChoiceField(
        choices=Part.choices,
        help_text="Who leads a pilot, for however short a time, never passes its gates or decides"
        " about it.",
    )
    person = RowField(none="Choose a person")
    hours_per_week = WholeField(
        label="Hours a week",
        required=False,
        min_value=1,
        max_value=80,
        help_text="For the operator and deputies: time set aside for this pilot.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_people(self.fields["person"])


class ReviewForm(EditForm):
    """A pilot's review of one week; version 0 while nobody wrote it."""

    version = WholeField(widget=forms.HiddenInput, min_value=0)
    status = forms.ChoiceField(
        label="How does it stand?", choices=PilotReview.Status.choices, widget=forms.RadioSelect
    )
    sentence = forms.CharField(
        label="The week in one sentence",
        max_length=240,
        help_text="What moved, or what did not. It stands on the weekly brief.",
    )
    next_decision = forms.CharField(
        label="Next decision",
        max_length=240,
        required=False,
        help_text="What has to be decided next, and by whom. May be empty.",
    )


def review_values(review: PilotReview | None) -> dict[str, Any]:
    """Return a review as the initial values of its form, without one as nobody wrote it."""
    if review is None:
        return {"version": 0}
    names = ("version", "status", "sentence", "next_decision")
    return {name: getattr(review, name) for name in names}


def site_values(site: Site) -> dict[str, Any]:
    """Return a site as the initial values of its form."""
    names = ("version", "name", "zone", "working_days", "holidays")
    return {name: getattr(site, name) for name in names}


def vendor_values(vendor: Vendor) -> dict[str, Any]:
    """Return a vendor as the initial values of its form."""
    return {"version": vendor.version, "name": vendor.name, "contact": vendor.contact}


def person_values(person: Person) -> dict[str, Any]:
    """Return a person as the initial values of their form."""
    names = ("version", "name", "email", "job_title", "function", "leaves_on")
    return {name: getattr(person, name) for name in names}


def pilot_values(pilot: Pilot) -> dict[str, Any]:
    """Return a pilot as the initial values of its form."""
    names = ("version", "name", "start_date", "go_live_date", "use_case", "goal")
    values = {name: getattr(pilot, name) for name in names}
    return values | {
        "site": pilot.site.code,
        "vendor": pilot.vendor.code if pilot.vendor else "",
    }
