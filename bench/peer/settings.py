"""The product's settings with the rival's address added."""

from config.settings import *  # noqa: F403  # all of them, that is the point

ROOT_URLCONF = "bench.peer.urls"
