"""The second engine: the queries of ``include/sql`` on Apache Spark, for lakes that one machine has outgrown."""
