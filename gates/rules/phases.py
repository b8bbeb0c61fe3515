"""The five phases of a pilot's path, what each leaves behind, and how it is closed.

Source: docs/rules/phases.md.
"""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """The phases, in order; their weeks are those of `portfolio.rules.PHASES`."""

    AUDIT = "audit"
    OWNERSHIP = "ownership"
    DEPLOY = "deploy"
    PRODUCTION = "production"
    MEASURE = "measure"


class Output(StrEnum):
    """What a phase leaves behind, as the database tells it."""

    TARGET = "target"
    BASELINE = "baseline"
    OPERATOR = "operator"
    DEPUTY = "deputy"
    DATA = "data"
    ACCURACY = "accuracy"
    FAILURE = "failure"
    ENTERED = "entered"
    READ_OUT = "read_out"
    DECISION = "decision"


OUTPUTS: dict[Phase, tuple[Output, ...]] = {
    Phase.AUDIT: (Output.TARGET, Output.BASELINE),
    Phase.OWNERSHIP: (Output.OPERATOR, Output.DEPUTY),
    Phase.DEPLOY: (Output.DATA, Output.ACCURACY, Output.FAILURE),
    Phase.PRODUCTION: (Output.ENTERED,),
    Phase.MEASURE: (Output.READ_OUT, Output.DECISION),
}


class Verb(StrEnum):
    """What somebody does with a phase. Except: it is closed without its outputs, for a reason."""

    CLOSE = "close"
    EXCEPT = "except"
    TAKE_BACK = "take_back"
