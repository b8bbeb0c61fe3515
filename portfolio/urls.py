"""Addresses of the board and the pilots, below `/t/<slug>/`."""

from django.urls import path, register_converter

from . import views
from .models import Area
from .rules.plan import Kind
from .views import (
    budget,
    candidates,
    editing,
    engagement,
    load,
    plan,
    requirements,
    reviews,
    settings,
)


class AreaConverter:
    """A function or a review, by its word; any other word is no address."""

    regex = "|".join(Area.values)

    def to_python(self, value: str) -> Area:
        return Area(value)

    def to_url(self, value: str) -> str:
        return value


class KindConverter:
    """A kind of thing in a change plan, by its word; any other word is no address."""

    regex = "|".join(Kind)

    def to_python(self, value: str) -> Kind:
        return Kind(value)

    def to_url(self, value: str) -> str:
        return value


register_converter(AreaConverter, "area")
register_converter(KindConverter, "plan_kind")

# Fixed words under pilots/ stand above the code, which would take them.
urlpatterns = [
    path("", views.board, name="board"),
    path("brief/", views.brief, name="brief"),
    path("money/", views.money, name="money"),
    path("engagement/", engagement.engagement, name="engagement"),
    path("pilots/new/", editing.pilot_new, name="pilot_new"),
    path("pilots/archived/", editing.pilot_archived, name="pilot_archived"),
    path("pilots/<slug:code>/", views.pilot, name="pilot"),
    path("pilots/<slug:code>/edit/", editing.pilot_edit, name="pilot_edit"),
    path("pilots/<slug:code>/review/", reviews.pilot_review, name="pilot_review"),
    path("pilots/<slug:code>/budget/", budget.budget_list, name="budget"),
    path("pilots/<slug:code>/budget/new/", budget.budget_new, name="budget_new"),
    path("pilots/<slug:code>/budget/<uuid:key>/", budget.budget_edit, name="budget_edit"),
    path(
        "pilots/<slug:code>/budget/<uuid:key>/archive/",
        budget.budget_archive,
        name="budget_archive",
    ),
    path(
        "pilots/<slug:code>/budget/<uuid:key>/restore/",
        budget.budget_restore,
        name="budget_restore",
    ),
    path("pilots/<slug:code>/budget/<uuid:key>/fund/", budget.budget_fund, name="budget_fund"),
    path(
        "pilots/<slug:code>/budget/<uuid:key>/unfund/", budget.budget_unfund, name="budget_unfund"
    ),
    path("candidates/", candidates.candidate_list, name="candidate_list"),
    path("candidates/new/", candidates.candidate_new, name="candidate_new"),
    path("candidates/<uuid:key>/", candidates.candidate_edit, name="candidate_edit"),
    path("candidates/<uuid:key>/archive/", candidates.candidate_archive, name="candidate_archive"),
    path("candidates/<uuid:key>/restore/", candidates.candidate_restore, name="candidate_restore"),
    path("programmes/", load.programme_list, name="programme_list"),
    path("programmes/new/", load.programme_new, name="programme_new"),
    path("programmes/<uuid:key>/", load.programme_edit, name="programme_edit"),
    path("programmes/<uuid:key>/archive/", load.programme_archive, name="programme_archive"),
    path("programmes/<uuid:key>/restore/", load.programme_restore, name="programme_restore"),
    path("pilots/<slug:code>/load/", load.load_show, name="load"),
    path("pilots/<slug:code>/load/decide/", load.load_decide, name="load_decide"),
    path("pilots/<slug:code>/change/", plan.plan_list, name="plan_list"),
    path("pilots/<slug:code>/change/new/<plan_kind:kind>/", plan.plan_new, name="plan_new"),
    path("pilots/<slug:code>/change/<uuid:key>/", plan.plan_edit, name="plan_edit"),
    path("pilots/<slug:code>/change/<uuid:key>/archive/", plan.plan_archive, name="plan_archive"),
    path("pilots/<slug:code>/change/<uuid:key>/restore/", plan.plan_restore, name="plan_restore"),
    path("pilots/<slug:code>/archive/", editing.pilot_archive, name="pilot_archive"),
    path("pilots/<slug:code>/restore/", editing.pilot_restore, name="pilot_restore"),
    path("pilots/<slug:code>/people/", editing.party_set, name="party_set"),
    path("pilots/<slug:code>/people/<uuid:key>/end/", editing.party_end, name="party_end"),
    path("pilots/<slug:code>/functions/", engagement.engagement_list, name="engagement_list"),
    path(
        "pilots/<slug:code>/functions/<area:area>/",
        engagement.engagement_edit,
        name="engagement_edit",
    ),
    path(
        "pilots/<slug:code>/requirements/", requirements.requirement_list, name="requirement_list"
    ),
    path(
        "pilots/<slug:code>/requirements/new/",
        requirements.requirement_new,
        name="requirement_new",
    ),
    path(
        "pilots/<slug:code>/requirements/export/",
        requirements.requirement_export,
        name="requirement_export",
    ),
    path(
        "pilots/<slug:code>/requirements/import/",
        requirements.requirement_import,
        name="requirement_import",
    ),
    path(
        "pilots/<slug:code>/requirements/import/<uuid:key>/",
        requirements.requirement_file,
        name="requirement_file",
    ),
    path(
        "pilots/<slug:code>/requirements/<int:number>/",
        requirements.requirement_edit,
        name="requirement_edit",
    ),
    path("settings/sites/", settings.site_list, name="site_list"),
    path("settings/sites/new/", settings.site_new, name="site_new"),
    path("settings/sites/<slug:code>/", settings.site_edit, name="site_edit"),
    path("settings/sites/<slug:code>/archive/", settings.site_archive, name="site_archive"),
    path("settings/sites/<slug:code>/restore/", settings.site_restore, name="site_restore"),
    path("settings/vendors/", settings.vendor_list, name="vendor_list"),
    path("settings/vendors/new/", settings.vendor_new, name="vendor_new"),
    path("settings/vendors/<slug:code>/", settings.vendor_edit, name="vendor_edit"),
    path("settings/vendors/<slug:code>/archive/", settings.vendor_archive, name="vendor_archive"),
    path("settings/vendors/<slug:code>/restore/", settings.vendor_restore, name="vendor_restore"),
    path("settings/people/", settings.person_list, name="person_list"),
    path("settings/people/new/", settings.person_new, name="person_new"),
    path("settings/people/<uuid:key>/", settings.person_edit, name="person_edit"),
    path("settings/people/<uuid:key>/archive/", settings.person_archive, name="person_archive"),
    path("settings/people/<uuid:key>/restore/", settings.person_restore, name="person_restore"),
]
