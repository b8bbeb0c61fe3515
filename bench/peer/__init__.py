"""The rival: the sync endpoint as a good Django REST framework developer would write it.

It resolves metrics and sources in one query each, validates with serializers, stores with
`bulk_create(update_conflicts=...)`, marks the weeks with `bulk_create`, and leaves the same batch
row, audit line and wake-up, in one transaction as the application role, on the same tables. It does
less than the product: a replay overwrites, replaced revisions are not kept, and one bad item
refuses the whole batch. So the comparison leans to its side.
"""
