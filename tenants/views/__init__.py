"""Pages of people: sign-in, choosing a tenant, members, tokens, inbox."""
