"""The Celery application: worker and beat."""

import os
from typing import Any

import django
from celery import Celery
from celery.signals import beat_init, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("weektwelve", task_cls="common.tenancy.tasks:TenantTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(related_name="mails")


@worker_init.connect
@beat_init.connect
def refuse_unsafe_start(**kwargs: Any) -> None:
    """Look at settings and database before the first job."""
    django.setup()
    from common.tenancy import startup

    startup.refuse_unsafe_start()
