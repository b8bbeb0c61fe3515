"""Functions that take part in a pilot, and the requirements they found."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from common.tenancy.constraints import TenantFK
from tenants.models import Function, KeyedModel, Membership, few_rows, own_rows

from ..rules import WEEKS
from ..rules.engagement import MAX_LEAD_WEEKS
from .pilots import Pilot


class Area(models.TextChoices):
    """What takes part early: functions of the plant, and reviews with a lead time of their own."""

    SECURITY = Function.SECURITY.value, "Security"
    LEGAL = Function.LEGAL.value, "Legal"
    COMPLIANCE = Function.COMPLIANCE.value, "Compliance"
    FINANCE = Function.FINANCE.value, "Finance"
    DATA_GOVERNANCE = Function.DATA_GOVERNANCE.value, "Data governance"
    OPERATIONS = Function.OPERATIONS.value, "Operations"
    TECHNOLOGY = Function.TECHNOLOGY.value, "Technology (IT)"
    SALES = Function.SALES.value, "Sales"
    CUSTOMER_SERVICE = Function.CUSTOMER_SERVICE.value, "Customer service"
    PRIVACY = "privacy", "Privacy"
    RETENTION = "retention", "Retention"
    CROSS_BOUNDARY = "cross_boundary", "Cross-boundary data"


KNOWN = [area.value for area in Area]


class Engagement(KeyedModel):
    """How one function takes part in one pilot, from the first thing that was said of it.

    area: the function or review. due_week: of the twelve, by the end of which it takes part.
    lead_weeks: how long its review takes, None where nobody said. member: who stands for it.
    engaged_on: since when. note: the outcome's conditions or reasons. said_by: who recorded the
    outcome, at said_at.
    """

    class Outcome(models.TextChoices):
        """What the function said."""

        NO_OBJECTION = "no_objection", "No objection"
        CONDITIONS = "conditions", "With conditions"
        OBJECTED = "objected", "Objected"
        NOT_NEEDED = "not_needed", "Not needed"

    pilot = models.ForeignKey(
        Pilot,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="engagements",
    )
    area = models.CharField(max_length=20, choices=Area)
    due_week = models.PositiveSmallIntegerField()
    lead_weeks = models.PositiveSmallIntegerField(null=True, blank=True)
    member = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        blank=True,
    )
    engaged_on = models.DateField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    note = models.CharField(max_length=600, blank=True)
    said_by = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        blank=True,
    )
    said_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        indexes = [few_rows("portfolio_engagement")]
        constraints = [
            *own_rows("portfolio_engagement"),
            TenantFK(
                name="portfolio_engagement_pilot_fk", columns=["pilot_id"], to="portfolio_pilot"
            ),
            TenantFK(
                name="portfolio_engagement_member_fk",
                columns=["member_id"],
                to="tenants_membership",
            ),
            TenantFK(
                name="portfolio_engagement_said_by_fk",
                columns=["said_by_id"],
                to="tenants_membership",
            ),
            models.UniqueConstraint(
                fields=["tenant", "pilot", "area"], name="portfolio_engagement_once"
            ),
            models.CheckConstraint(
                condition=Q(area__in=KNOWN), name="portfolio_engagement_area_known"
            ),
            models.CheckConstraint(
                condition=Q(due_week__range=(1, WEEKS)), name="portfolio_engagement_week"
            ),
            models.CheckConstraint(
                condition=Q(lead_weeks__isnull=True) | Q(lead_weeks__lte=MAX_LEAD_WEEKS),
                name="portfolio_engagement_lead",
            ),
            models.CheckConstraint(
                condition=Q(
                    outcome__in=["", "no_objection", "conditions", "objected", "not_needed"]
                ),
                name="portfolio_engagement_outcome_known",
            ),
            # Nobody took part without a name and a day, and nobody spoke without taking part.
            models.CheckConstraint(
                condition=Q(engaged_on__isnull=True) | Q(member__isnull=False),
                name="portfolio_engagement_named",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["", "not_needed"]) | Q(engaged_on__isnull=False),
                name="portfolio_engagement_engaged",
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["", "no_objection"]) | ~Q(note=""),
                name="portfolio_engagement_explained",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", said_by__isnull=True, said_at__isnull=True)
                | (~Q(outcome="") & Q(said_by__isnull=False, said_at__isnull=False)),
                name="portfolio_engagement_said_whole",
            ),
        ]

    def __str__(self) -> str:
        return str(Area(self.area).label)


class Requirement(KeyedModel):
    """Something a function asks of a pilot, numbered within it; dropped, never deleted.

    alike: digest of the text as people compare it, so that none stands there twice.
    evidence, url: what shows that it is met, or why it may stay open. settled_by: who said so.
    """

    class State(models.TextChoices):
        """What became of it."""

        OPEN = "open", "Open"
        MET = "met", "Met"
        ACCEPTED = "accepted", "Accepted risk"
        DROPPED = "dropped", "Dropped"

    pilot = models.ForeignKey(
        Pilot,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="requirements",
    )
    number = models.PositiveIntegerField()
    area = models.CharField(max_length=20, choices=Area)
    text = models.CharField(max_length=1000)
    alike = models.CharField(max_length=64)
    found_on = models.DateField()
    blocking = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    evidence = models.CharField(max_length=600, blank=True)
    url = models.URLField(max_length=500, blank=True)
    settled_by = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        blank=True,
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("portfolio_requirement"),
            TenantFK(
                name="portfolio_requirement_pilot_fk", columns=["pilot_id"], to="portfolio_pilot"
            ),
            TenantFK(
                name="portfolio_requirement_settled_fk",
                columns=["settled_by_id"],
                to="tenants_membership",
            ),
            models.UniqueConstraint(
                fields=["tenant", "pilot", "number"], name="portfolio_requirement_number"
            ),
            models.UniqueConstraint(
                fields=["tenant", "pilot", "area", "alike"], name="portfolio_requirement_once"
            ),
            models.CheckConstraint(
                condition=Q(area__in=KNOWN), name="portfolio_requirement_area_known"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="portfolio_requirement_text"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "met", "accepted", "dropped"]),
                name="portfolio_requirement_state_known",
            ),
            models.CheckConstraint(
                condition=Q(url="") | Q(url__regex=r"^https?://\S+$"),
                name="portfolio_requirement_url",
            ),
            # What is open no more says why, and by whom.
            models.CheckConstraint(
                condition=Q(state="open", settled_by__isnull=True, settled_at__isnull=True)
                | (
                    ~Q(state="open")
                    & Q(settled_by__isnull=False, settled_at__isnull=False)
                    & ~(Q(evidence="") & Q(url=""))
                ),
                name="portfolio_requirement_settled_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"R-{self.number}"


class RequirementFile(KeyedModel):
    """Requirements that a member's spreadsheet brings, as they were read, kept for a day.

    rows: each as the register takes it. taken: how many were new when they were taken.
    """

    pilot = models.ForeignKey(
        Pilot,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    member = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    name = models.CharField(max_length=200)
    rows = models.JSONField()
    taken = models.PositiveIntegerField(null=True)
    done_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    class Meta(KeyedModel.Meta):
        indexes = [few_rows("portfolio_requirementfile")]
        constraints = [
            *own_rows("portfolio_requirementfile", "SELECT, INSERT, UPDATE, DELETE"),
            TenantFK(
                name="portfolio_requirementfile_pilot_fk",
                columns=["pilot_id"],
                to="portfolio_pilot",
            ),
            TenantFK(
                name="portfolio_requirementfile_member_fk",
                columns=["member_id"],
                to="tenants_membership",
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, taken__isnull=True)
                | Q(done_at__isnull=False, taken__isnull=False),
                name="portfolio_requirementfile_done_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.name
