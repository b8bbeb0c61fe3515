"""What a pilot's decision needs to know, and where that stands."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from common.tenancy.constraints import TenantFK
from portfolio.models import Pilot
from tenants.models import KeyedModel, Person, own_rows

from .definitions import Source


class PilotSource(KeyedModel):
    """A place that holds what a pilot's decision needs: a system, a spreadsheet, a sheet of paper.

    source: by which it sends to the product, None while it does not. gives: what is needed from it.
    by_hand: somebody carries it, whatever it is. updated_on: when it was last brought up to date, as
    somebody saw it; a connected one tells that itself. limit_days: how old it may be. faults: what
    is known to be wrong with it. ended_at: since when the decision needs it no more.
    """

    class Kind(models.TextChoices):
        ERP = "erp", "ERP"
        MES = "mes", "MES"
        CMMS = "cmms", "CMMS"
        WMS = "wms", "WMS"
        SPREADSHEET = "spreadsheet", "Spreadsheet"
        PAPER = "paper", "Paper"
        VENDOR = "vendor", "AI vendor"
        OTHER = "other", "Other"

    pilot = models.ForeignKey(
        Pilot,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=12, choices=Kind)
    gives = models.CharField(max_length=300)
    source = models.ForeignKey(
        Source,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        blank=True,
    )
    by_hand = models.BooleanField(default=False)
    maintainer = models.ForeignKey(
        Person,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        blank=True,
    )
    updated_on = models.DateField(null=True, blank=True)
    limit_days = models.PositiveIntegerField(default=31)
    faults = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("metrics_pilotsource"),
            TenantFK(
                name="metrics_pilotsource_pilot_fk", columns=["pilot_id"], to="portfolio_pilot"
            ),
            TenantFK(
                name="metrics_pilotsource_source_fk", columns=["source_id"], to="metrics_source"
            ),
            TenantFK(
                name="metrics_pilotsource_maintainer_fk",
                columns=["maintainer_id"],
                to="tenants_person",
            ),
            models.UniqueConstraint(
                fields=["tenant", "pilot", "name"],
                condition=Q(ended_at__isnull=True),
                name="metrics_pilotsource_name_once",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "erp",
                        "mes",
                        "cmms",
                        "wms",
                        "spreadsheet",
                        "paper",
                        "vendor",
                        "other",
                    ]
                ),
                name="metrics_pilotsource_kind",
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(gives=""), name="metrics_pilotsource_said"
            ),
            models.CheckConstraint(
                condition=Q(limit_days__gte=1), name="metrics_pilotsource_limit"
            ),
            # Paper sends nothing: somebody types it somewhere, and that is the source.
            models.CheckConstraint(
                condition=~Q(kind="paper") | Q(source__isnull=True),
                name="metrics_pilotsource_paper_alone",
            ),
        ]

    def __str__(self) -> str:
        return self.name
