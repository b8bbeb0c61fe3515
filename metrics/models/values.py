"""Which value of a source stands for which agreed one, and what arrived that nobody mapped."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from common.tenancy.constraints import TenantFK
from portfolio.models import Site
from tenants.models import KeyedModel, few_rows, own_rows

from ..rules import values as rules
from .definitions import Source
from .fields import FieldDefinition


class MappedValue(KeyedModel):
    """A value of a source, and the agreed one that it stands for.

    field: whose value it is, where it is one of a field. The code of a location stands for a site,
    every other value for a word. factor: by which figures in a unit are multiplied to be in the
    agreed one. ended_at: since when it is not mapped any more.
    """

    class What(models.TextChoices):
        LOCATION = rules.What.LOCATION.value, "Location"
        UNIT = rules.What.UNIT.value, "Unit"
        FIELD = rules.What.FIELD.value, "Field"

    source = models.ForeignKey(
        Source, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    what = models.CharField(max_length=8, choices=What)
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
    factor = models.DecimalField(max_digits=20, decimal_places=9, null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        indexes = [few_rows("metrics_mappedvalue")]
        constraints = [
            *own_rows(
                "metrics_mappedvalue",
                "SELECT, INSERT, UPDATE (source_id, what, field_id, value, site_id, agreed, factor,"
                " ended_at, version)",
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
                fields=["tenant", "source", "what", "field", "value"],
                condition=Q(ended_at__isnull=True),
                nulls_distinct=False,
                name="metrics_mappedvalue_once",
            ),
            # The code of a location stands for a site, every other value for a word.
            models.CheckConstraint(
                condition=Q(
                    what="location",
                    field__isnull=True,
                    site__isnull=False,
                    agreed="",
                    factor__isnull=True,
                )
                | (
                    Q(what="unit", field__isnull=True, site__isnull=True, factor__isnull=False)
                    & ~Q(agreed="")
                )
                | (
                    Q(what="field", field__isnull=False, site__isnull=True, factor__isnull=True)
                    & ~Q(agreed="")
                ),
                name="metrics_mappedvalue_to",
            ),
            models.CheckConstraint(
                condition=Q(factor__isnull=True) | Q(factor__gt=0, factor__lte=rules.MOST),
                name="metrics_mappedvalue_factor",
            ),
            models.CheckConstraint(condition=~Q(value=""), name="metrics_mappedvalue_said"),
        ]

    def __str__(self) -> str:
        return self.value

    @property
    def archived(self) -> bool:
        """Say whether something that it names is."""
        named = (self.source, self.field, self.site)
        return any(one.archived_at is not None for one in named if one is not None)


class UnmappedValue(KeyedModel):
    """How often a location or a unit came from a source on a day that nobody had mapped.

    value: empty for all that came beyond the most that are told apart. times: figures refused for it.
    """

    source = models.ForeignKey(
        Source, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    what = models.CharField(max_length=8, choices=MappedValue.What)
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
                fields=["tenant", "source", "what", "day", "value"],
                name="metrics_unmappedvalue_once",
            ),
            models.CheckConstraint(
                condition=Q(what__in=["location", "unit"]), name="metrics_unmappedvalue_what"
            ),
            models.CheckConstraint(condition=Q(times__gte=1), name="metrics_unmappedvalue_times"),
        ]

    def __str__(self) -> str:
        return self.value
