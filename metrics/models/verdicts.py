"""What a metric was before a pilot, and how its read-out will be made."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Func, Q
from django.db.models.lookups import GreaterThanOrEqual

from common.tenancy.constraints import TenantFK
from tenants.models import KeyedModel, Membership, few_rows, own_rows

from ..rules.baselines import LEAST_DAYS
from .definitions import Metric, PilotMetric


def _member() -> models.ForeignKey[Membership | None]:
    """Return a reference to the member who did something; empty until then."""
    return models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        blank=True,
    )


def _whole(name: str, *fields: str, texts: tuple[str, ...] = ()) -> models.CheckConstraint:
    """Return the constraint that who, when and what was said are all given or all empty."""
    nothing = Q(**{f"{field}__isnull": True for field in fields}, **dict.fromkeys(texts, ""))
    everything = Q(**{f"{field}__isnull": False for field in fields})
    for text in texts:
        everything &= ~Q(**{text: ""})
    return models.CheckConstraint(condition=nothing | everything, name=name)


def _length(field: str) -> Func:
    """Return how many items a stored list has."""
    return Func(F(field), function="jsonb_array_length", output_field=models.IntegerField())


class Baseline(KeyedModel):
    """The baseline of one metric in one pilot: a draft, then locked, and later perhaps superseded.

    matters: the smallest change that matters, above 0, in the metric's unit. season_swing: peak to
    trough of a year as a named person states it. comparison: a metric the pilot does not touch.
    grain: week, or day where weeks before week 3 are too few. maturity_days: from the end of week
    12 to the read-out. plan: what the plan can see, or why it
    cannot be told, computed by a job when the draft stood at `planned_version`; null until then.
    From the lock on nothing changes but `superseded_*`: weeks holds [Monday, numerator,
    denominator, value] of each usable week, with daily grain [day, ...] of each usable day, and
    value their pooled value, side and target what was
    agreed, definition the number of the wording in force, late_week the pilot's week when it was
    locked after week 3, else null.
    """

    class Level(models.TextChoices):
        """How strong the evidence can be (docs/methods/engine.md)."""

        COMPARISON = "A", "against a comparison line"
        HISTORY = "B", "against own history"
        BEFORE_AFTER = "C", "plain before and after"

    class Grain(models.TextChoices):
        """What is compared (docs/methods/windows.md)."""

        WEEK = "week", "week by week"
        DAY = "day", "day by day"

    target_row = models.ForeignKey(
        PilotMetric,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="baselines",
    )
    number = models.PositiveIntegerField()
    matters = models.FloatField()
    season_swing = models.FloatField(null=True, blank=True)
    season_by = _member()
    season_at = models.DateTimeField(null=True, blank=True)
    comparison = models.ForeignKey(
        Metric,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        blank=True,
    )
    grain = models.CharField(max_length=4, choices=Grain, default=Grain.WEEK)
    log_scale = models.BooleanField(default=False)
    maturity_days = models.PositiveSmallIntegerField(default=7)
    plan = models.JSONField(null=True, blank=True)
    planned_version = models.PositiveIntegerField(null=True, blank=True)
    accepted_by = _member()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_reason = models.CharField(max_length=300, blank=True)
    locked_by = _member()
    locked_at = models.DateTimeField(null=True, blank=True)
    level = models.CharField(max_length=1, choices=Level, blank=True)
    weeks = models.JSONField(null=True, blank=True)
    value = models.FloatField(null=True, blank=True)
    definition = models.PositiveIntegerField(null=True, blank=True)
    side = models.CharField(max_length=2, blank=True)
    target = models.FloatField(null=True, blank=True)
    late_week = models.PositiveIntegerField(null=True, blank=True)
    superseded_by = _member()
    superseded_at = models.DateTimeField(null=True, blank=True)
    superseded_reason = models.CharField(max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta(KeyedModel.Meta):
        indexes = [few_rows("metrics_baseline")]
        constraints = [
            *own_rows("metrics_baseline", recompute="SELECT"),
            TenantFK(
                name="metrics_baseline_target_fk",
                columns=["target_row_id"],
                to="metrics_pilotmetric",
            ),
            TenantFK(
                name="metrics_baseline_comparison_fk",
                columns=["comparison_id"],
                to="metrics_metric",
            ),
            *(
                TenantFK(
                    name=f"metrics_baseline_{who}_fk",
                    columns=[f"{who}_by_id"],
                    to="tenants_membership",
                )
                for who in ("season", "accepted", "locked", "superseded")
            ),
            models.UniqueConstraint(
                fields=["tenant", "target_row", "number"], name="metrics_baseline_number_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "target_row"],
                condition=Q(superseded_at__isnull=True),
                name="metrics_baseline_one_current",
            ),
            models.CheckConstraint(condition=Q(matters__gt=0), name="metrics_baseline_matters"),
            models.CheckConstraint(
                condition=Q(season_swing__isnull=True) | Q(season_swing__gte=0),
                name="metrics_baseline_swing",
            ),
            models.CheckConstraint(
                condition=Q(maturity_days__lte=180), name="metrics_baseline_maturity"
            ),
            models.CheckConstraint(
                condition=Q(grain__in=["week", "day"]), name="metrics_baseline_grain_known"
            ),
            # Days are compared before and after, never beside a line or with a season taken out.
            models.CheckConstraint(
                condition=Q(grain="week") | Q(comparison__isnull=True, level__in=["", "C"]),
                name="metrics_baseline_daily_plain",
            ),
            models.CheckConstraint(
                condition=Q(grain="week")
                | Q(weeks__isnull=True)
                | Q(GreaterThanOrEqual(_length("weeks"), LEAST_DAYS)),
                name="metrics_baseline_daily_enough",
            ),
            _whole("metrics_baseline_season_whole", "season_by", "season_at", "season_swing"),
            _whole(
                "metrics_baseline_accepted_whole",
                "accepted_by",
                "accepted_at",
                texts=("accepted_reason",),
            ),
            _whole(
                "metrics_baseline_locked_whole",
                "locked_by",
                "locked_at",
                "weeks",
                "value",
                "definition",
                "target",
                texts=("level", "side"),
            ),
            models.CheckConstraint(
                condition=Q(definition__isnull=True) | Q(definition__gte=1),
                name="metrics_baseline_definition",
            ),
            _whole(
                "metrics_baseline_superseded_whole",
                "superseded_by",
                "superseded_at",
                texts=("superseded_reason",),
            ),
            models.CheckConstraint(
                condition=Q(superseded_at__isnull=True) | Q(locked_at__isnull=False),
                name="metrics_baseline_superseded_locked",
            ),
            models.CheckConstraint(
                condition=Q(planned_version__isnull=True) | Q(planned_version__lte=F("version")),
                name="metrics_baseline_planned",
            ),
        ]

    def __str__(self) -> str:
        return f"Baseline {self.number}"

    @property
    def state(self) -> str:
        """Return draft, locked or superseded."""
        if self.superseded_at is not None:
            return "superseded"
        return "draft" if self.locked_at is None else "locked"


class ReadOut(KeyedModel):
    """One version of the read-out of a metric after a week of its pilot. Append-only.

    Written by the database function `freeze_readout` alone. week: 12, or a later look (16, 24).
    number: 1, then one more each time corrected figures give another digest. inputs: the text that
    `metrics.rules.verdict.frozen` reads, gathered by the database, and digest its SHA-256. result:
    what they say, as JSON. sign: -1, 0 or 1, of the interval. waits: word or sign differ from the
    version in force, be it of a replaced baseline, so it stands only once somebody acknowledged it.
    """

    baseline = models.ForeignKey(
        Baseline,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="read_outs",
    )
    week = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    due_at = models.DateTimeField()
    as_of = models.DateTimeField()
    inputs = models.TextField()
    digest = models.BinaryField(max_length=32)
    engine = models.CharField(max_length=20)
    word = models.CharField(max_length=30)
    sign = models.SmallIntegerField()
    waits = models.BooleanField()
    result = models.JSONField()

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("metrics_readout", "SELECT", recompute="SELECT, INSERT"),
            TenantFK(
                name="metrics_readout_baseline_fk",
                columns=["baseline_id"],
                to="metrics_baseline",
            ),
            models.UniqueConstraint(
                fields=["tenant", "baseline", "week", "number"], name="metrics_readout_once"
            ),
            models.CheckConstraint(condition=Q(week__in=[12, 16, 24]), name="metrics_readout_week"),
            models.CheckConstraint(
                condition=Q(as_of__gte=F("due_at")), name="metrics_readout_not_early"
            ),
            models.CheckConstraint(
                condition=Q(
                    word__in=["improved", "worse", "no_change_detected", "not_enough_evidence"]
                ),
                name="metrics_readout_word",
            ),
        ]

    def __str__(self) -> str:
        return f"Week {self.week}, version {self.number}"


class Acknowledgement(KeyedModel):
    """A named person took note of a read-out whose word or sign had changed. Append-only."""

    read_out = models.ForeignKey(
        ReadOut,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="acknowledgements",
    )
    member = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    at = models.DateTimeField()
    reason = models.CharField(max_length=300)

    class Meta(KeyedModel.Meta):
        constraints = [
            *own_rows("metrics_acknowledgement", "SELECT, INSERT", recompute="SELECT"),
            TenantFK(
                name="metrics_acknowledgement_read_out_fk",
                columns=["read_out_id"],
                to="metrics_readout",
            ),
            TenantFK(
                name="metrics_acknowledgement_member_fk",
                columns=["member_id"],
                to="tenants_membership",
            ),
            models.UniqueConstraint(
                fields=["tenant", "read_out"], name="metrics_acknowledgement_once"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="metrics_acknowledgement_reason"),
        ]
