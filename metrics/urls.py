"""Addresses of metrics, below `/t/<slug>/`."""

from django.urls import path

from . import views
from .views import (
    baselines,
    commitments,
    editing,
    feeds,
    fields,
    methods,
    outcomes,
    pilot_fields,
    pilot_sources,
    read_outs,
    sources,
    timestamps,
)

# Fixed words under metrics/ stand above the code, which would take them.
urlpatterns = [
    path("methods/", methods.methods, name="methods"),
    path("settings/health/", views.health, name="health"),
    path("import/", views.imports, name="imports"),
    path("import/<uuid:key>/", views.import_file, name="import_file"),
    path("import/<uuid:key>/refused.csv", views.import_refused, name="import_refused"),
    path("settings/feeds/", feeds.feed_list, name="feed_list"),
    path("settings/feeds/<slug:source>/<slug:code>/", feeds.feed, name="feed"),
    path("settings/sources/", sources.source_list, name="source_list"),
    path("settings/sources/new/", sources.source_new, name="source_new"),
    path("settings/sources/<slug:code>/", sources.source_edit, name="source_edit"),
    path("settings/sources/<slug:code>/archive/", sources.source_archive, name="source_archive"),
    path("settings/sources/<slug:code>/restore/", sources.source_restore, name="source_restore"),
    path("settings/fields/", fields.field_list, name="field_list"),
    path("settings/fields/new/", fields.field_new, name="field_new"),
    path("settings/fields/<uuid:key>/", fields.field, name="field"),
    path("settings/fields/<uuid:key>/edit/", fields.field_edit, name="field_edit"),
    path("settings/fields/<uuid:key>/archive/", fields.field_archive, name="field_archive"),
    path("settings/fields/<uuid:key>/restore/", fields.field_restore, name="field_restore"),
    path("settings/fields/<uuid:key>/places/new/", fields.variant_new, name="variant_new"),
    path(
        "settings/fields/<uuid:key>/places/<uuid:variant>/",
        fields.variant_edit,
        name="variant_edit",
    ),
    path(
        "settings/fields/<uuid:key>/places/<uuid:variant>/settle/",
        fields.variant_settle,
        name="variant_settle",
    ),
    path(
        "settings/fields/<uuid:key>/places/<uuid:variant>/end/",
        fields.variant_end,
        name="variant_end",
    ),
    path(
        "settings/fields/<uuid:key>/places/<uuid:variant>/restore/",
        fields.variant_restore,
        name="variant_restore",
    ),
    path("pilots/<slug:code>/fields/", pilot_fields.need_list, name="need_list"),
    path("pilots/<slug:code>/fields/new/", pilot_fields.need_new, name="need_new"),
    path("pilots/<slug:code>/fields/<uuid:key>/", pilot_fields.need_edit, name="need_edit"),
    path("pilots/<slug:code>/fields/<uuid:key>/end/", pilot_fields.need_end, name="need_end"),
    path(
        "pilots/<slug:code>/fields/<uuid:key>/restore/",
        pilot_fields.need_restore,
        name="need_restore",
    ),
    path("pilots/<slug:code>/sources/", pilot_sources.pilot_source_list, name="pilot_source_list"),
    path(
        "pilots/<slug:code>/sources/new/", pilot_sources.pilot_source_new, name="pilot_source_new"
    ),
    path(
        "pilots/<slug:code>/sources/<uuid:key>/",
        pilot_sources.pilot_source_edit,
        name="pilot_source_edit",
    ),
    path(
        "pilots/<slug:code>/sources/<uuid:key>/end/",
        pilot_sources.pilot_source_end,
        name="pilot_source_end",
    ),
    path(
        "pilots/<slug:code>/sources/<uuid:key>/restore/",
        pilot_sources.pilot_source_restore,
        name="pilot_source_restore",
    ),
    path("pilots/<slug:code>/decide/", outcomes.pilot_decide, name="pilot_decide"),
    path("pilots/<slug:code>/commitments/new/", commitments.commitment_new, name="commitment_new"),
    path("pilots/<slug:code>/commitments/<uuid:key>/", commitments.commitment, name="commitment"),
    path(
        "pilots/<slug:code>/commitments/<uuid:key>/edit/",
        commitments.commitment_edit,
        name="commitment_edit",
    ),
    path(
        "pilots/<slug:code>/commitments/<uuid:key>/waive/",
        commitments.commitment_waive,
        name="commitment_waive",
    ),
    path(
        "pilots/<slug:code>/commitments/<uuid:key>/decide/",
        commitments.commitment_decide,
        name="commitment_decide",
    ),
    path(
        "pilots/<slug:code>/commitments/<uuid:key>/version-<int:version>.json",
        commitments.commitment_file,
        name="commitment_file",
    ),
    path("pilots/<slug:code>/metrics/new/", editing.target_new, name="target_new"),
    path("pilots/<slug:code>/metrics/<uuid:key>/", editing.target_edit, name="target_edit"),
    path("pilots/<slug:code>/metrics/<uuid:key>/agree/", editing.target_agree, name="target_agree"),
    path(
        "pilots/<slug:code>/metrics/<uuid:key>/retire/",
        editing.target_retire,
        name="target_retire",
    ),
    path("pilots/<slug:code>/metrics/<uuid:key>/baseline/", baselines.baseline, name="baseline"),
    path(
        "pilots/<slug:code>/metrics/<uuid:key>/baseline/edit/",
        baselines.baseline_edit,
        name="baseline_edit",
    ),
    path(
        "pilots/<slug:code>/metrics/<uuid:key>/baseline/accept/",
        baselines.baseline_accept,
        name="baseline_accept",
    ),
    path(
        "pilots/<slug:code>/metrics/<uuid:key>/baseline/lock/",
        baselines.baseline_lock,
        name="baseline_lock",
    ),
    path(
        "pilots/<slug:code>/metrics/<uuid:key>/baseline/replace/",
        baselines.baseline_replace,
        name="baseline_replace",
    ),
    path(
        "pilots/<slug:code>/metrics/<uuid:key>/week-<int:week>/",
        read_outs.read_out,
        name="read_out",
    ),
    path(
        "pilots/<slug:code>/metrics/<uuid:key>/week-<int:week>/<uuid:number>.json",
        read_outs.read_out_file,
        name="read_out_file",
    ),
    path(
        "pilots/<slug:code>/metrics/<uuid:key>/week-<int:week>/<uuid:number>/acknowledge/",
        read_outs.read_out_acknowledge,
        name="read_out_acknowledge",
    ),
    path("metrics/", views.metric_list, name="metric_list"),
    path("metrics/new/", editing.metric_new, name="metric_new"),
    path("metrics/archived/", editing.metric_archived, name="metric_archived"),
    path("metrics/<slug:code>/", views.metric, name="metric"),
    path("metrics/<slug:code>/edit/", editing.metric_edit, name="metric_edit"),
    path("metrics/<slug:code>/archive/", editing.metric_archive, name="metric_archive"),
    path("metrics/<slug:code>/restore/", editing.metric_restore, name="metric_restore"),
    path("metrics/<slug:code>/timestamps/", timestamps.timestamp_list, name="timestamp_list"),
    path(
        "metrics/<slug:code>/timestamps/<slug:source>/",
        timestamps.timestamp_edit,
        name="timestamp_edit",
    ),
    path(
        "metrics/<slug:code>/timestamps/<slug:source>/end/",
        timestamps.timestamp_end,
        name="timestamp_end",
    ),
    path("metrics/<slug:code>/wording/", editing.definition_new, name="definition_new"),
]
