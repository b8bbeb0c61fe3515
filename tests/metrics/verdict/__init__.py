"""The statistics of verdicts, without database: tables of examples and properties."""
