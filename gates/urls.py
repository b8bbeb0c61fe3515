"""Addresses of the gates, below `/t/<slug>/`."""

from django.urls import path, register_converter

from . import views
from .rules.phases import Phase
from .rules.states import Code
from .views import (
    advice,
    costs,
    errors,
    failures,
    phases,
    record,
    retraining,
    snapshots,
    templates,
    waiting,
)


class GateConverter:
    """One of the six gates, by its word; any other word is no address."""

    regex = "|".join(Code)

    def to_python(self, value: str) -> Code:
        return Code(value)

    def to_url(self, value: str) -> str:
        return value


class CriterionConverter:
    """The word of a criterion, as its gate's template has it."""

    regex = "[a-z][a-z0-9_]*"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class PhaseConverter:
    """One of the five phases, by its word; any other word is no address."""

    regex = "|".join(Phase)

    def to_python(self, value: str) -> Phase:
        return Phase(value)

    def to_url(self, value: str) -> str:
        return value


register_converter(GateConverter, "gate")
register_converter(PhaseConverter, "phase")
register_converter(CriterionConverter, "criterion")

urlpatterns = [
    path("waiting/", waiting.waiting_list, name="waiting"),
    path("settings/gates/", templates.template_list, name="template_list"),
    path("settings/gates/<gate:gate>/", templates.template, name="template"),
    path("settings/gates/<gate:gate>/new/", templates.criterion_new, name="criterion_new"),
    path(
        "settings/gates/<gate:gate>/criteria/<criterion:own>/",
        templates.criterion_edit,
        name="criterion_edit",
    ),
    path(
        "settings/gates/<gate:gate>/criteria/<criterion:own>/retire/",
        templates.criterion_retire,
        name="criterion_retire",
    ),
    path("pilots/<slug:code>/gates/", views.gate_list, name="gate_list"),
    path("pilots/<slug:code>/production/", views.production, name="production"),
    path("pilots/<slug:code>/gates/<gate:gate>/", views.gate, name="gate"),
    path("pilots/<slug:code>/gates/<gate:gate>/record/", record.gate_record, name="gate_record"),
    path("pilots/<slug:code>/gates/<gate:gate>/decider/", views.gate_decider, name="gate_decider"),
    path(
        "pilots/<slug:code>/gates/<gate:gate>/advisers/new/",
        advice.adviser_new,
        name="adviser_new",
    ),
    path(
        "pilots/<slug:code>/gates/<gate:gate>/advisers/<uuid:key>/remove/",
        advice.adviser_remove,
        name="adviser_remove",
    ),
    path("pilots/<slug:code>/gates/<gate:gate>/advice/", advice.gate_advise, name="gate_advise"),
    path("pilots/<slug:code>/gates/<gate:gate>/submit/", views.gate_submit, name="gate_submit"),
    path("pilots/<slug:code>/gates/<gate:gate>/pass/", views.gate_pass, name="gate_pass"),
    path(
        "pilots/<slug:code>/gates/<gate:gate>/send-back/",
        views.gate_send_back,
        name="gate_send_back",
    ),
    path("pilots/<slug:code>/gates/<gate:gate>/waive/", views.gate_waive, name="gate_waive"),
    path(
        "pilots/<slug:code>/gates/<gate:gate>/criteria/<criterion:criterion>/",
        views.evidence_new,
        name="evidence_new",
    ),
    path("pilots/<slug:code>/cost/", costs.cost, name="cost"),
    path("pilots/<slug:code>/cost/edit/", costs.cost_edit, name="cost_edit"),
    path("pilots/<slug:code>/cost/sign/", costs.cost_sign, name="cost_sign"),
    path(
        "pilots/<slug:code>/gates/<gate:gate>/evidence/<uuid:key>/",
        views.evidence_file,
        name="evidence_file",
    ),
    path(
        "pilots/<slug:code>/gates/<gate:gate>/evidence/<uuid:key>/withdraw/",
        views.evidence_withdraw,
        name="evidence_withdraw",
    ),
    path("pilots/<slug:code>/errors/", errors.error_list, name="error_list"),
    path("pilots/<slug:code>/errors/new/", errors.error_new, name="error_new"),
    path("pilots/<slug:code>/errors/<uuid:key>/", errors.error_edit, name="error_edit"),
    path(
        "pilots/<slug:code>/errors/<uuid:key>/archive/", errors.error_archive, name="error_archive"
    ),
    path(
        "pilots/<slug:code>/errors/<uuid:key>/restore/", errors.error_restore, name="error_restore"
    ),
    path("pilots/<slug:code>/readings/new/", errors.reading_new, name="reading_new"),
    path(
        "pilots/<slug:code>/readings/<uuid:key>/withdraw/",
        errors.reading_withdraw,
        name="reading_withdraw",
    ),
    path("pilots/<slug:code>/failures/", failures.failure_list, name="failure_list"),
    path("pilots/<slug:code>/failures/new/", failures.failure_new, name="failure_new"),
    path("pilots/<slug:code>/failures/<uuid:key>/", failures.failure_edit, name="failure_edit"),
    path(
        "pilots/<slug:code>/failures/<uuid:key>/archive/",
        failures.failure_archive,
        name="failure_archive",
    ),
    path(
        "pilots/<slug:code>/failures/<uuid:key>/restore/",
        failures.failure_restore,
        name="failure_restore",
    ),
    path(
        "pilots/<slug:code>/failures/<uuid:key>/drills/new/", failures.drill_new, name="drill_new"
    ),
    path(
        "pilots/<slug:code>/drills/<uuid:key>/withdraw/",
        failures.drill_withdraw,
        name="drill_withdraw",
    ),
    path("pilots/<slug:code>/retraining/", retraining.retraining_list, name="retraining"),
    path("pilots/<slug:code>/retraining/new/", retraining.trigger_new, name="trigger_new"),
    path("pilots/<slug:code>/retraining/<uuid:key>/", retraining.trigger_edit, name="trigger_edit"),
    path(
        "pilots/<slug:code>/retraining/<uuid:key>/archive/",
        retraining.trigger_archive,
        name="trigger_archive",
    ),
    path(
        "pilots/<slug:code>/retraining/<uuid:key>/restore/",
        retraining.trigger_restore,
        name="trigger_restore",
    ),
    path(
        "pilots/<slug:code>/retraining/<uuid:key>/try/", retraining.trigger_try, name="trigger_try"
    ),
    path("pilots/<slug:code>/firings/<uuid:key>/", retraining.firing_answer, name="firing_answer"),
    path("pilots/<slug:code>/phases/", phases.phase_list, name="phase_list"),
    path("pilots/<slug:code>/phases/<phase:phase>/close/", phases.phase_close, name="phase_close"),
    path(
        "pilots/<slug:code>/phases/<phase:phase>/except/", phases.phase_except, name="phase_except"
    ),
    path(
        "pilots/<slug:code>/phases/<phase:phase>/take-back/",
        phases.phase_take_back,
        name="phase_take_back",
    ),
    path("pilots/<slug:code>/snapshots/", snapshots.snapshot_list, name="snapshot_list"),
    path("pilots/<slug:code>/snapshots/new/", snapshots.snapshot_new, name="snapshot_new"),
    path(
        "pilots/<slug:code>/snapshots/<uuid:key>/withdraw/",
        snapshots.snapshot_withdraw,
        name="snapshot_withdraw",
    ),
]
