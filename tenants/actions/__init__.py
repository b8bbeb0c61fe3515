"""Writes of companies, people, members, tokens and inboxes."""

from .companies import (
    beat_heart,
    create_tenant,
    create_user,
    drop_expired_sessions,
    set_shortcuts,
    set_theme,
)
from .founding import set_up_tenant
from .inbox import (
    mark_all_read,
    mark_read,
    notify,
    notify_person,
    settle,
)
from .mailing import note_digest_sent, plan_digests, take_digest, take_next
from .members import (
    Welcome,
    add_member,
    change_member,
    invite_member,
    note_seen,
    note_welcome_sent,
    remove_member,
    restore_member,
    send_welcome_again,
    set_own_mail,
    take_welcome,
)
from .people import (
    add_person,
    archive_person,
    change_person,
    restore_person,
)
from .tokens import (
    create_token,
    remember_answer,
    replace_token,
    revoke_token,
    token_digest,
    touch_token,
)

__all__ = [
    "Welcome",
    "add_member",
    "add_person",
    "archive_person",
    "beat_heart",
    "change_member",
    "change_person",
    "create_tenant",
    "create_token",
    "create_user",
    "drop_expired_sessions",
    "invite_member",
    "mark_all_read",
    "mark_read",
    "note_digest_sent",
    "note_seen",
    "note_welcome_sent",
    "notify",
    "notify_person",
    "plan_digests",
    "remember_answer",
    "remove_member",
    "replace_token",
    "restore_member",
    "restore_person",
    "revoke_token",
    "send_welcome_again",
    "set_own_mail",
    "set_shortcuts",
    "set_theme",
    "set_up_tenant",
    "settle",
    "take_digest",
    "take_next",
    "take_welcome",
    "token_digest",
    "touch_token",
]
