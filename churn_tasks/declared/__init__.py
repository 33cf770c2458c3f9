"""What ``include/`` declares: contracts, tables, queries, features by pattern, labels, lineage."""
