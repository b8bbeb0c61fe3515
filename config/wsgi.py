"""The web process."""

import os

import django
from django.core.wsgi import get_wsgi_application
from django.urls import reverse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from common.tenancy.startup import refuse_unsafe_start  # noqa: E402  # needs the set-up above

refuse_unsafe_start()  # before the product is loaded: a refusal need not wait for it

application = get_wsgi_application()
reverse("healthz")  # every address with its view is loaded now, once for all workers
