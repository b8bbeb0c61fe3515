"""Addresses of the board and the pilots, below `/t/<slug>/`."""

from django.urls import path

from . import views

urlpatterns = [path("", views.board, name="board")]
