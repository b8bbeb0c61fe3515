"""Pilots and what they stand on: sites, vendors and the people who take part."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from common.tenancy.constraints import TenantFK
from tenants.models import DueMail, KeyedModel, Membership, Person, few_rows, own_rows

CODE = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"


def _weekdays() -> list[int]:
    return [1, 2, 3, 4, 5]


def coded(table: str) -> list[models.BaseConstraint]:
    """Return the constraints of a table whose rows are addressed by a code.

    Codes that differ only in case are one to people; to addresses and clients they are two.
    """
    return [
        models.UniqueConstraint(fields=["tenant", "code"], name=f"{table}_code_once"),
        models.UniqueConstraint("tenant", Lower("code"), name=f"{table}_code_alike"),
        models.CheckConstraint(condition=Q(code__regex=CODE), name=f"{table}_code_shape"),
        models.CheckConstraint(condition=~Q(name=""), name=f"{table}_name_given"),
    ]


class Site(KeyedModel):
    """A plant: its time zone cuts the weeks, its calendar moves due dates."""

    code = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    zone = models.CharField(max_length=64)
    working_days = ArrayField(models.PositiveSmallIntegerField(), default=_weekdays)
    holidays = ArrayField(models.DateField(), default=list, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("portfolio_site", recompute="SELECT"),
            *coded("portfolio_site"),
            # Metrics refer to site and zone together, so a zone in use cannot change under them.
            models.UniqueConstraint(
                fields=["tenant", "id", "zone"], name="portfolio_site_zone_key"
            ),
            models.CheckConstraint(
                condition=Q(working_days__contained_by=[1, 2, 3, 4, 5, 6, 7])
                & Q(working_days__len__gt=0),
                name="portfolio_site_working_days",
            ),
        ]
        indexes = [few_rows("portfolio_site")]

    def __str__(self) -> str:
        return self.name


class Vendor(KeyedModel):
    """Who supplies a pilot's AI."""

    code = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    contact = models.CharField(max_length=200, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        constraints = [*own_rows("portfolio_vendor"), *coded("portfolio_vendor")]
        indexes = [few_rows("portfolio_vendor")]

    def __str__(self) -> str:
        return self.name


class Pilot(KeyedModel):
    """One AI pilot on its twelve weeks. Week 1 begins on the first Monday on or after the start."""

    code = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    use_case = models.TextField(blank=True)
    goal = models.TextField(blank=True)
    site = models.ForeignKey(
        Site,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    vendor = models.ForeignKey(
        Vendor,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        blank=True,
    )
    start_date = models.DateField()
    go_live_date = models.DateField(null=True, blank=True)
    attribution = models.TextField(blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("portfolio_pilot", recompute="SELECT"),
            *coded("portfolio_pilot"),
            TenantFK(name="portfolio_pilot_site_fk", columns=["site_id"], to="portfolio_site"),
            TenantFK(
                name="portfolio_pilot_vendor_fk",
                columns=["vendor_id"],
                to="portfolio_vendor",
            ),
            models.CheckConstraint(
                condition=Q(go_live_date__isnull=True) | Q(go_live_date__gte=F("start_date")),
                name="portfolio_pilot_live_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Part(models.TextChoices):
    """What a person does in a pilot (capability A16)."""

    SPONSOR = "sponsor", "Sponsor"
    LEAD = "lead", "Lead"
    OPERATOR = "operator", "Operator"
    DEPUTY_OPERATOR = "deputy_operator", "Deputy operator"
    VENDOR_CONTACT = "vendor_contact", "Vendor contact"
    IT_CONTACT = "it_contact", "IT contact"
    TECHNOLOGY = "technology", "Technology"
    SECURITY = "security", "Security"
    LEGAL = "legal", "Legal"
    FINANCE = "finance", "Finance"
    SALES = "sales", "Sales"
    CUSTOMER_SERVICE = "customer_service", "Customer service"


class PilotParty(KeyedModel):
    """A person's part in a pilot, from a day until a day; ended, never deleted.

    A lead stays written down as it was (`portfolio_pilotparty_lead_kept`): whoever ever led a pilot
    decides nothing about it.
    """

    pilot = models.ForeignKey(
        Pilot,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="parties",
    )
    person = models.ForeignKey(
        Person,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    part = models.CharField(max_length=20, choices=Part)
    hours_per_week = models.PositiveSmallIntegerField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("portfolio_pilotparty"),
            TenantFK(
                name="portfolio_pilotparty_pilot_fk",
                columns=["pilot_id"],
                to="portfolio_pilot",
            ),
            TenantFK(
                name="portfolio_pilotparty_person_fk",
                columns=["person_id"],
                to="tenants_person",
            ),
            models.UniqueConstraint(
                fields=["tenant", "pilot", "part"],
                condition=Q(ended_at__isnull=True) & Q(part__in=["sponsor", "lead", "operator"]),
                name="portfolio_pilotparty_one_active",
            ),
            models.UniqueConstraint(
                fields=["tenant", "pilot", "part", "person"],
                condition=Q(ended_at__isnull=True),
                name="portfolio_pilotparty_once",
            ),
            models.CheckConstraint(
                condition=Q(hours_per_week__isnull=True) | Q(hours_per_week__range=(1, 80)),
                name="portfolio_pilotparty_hours",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant"],
                condition=Q(ended_at__isnull=True),
                name="portfolio_pilotparty_now",
            )
        ]


class PilotReview(KeyedModel):
    """What lead or sponsor wrote about one week of a pilot: how it stands, and what comes next.

    week: of the pilot, 1 and later. member: who wrote it last, at written_at.
    """

    class Status(models.TextChoices):
        """How the pilot stands, in the words of the plant."""

        ON_TRACK = "on_track", "On track"
        AT_RISK = "at_risk", "At risk"
        OFF_TRACK = "off_track", "Off track"

    pilot = models.ForeignKey(
        Pilot,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="reviews",
    )
    week = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=10, choices=Status)
    sentence = models.CharField(max_length=240)
    next_decision = models.CharField(max_length=240, blank=True)
    member = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    written_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("portfolio_pilotreview"),
            TenantFK(
                name="portfolio_pilotreview_pilot_fk",
                columns=["pilot_id"],
                to="portfolio_pilot",
            ),
            TenantFK(
                name="portfolio_pilotreview_member_fk",
                columns=["member_id"],
                to="tenants_membership",
            ),
            models.UniqueConstraint(
                fields=["tenant", "pilot", "week"], name="portfolio_pilotreview_once"
            ),
            models.CheckConstraint(
                condition=Q(week__gte=1), name="portfolio_pilotreview_week_counts"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["on_track", "at_risk", "off_track"]),
                name="portfolio_pilotreview_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(sentence=""), name="portfolio_pilotreview_sentence_given"
            ),
        ]


class BriefMail(DueMail):
    """The brief of one month to one member by mail. month: its first day."""

    month = models.DateField()

    class Meta(DueMail.Meta):
        constraints = [
            *own_rows("portfolio_briefmail"),
            TenantFK(
                name="portfolio_briefmail_member_fk",
                columns=["member_id"],
                to="tenants_membership",
            ),
            models.UniqueConstraint(
                fields=["tenant", "member", "month"], name="portfolio_briefmail_once"
            ),
            models.CheckConstraint(
                condition=Q(month__day=1), name="portfolio_briefmail_month_begins"
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(tries__gte=1),
                name="portfolio_briefmail_sent_by_a_try",
            ),
        ]
