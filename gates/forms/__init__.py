"""Shape of what people send about gates."""

from .gates import DeciderForm, EvidenceForm, SendBackForm, StepForm, WaiveForm, WithdrawForm

__all__ = [
    "DeciderForm",
    "EvidenceForm",
    "SendBackForm",
    "StepForm",
    "WaiveForm",
    "WithdrawForm",
]
