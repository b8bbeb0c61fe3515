"""Which value of a source stands for which agreed one, and what arrived that nobody mapped."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from common.tenancy.constraints import TenantFK
from portfolio.models import Site
from tenants.models import KeyedModel, few_rows, own_rows

from .definitions import Source
from .fields import FieldDefinition


class MappedValue(KeyedModel):
    """A value of a source, and the agreed one that it stands for.

    field: whose value it is, None for the code of a location, which stands for a site. ended_at:
    since when it is not mapped any more.
    """

    source = models.ForeignKey(
        Source, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    field = models.ForeignKey(
        FieldDefinition,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        blank=True,
    )
    value = models.CharField(max_length=120)
    site = models.ForeignKey(
        Site,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        blank=True,
    )
    agreed = models.CharField(max_length=120, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        indexes = [few_rows("metrics_mappedvalue")]
        constraints = [
            *own_rows(
                "metrics_mappedvalue",
                "SELECT, INSERT, UPDATE (source_id, field_id, value, site_id, agreed, ended_at,"
                " version)",
            ),
            TenantFK(
                name="metrics_mappedvalue_source_fk", columns=["source_id"], to="metrics_source"
            ),
            TenantFK(
                name="metrics_mappedvalue_field_fk",
                columns=["field_id"],
                to="metrics_fielddefinition",
            ),
            TenantFK(name="metrics_mappedvalue_site_fk", columns=["site_id"], to="portfolio_site"),
            models.UniqueConstraint(
                fields=["tenant", "source", "field", "value"],
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
                name="metrics_mappedvalue_once",
            ),
            # The code of a location stands for a site, every other value for a word.
            models.CheckConstraint(
                condition=Q(field__isnull=True, site__isnull=False, agreed="")
                | (Q(field__isnull=False, site__isnull=True) & ~Q(agreed="")),
                name="metrics_mappedvalue_to",
            ),
            models.CheckConstraint(condition=~Q(value=""), name="metrics_mappedvalue_said"),
        ]

    def __str__(self) -> str:
        return self.value


class UnmappedValue(KeyedModel):
    """How often the code of a location came from a source on a day that no site or map knows.

    value: empty for all that came beyond the most that are told apart. times: items refused for it.
    """

    source = models.ForeignKey(
        Source, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    day = models.DateField()
    value = models.CharField(max_length=120, blank=True)
    times = models.PositiveBigIntegerField()

    class Meta(KeyedModel.Meta):
        indexes = [few_rows("metrics_unmappedvalue")]
        constraints = [
            *own_rows("metrics_unmappedvalue", "SELECT, INSERT, UPDATE (times), DELETE"),
            TenantFK(
                name="metrics_unmappedvalue_source_fk", columns=["source_id"], to="metrics_source"
            ),
            models.UniqueConstraint(
                fields=["tenant", "source", "day", "value"], name="metrics_unmappedvalue_once"
            ),
            models.CheckConstraint(condition=Q(times__gte=1), name="metrics_unmappedvalue_times"),
        ]

    def __str__(self) -> str:
        return self.value
