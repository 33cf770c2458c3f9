"""Features by pattern: ``trajectory.yaml`` and the SQL that is made of it."""
