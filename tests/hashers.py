"""The product's way of keeping passwords, in little time and memory."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    """For tests that send many passwords and ask nothing of how well they are kept."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
