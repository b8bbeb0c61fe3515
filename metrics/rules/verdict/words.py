"""The codes that verdicts are stored with; sentences are made from them elsewhere."""

from enum import StrEnum


class CannotFit(ValueError):
    """The figures allow no answer; carries one sentence for whoever gave them."""


class Level(StrEnum):
    """How strong the evidence can be. Source: docs/methods/engine.md, "Levels"."""

    COMPARISON = "A"
    HISTORY = "B"
    BEFORE_AFTER = "C"


class Grain(StrEnum):
    """The length of one period."""

    WEEK = "week"
    DAY = "day"


class Kind(StrEnum):
    """How a period's value comes about."""

    MEAN = "mean"
    MEDIAN = "median"
    PROPORTION = "proportion"
    RATIO = "ratio"
    RATE = "rate"


class Direction(StrEnum):
    """Which way is better."""

    HIGHER = "higher_is_better"
    LOWER = "lower_is_better"

    @property
    def sign(self) -> int:
        """Return what a change is multiplied with to count an improvement as positive."""
        return 1 if self is Direction.HIGHER else -1


# By the code that a metric keeps.
DIRECTIONS = {"up": Direction.HIGHER, "down": Direction.LOWER}


class Verdict(StrEnum):
    """The word of a read-out."""

    PENDING = "pending"
    IMPROVED = "improved"
    WORSE = "worse"
    NO_CHANGE = "no_change_detected"
    NOT_ENOUGH = "not_enough_evidence"


class Reason(StrEnum):
    """Why a verdict is not improved or worse, in the order in which reasons are listed."""

    BEFORE_READ_OUT = "before_read_out"
    DEFINITION_CHANGED = "definition_changed"
    BASELINE_TOO_SHORT = "baseline_too_short"
    BASELINE_GAPS = "baseline_gaps"
    MEASUREMENT_INCOMPLETE = "measurement_incomplete"
    TOO_FEW_EVENTS = "too_few_events"
    SEASON_UNKNOWN = "season_unknown"
    NO_VARIATION = "no_variation"
    RESTS_ON_ONE_WEEK = "rests_on_one_week"
    RESTS_ON_TREND = "rests_on_trend"
    IMPROVEMENT_RULED_OUT = "improvement_ruled_out"
    INTERVAL_TOO_WIDE = "interval_too_wide"


class TargetReading(StrEnum):
    """How the measured level stands to the target."""

    MET = "met"
    NOT_SURE = "on_target_not_sure"
    NOT_MET = "not_met"


class Flag(StrEnum):
    """What a reader should know besides; never changes the word."""

    PRE_TREND = "pre_trend"
    VARIANCE_CHANGED = "variance_changed"
    SUSPICIOUS = "suspicious"
    COMPARISON_MOVED = "comparison_moved"
