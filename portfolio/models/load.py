"""What else runs at a site beside its pilots, and what was decided about the load."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from common.tenancy.constraints import TenantFK
from tenants.models import KeyedModel, Membership, few_rows, own_rows

from ..rules.load import MOST_ROLES, Kind, Word
from .pilots import Pilot, Site


class Programme(KeyedModel):
    """Another programme at a site: which roles it concerns, from when to when. Archived, not deleted.

    ends_on: None while nobody knows.
    """

    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Kind])
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    roles = ArrayField(models.CharField(max_length=100))
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        indexes = [few_rows("portfolio_programme")]
        constraints = [
            *own_rows("portfolio_programme"),
            TenantFK(name="portfolio_programme_site_fk", columns=["site_id"], to="portfolio_site"),
            models.CheckConstraint(condition=~Q(name=""), name="portfolio_programme_name"),
            models.CheckConstraint(
                condition=Q(kind__in=[one.value for one in Kind]), name="portfolio_programme_kind"
            ),
            models.CheckConstraint(
                condition=Q(roles__len__range=(1, MOST_ROLES)) & ~Q(roles__contains=[""]),
                name="portfolio_programme_roles",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="portfolio_programme_ends_after",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LoadDecision(KeyedModel):
    """What somebody decided about a pilot that stacks on much else. Append-only.

    number: 1 and one more each. beside: how much else ran by then; things: their keys, as
    `queries.load.Beside` has them. The database refuses a decision by
    anybody but an executive or the pilot's sponsor, and by whoever leads or led it.
    """

    pilot = models.ForeignKey(
        Pilot,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="load_decisions",
    )
    number = models.PositiveIntegerField()
    word = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Word])
    beside = models.PositiveIntegerField()
    things = ArrayField(models.CharField(max_length=60), default=list)
    reason = models.CharField(max_length=600)
    member = models.ForeignKey(
        Membership, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    at = models.DateTimeField()

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("portfolio_loaddecision", "SELECT, INSERT"),
            TenantFK(
                name="portfolio_loaddecision_pilot_fk", columns=["pilot_id"], to="portfolio_pilot"
            ),
            TenantFK(
                name="portfolio_loaddecision_member_fk",
                columns=["member_id"],
                to="tenants_membership",
            ),
            models.UniqueConstraint(
                fields=["tenant", "pilot", "number"], name="portfolio_loaddecision_number_once"
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1, word__in=[one.value for one in Word]),
                name="portfolio_loaddecision_known",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="portfolio_loaddecision_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.word} beside {self.beside}"
