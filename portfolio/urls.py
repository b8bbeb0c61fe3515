"""Addresses of the board and the pilots, below `/t/<slug>/`."""

from django.urls import path

from . import views

# Fixed words under pilots/ stand above the code, which would take them.
urlpatterns = [
    path("", views.board, name="board"),
    path("pilots/<slug:code>/", views.pilot, name="pilot"),
]
