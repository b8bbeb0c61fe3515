"""Shape of what people send about gates."""

from .advice import AdviceForm, AdviserForm
from .costs import CostForm, SignCostForm
from .errors import ErrorClassForm, NewErrorClassForm, ReadingForm, error_class_values
from .failures import DrillForm, FailureModeForm, NewFailureModeForm, failure_mode_values
from .gates import (
    DeciderForm,
    EvidenceForm,
    SendBackForm,
    SignForm,
    StepForm,
    WaiveForm,
    WithdrawForm,
)
from .phases import ClosePhaseForm, ExceptPhaseForm, PhaseReasonForm
from .retraining import AnswerForm, NewTriggerForm, TriggerForm, trigger_values
from .snapshots import SnapshotForm

__all__ = [
    "AdviceForm",
    "AdviserForm",
    "AnswerForm",
    "ClosePhaseForm",
    "CostForm",
    "DeciderForm",
    "DrillForm",
    "ErrorClassForm",
    "EvidenceForm",
    "ExceptPhaseForm",
    "FailureModeForm",
    "NewErrorClassForm",
    "NewFailureModeForm",
    "NewTriggerForm",
    "PhaseReasonForm",
    "ReadingForm",
    "SendBackForm",
    "SignCostForm",
    "SignForm",
    "SnapshotForm",
    "StepForm",
    "TriggerForm",
    "WaiveForm",
    "WithdrawForm",
    "error_class_values",
    "failure_mode_values",
    "trigger_values",
]
