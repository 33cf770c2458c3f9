"""The demo: an operator is simulated, Airflow runs its whole history, and the results are shown.

What is done stays done: started again, it goes on where it stood.
"""

import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from churn_tasks.core.errors import SettingsError
from churn_tasks.core.files import replace_text
from churn_tasks.core.months import Month, months_between
from churn_tasks.core.settings import Settings, load_settings
from churn_tasks.declared.registry import load_registry
from churn_tasks.local.backfill import run_months
from churn_tasks.local.display import Display
from churn_tasks.local.estimate import Estimate
from churn_tasks.local.instance import Instance
from churn_tasks.local.services import Services
from churn_tasks.simulator import Progress, SimulationSettings, simulate

TOP = 10


@dataclass(frozen=True)
class Demo:
    """One demo of one profile.

    Attributes:
        customers: size of the simulated operator; for a simulated source only.
        months: months of history to run; all that the profile has when absent.
    """

    settings: Settings
    console: Console
    customers: int
    months: int | None

    def run(self) -> None:
        """Start what does not run, run what is not done, show the results.

        Raises:
            ChurnError: what went wrong and what to do about it; services keep running for a look.
        """
        self._check_plan()
        services = Services(Instance(self.settings))
        estimate = self._estimate()
        display = Display(self.console, estimate)
        with display.shown():
            display.update("Plan", f"{self._summary()}; {estimate.at_start()}")
            self._start(services, display)
            display.update("Airflow", services.addresses()["Airflow"])
            run_months(services.airflow, self.history, display.months)
        self._show_results(services)

    @property
    def history(self) -> list[Month]:
        """The months to run, earliest first."""
        first, last = self.settings.first_month, self.settings.last_month
        if self.months is not None:
            return list(months_between(first, first + self.months))
        if last is None:
            raise SettingsError(
                "the profile has no last_month; say how many months to run with --months"
            )
        return list(months_between(first, last + 1))

    @property
    def simulation(self) -> SimulationSettings:
        return SimulationSettings(
            customers=self.customers,
            months=len(self.history),
            first_month=self.settings.first_month,
            time_zone=self.settings.time_zone,
        )

    def _estimate(self) -> Estimate:
        is_simulated = self.settings.source.kind == "postgres"
        customers = self.customers if is_simulated else None
        return Estimate(customers, len(self.history))

    def _summary(self) -> str:
        """Whose months are run, and how many."""
        months = f"{len(self.history)} months from {self.history[0]}"
        if self.settings.source.kind != "postgres":
            return f"profile {self.settings.profile}, {months}"
        return f"a simulated operator with {self.customers:,} customers, {months}"

    def _check_plan(self) -> None:
        """Find what is wrong before anything is started."""
        settings = self.settings
        load_registry(settings)
        if settings.source.kind == "files" and not settings.environment.data_path:
            raise SettingsError(
                f"profile {settings.profile} reads files; say where with CHURN_DATA_PATH"
            )
        plan = self._plan()
        file = settings.state_dir / "demo.json"
        if file.exists():
            earlier = json.loads(file.read_text(encoding="utf-8"))
            if earlier != plan:
                raise SettingsError(
                    f"{settings.state_dir} holds a demo of {earlier}, not of {plan}: its months cannot be mixed. "
                    "Give the same sizes, or an empty folder with CHURN_STATE_DIR."
                )
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_text(file, json.dumps(plan))

    def _plan(self) -> dict[str, Any]:
        """What one state folder can hold one of."""
        data = str(self.settings.environment.data_path)
        plan = {"customers": self.customers, "months": len(self.history), "data": data}
        if self.settings.source.kind == "postgres":
            plan["simulation"] = self.simulation.fingerprint
        return plan

    def _start(self, services: Services, display: Display) -> None:
        with display.stage("PostgreSQL"):
            services.start_postgres()
        starters = {
            "Airflow": services.start_airflow,
            "MLflow": services.start_mlflow,
            "Pages": services.start_pages,
        }
        with ThreadPoolExecutor(len(starters)) as pool:
            started = []
            for name, start in starters.items():
                started.append(pool.submit(_staged, display, name, start))
            if services.is_simulated:
                self._simulate(services, display)
            _wait_for(started)

    def _simulate(self, services: Services, display: Display) -> None:
        def told(progress: Progress) -> None:
            display.update(
                "Simulation",
                f"{progress.done} of {progress.total} months, {progress.rows:,} rows",
            )

        with display.stage("Simulation"):
            simulate(services.source_url, self.simulation, told)

    def _show_results(self, services: Services) -> None:
        from churn_tasks.cli.screens import list_screen, validation_screens

        settings = settings_of(services)
        self.console.print(list_screen(settings, self.history[-1], TOP))
        for screen in validation_screens(settings, is_brief=True):
            self.console.print(screen)
        addresses = Table.grid(padding=(0, 2))
        for name, address in services.addresses().items():
            addresses.add_row(name, address)
        self.console.print(addresses)
        self.console.print("Everything keeps running until: make stop")


def settings_of(services: Services) -> Settings:
    """The settings with the addresses that the services have."""
    fields = {}
    for name, value in services.pipeline_environment.items():
        if name.startswith("CHURN_") and name != "CHURN_PROFILE":
            fields[name.removeprefix("CHURN_").lower()] = value
    return load_settings(str(services.settings.profile_dir), **fields)


def _staged(display: Display, name: str, start: Callable[[], None]) -> None:
    with display.stage(name):
        start()


def _wait_for(started: list[Future[None]]) -> None:
    for future in started:
        future.result()
