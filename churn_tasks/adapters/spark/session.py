"""One Java process with one Spark session, from its start to its end: nothing of it is left behind."""

import importlib.util
import logging
import shutil
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from churn_tasks.adapters.spark.java import INSTALL, java_home
from churn_tasks.adapters.spill import spill_folder
from churn_tasks.core.errors import ConnectionTrouble, SettingsError
from churn_tasks.core.settings import changed_environment, process_environment
from churn_tasks.core.spark_section import SAME_ROWS, TIME_ZONE, Spark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

log = logging.getLogger(__name__)

PATIENCE_S = 30.0  # for the Java process to end by itself
# Spark's own lines would carry values of rows when a task fails; the error that reaches us is told without them.
SILENT = """rootLogger.level = off
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
"""

# Java takes language and time zone from the machine, on every worker from another one
SAME_JAVA = (
    "-Duser.language=en -Duser.country=US -Duser.timezone={zone} -Dfile.encoding=UTF-8"
)

# PySpark's own: whole messages, with values of rows in them, the last one as soon as somebody logs at DEBUG
THEIR_LOGS = (
    "SQLQueryContextLogger",
    "DataFrameQueryContextLogger",
    "py4j.clientserver",
)


class Started:
    """A running session and the folder that it may use.

    Args:
        time_zone: in which an instant becomes a day.

    Attributes:
        session: PySpark's own.
        folder: private to this process, below the lake, so that every worker sees what is written there.
    """

    def __init__(self, spark: Spark, spill: Path, time_zone: str = "UTC") -> None:
        if importlib.util.find_spec("pyspark") is None:
            raise SettingsError(
                f"resources.engine is spark, and PySpark is not installed. {INSTALL}"
            )
        self.time_zone = time_zone
        self.folder = spill_folder(spill)
        began = time.monotonic()
        try:
            with warnings.catch_warnings():
                # of its parts for pandas, which are not used
                warnings.simplefilter("ignore", FutureWarning)
                self.session = self._start(spark)
        except BaseException:
            self.close()
            raise
        log.info(
            "Spark %s started on %s in %.1fs",
            self.session.version,
            spark.master,
            time.monotonic() - began,
        )

    def _start(self, spark: Spark) -> "SparkSession":
        home = java_home(spark.java_home, process_environment(), self.folder)
        from pyspark.sql import SparkSession

        if SparkSession.getActiveSession() is not None:
            raise SettingsError(
                "another Spark session is open in this process: one run at a time can use Spark"
            )
        builder = SparkSession.builder.master(spark.master).appName("churn")
        fixed = {**SAME_ROWS, TIME_ZONE: self.time_zone}
        config = {**self._ours(spark), **spark.config, **fixed}
        for name, value in config.items():
            builder = builder.config(name, value)
        for name in THEIR_LOGS:
            logging.getLogger(name).disabled = True
        address = "127.0.0.1" if spark.is_local else None
        try:
            with changed_environment(JAVA_HOME=str(home), SPARK_LOCAL_IP=address):
                return builder.getOrCreate()
        except Exception as error:
            raise ConnectionTrouble(
                f"Spark could not be started on {spark.master}: {error}"
            ) from error

    def _ours(self, spark: Spark) -> dict[str, str]:
        """What we choose where the settings say nothing else."""
        java = SAME_JAVA.format(zone=self.time_zone)
        quiet = self.folder / "log4j2.properties"
        quiet.write_text(SILENT, encoding="utf-8")
        chosen = {
            "spark.driver.memory": spark.driver_memory,
            "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile=file:{quiet} -Djava.io.tmpdir={self.folder}",
            "spark.driver.defaultJavaOptions": java,
            "spark.executor.defaultJavaOptions": java,
            "spark.local.dir": str(self.folder),
            "spark.sql.warehouse.dir": f"file:{self.folder}/warehouse",
            "spark.ui.showConsoleProgress": "false",
        }
        if spark.is_local:
            chosen |= {
                "spark.driver.host": "127.0.0.1",
                "spark.driver.bindAddress": "127.0.0.1",
                "spark.ui.enabled": "false",
                "spark.sql.shuffle.partitions": "4",
            }
        return chosen

    def close(self) -> None:
        """Stop the session, end its Java process, and remove its folder."""
        try:
            if "session" in self.__dict__:
                self.session.stop()
        except Exception as error:  # noqa: BLE001 - the process may be gone already; it is ended below either way
            log.warning("Spark did not stop by itself: %s", type(error).__name__)
        finally:
            _end_java()
            shutil.rmtree(self.folder, ignore_errors=True)


def _end_java() -> None:
    """End the Java process that PySpark keeps for the next session, and let PySpark forget it."""
    from pyspark import SparkContext

    gateway: Any = SparkContext._gateway
    if gateway is None:
        return
    process = getattr(gateway, "proc", None)
    gateway.shutdown()
    if process is not None:
        process.stdin.close()  # it ends itself when nobody speaks to it any more
        try:
            process.wait(PATIENCE_S)
        except TimeoutError:
            process.kill()
    SparkContext._gateway = SparkContext._jvm = None
