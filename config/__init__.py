"""Ties the apps together: settings, addresses, jobs. No app imports it."""
