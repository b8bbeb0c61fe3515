"""The database engine of web processes: Django's own for PostgreSQL, with another pool."""
