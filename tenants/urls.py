"""Addresses of sign-in and preferences, and of the pages of people below `/t/<slug>/`."""

from allauth.account import views as account
from django.urls import path, re_path

from .views import entry, inbox, members, own, settings, tokens

urlpatterns = [
    path("", entry.home, name="home"),
    path("accounts/login/", entry.SignIn.as_view(), name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/inactive/", account.account_inactive, name="account_inactive"),
    path("accounts/signup/", account.signup, name="account_signup"),
    path(
        "accounts/password/change/",
        entry.no_persona(account.password_change),
        name="account_change_password",
    ),
    path(
        "accounts/password/set/",
        entry.no_persona(account.password_set),
        name="account_set_password",
    ),
    path("accounts/password/reset/", account.password_reset, name="account_reset_password"),
    path(
        "accounts/password/reset/done/",
        account.password_reset_done,
        name="account_reset_password_done",
    ),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "accounts/password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("accounts/persona/", entry.enter_as_persona, name="enter_as_persona"),
    path("accounts/preferences/", entry.preferences, name="preferences"),
]

inside = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/read/", inbox.read_all, name="inbox_read_all"),
    path("inbox/<uuid:key>/read/", inbox.read_line, name="inbox_read"),
    path("preferences/", own.own_mail, name="own_mail"),
    path("settings/", settings.settings_home, name="settings"),
    path("settings/members/", members.members, name="members"),
    path("settings/members/new/", members.invite, name="member_new"),
    path("settings/members/<uuid:key>/", members.member, name="member"),
    path("settings/members/<uuid:key>/remove/", members.remove, name="member_remove"),
    path("settings/members/<uuid:key>/restore/", members.restore, name="member_restore"),
    path("settings/members/<uuid:key>/link/", members.send_link, name="member_link"),
    path("settings/tokens/", tokens.tokens, name="tokens"),
    path("settings/tokens/new/", tokens.token_new, name="token_new"),
    path("settings/tokens/<uuid:key>/replace/", tokens.token_replace, name="token_replace"),
    path("settings/tokens/<uuid:key>/revoke/", tokens.token_revoke, name="token_revoke"),
]
