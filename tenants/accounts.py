"""How allauth behaves here: people are invited, they do not sign themselves up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignup(DefaultAccountAdapter):
    """Sign-in with e-mail and password; no open sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
