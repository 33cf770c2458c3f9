"""The warehouse: published lists, their history, the model decisions behind them, and the vault of phone numbers.

PostgreSQL, one schema a profile. Nothing here reads or writes a row of the lake; callers pass rows in.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from churn_tasks.adapters.warehouse import (
    acceptances,
    alarms,
    effects,
    forgetting,
    ledger,
    migration,
    model_orders,
    outcomes,
    promotions,
    publication,
    releases,
    reviews,
    turns,
    vault,
    watch,
)
from churn_tasks.adapters.warehouse.alarms import WatchedDay
from churn_tasks.adapters.warehouse.audit_rules import COLUMNS, TRIGGER_COLUMNS
from churn_tasks.adapters.warehouse.connection import Connection
from churn_tasks.adapters.warehouse.forgetting import Erasure
from churn_tasks.adapters.warehouse.ledger import Correction
from churn_tasks.adapters.warehouse.model_orders import DatedOrder, ModelOrder
from churn_tasks.adapters.warehouse.outcomes import ListOutcome
from churn_tasks.adapters.warehouse.pointer import FIRST_LIST, Knowledge
from churn_tasks.adapters.warehouse.promotions import Champion, PromotionRow
from churn_tasks.adapters.warehouse.publication import Lease, Published, run_id_of
from churn_tasks.adapters.warehouse.releases import Release
from churn_tasks.adapters.warehouse.reviews import Decision, PairDecision, QueuedPair
from churn_tasks.adapters.warehouse.rows import records
from churn_tasks.core.acceptance import Acceptance
from churn_tasks.core.months import Month
from churn_tasks.core.settings import Settings

__all__ = [
    "COLUMNS",
    "TRIGGER_COLUMNS",
    "Champion",
    "Correction",
    "DatedOrder",
    "Erasure",
    "Knowledge",
    "Lease",
    "ListOutcome",
    "ModelOrder",
    "PairDecision",
    "PromotionRow",
    "Published",
    "QueuedPair",
    "Release",
    "Warehouse",
    "WatchedDay",
    "run_id_of",
]


@dataclass
class Warehouse:
    """One schema of the warehouse. Making the object costs nothing; the first use connects and migrates."""

    settings: Settings

    @cached_property
    def _bare(self) -> Connection:
        # SQLAlchemy's spelling of the address is understood as well
        url = self.settings.environment.warehouse_url.replace(
            "postgresql+psycopg://", "postgresql://"
        )
        settings = self.settings
        return Connection(url, settings.warehouse_schema, settings.time_zone)

    @cached_property
    def _ready(self) -> Connection:
        migration.migrate(self._bare)
        return self._bare

    def migrate(self) -> bool:
        """Bring the schema up to date; True when something was applied."""
        return migration.migrate(self._bare)

    def close(self) -> None:
        self._bare.close()

    # numbers
    def store_numbers(self, pairs: Iterable[tuple[str, str]]) -> int:
        """Add (token, clear number) pairs to the vault; returns how many were new."""
        return vault.store_numbers(self._ready, pairs)

    # decisions
    def champion(self, month: Month, orders_of: Month | None = None) -> Champion | None:
        return promotions.champion(self._ready, month, orders_of)

    def champion_without(
        self, month: Month, name: str, version: int
    ) -> Champion | None:
        """The version that would be in force in a month if one were retired."""
        return promotions.champion_without(self._ready, month, name, version)

    def in_turn(self, month: Month) -> AbstractContextManager[None]:
        """Train and decide a month while no other process does."""
        return turns.in_turn(self._ready, month)

    def highest_version(self, name: str) -> int:
        """The highest number that a version of a model was ever known by here."""
        return promotions.highest_version(self._ready, name)

    def model_orders(self, month: Month) -> list[DatedOrder]:
        """What people have ordered about model versions and holds in a month."""
        with self._ready.transaction("churn_loader") as cursor:
            return model_orders.in_force(cursor, month)

    def pinned(self, month: Month) -> DatedOrder | None:
        """The version that people want in force in a month."""
        with self._ready.transaction("churn_loader") as cursor:
            return model_orders.pinned(cursor, month)

    def record_model_order(
        self, month: Month, order: ModelOrder, *, is_in_force: bool = True
    ) -> bool:
        """Add an order from a month on, or take it back; False when it was so already."""
        return model_orders.record(self._ready, month, order, is_in_force=is_in_force)

    def promotion(self, month: Month) -> PromotionRow | None:
        return promotions.promotion(self._ready, month)

    def record_promotion(self, row: PromotionRow) -> None:
        promotions.record_promotion(self._ready, row)

    def record_model_files(
        self, name: str, version: int, files: Mapping[str, str]
    ) -> None:
        promotions.record_model_files(self._ready, name, version, files)

    def model_files(self, name: str, version: int) -> dict[str, str]:
        return promotions.model_files(self._ready, name, version)

    # pairs of records that may be one person
    def queue_pairs(self, month: Month, pairs: Sequence[QueuedPair], most: int) -> int:
        """Put pairs that were never asked about to people, at most so many for one month; returns how many."""
        return reviews.queue(self._ready, month, pairs, most)

    def match_decisions(self) -> list[PairDecision]:
        """What people have decided and not taken back."""
        return reviews.decisions(self._ready)

    def review_pairs(
        self,
        *,
        state: str | None = None,
        pair: tuple[str, str] | None = None,
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """Pairs with both records, under the reviewers' role."""
        return reviews.pairs(self._ready, state=state, pair=pair, limit=limit)

    def decide_pair(
        self, pair: tuple[str, str], decision: Decision, decided_by: str, why: str
    ) -> bool:
        """Add what somebody decided; False when it was so already."""
        return reviews.decide(self._ready, pair, decision, decided_by, why)

    # lists
    def take_lease(self, month: Month) -> Lease:
        """Start an attempt to publish a month; earlier attempts are fenced off."""
        return publication.take_lease(self._ready, month)

    def publish(
        self,
        lease: Lease,
        run_id: str,
        rows: Sequence[Sequence[Any]],
        knowledge: Knowledge = FIRST_LIST,
        taken_out: int = 0,
        triggers: Iterable[Sequence[Any]] = (),
    ) -> Published:
        """Append, audit and flip; rows are in the order of ``COLUMNS`` and of their rank.

        Args:
            taken_out: rows that the list had when it was made and that were taken out of it since.
            triggers: in the order of ``TRIGGER_COLUMNS``, of customers on the list and beside it.
        """
        return publication.publish(
            self._ready, lease, run_id, rows, knowledge, taken_out, triggers
        )

    def triggers(self, month: Month) -> list[dict[str, Any]]:
        """The triggers that a month points to, with masked numbers; the most urgent first."""
        return self.read(
            "SELECT * FROM bi_trigger WHERE month = %s ORDER BY priority DESC, trigger, customer_id",
            (month.start,),
        )

    # the daily watch
    def last_watched_day(self) -> date | None:
        return alarms.last_day(self._ready)

    def record_day(
        self, watched: WatchedDay, fired: Iterable[Mapping[str, Any]]
    ) -> int:
        """Raise what a watched day found, each alarm once; returns how many it was the first to raise."""
        return alarms.record_day(self._ready, watched, fired)

    def alarms(self, month: Month) -> list[dict[str, Any]]:
        """The alarms of a month, with masked numbers, in order of their day; the most urgent first."""
        return self.read(
            "SELECT * FROM bi_trigger_alarm WHERE month = %s"
            " ORDER BY first_day, priority DESC, trigger, customer_id",
            (month.start,),
        )

    def watched_days(self) -> list[dict[str, Any]]:
        """What each watched day knew, earliest first."""
        return self.read("SELECT * FROM bi_watch_day ORDER BY day")

    def original_run(self, month: Month, list_id: str) -> str:
        """The run whose list has these bytes since people were taken out of it; else ``list_id`` itself."""
        return forgetting.original_run(self._ready, month, list_id)

    # people taken out
    def take_out(
        self,
        values: Mapping[str, Iterable[str]],
        erasure: Erasure,
        remainders: Sequence[tuple[Month, str, str]],
    ) -> dict[str, int]:
        """Take people out of every table and note the request; table to rows taken out."""
        return forgetting.take_out(self._ready, values, erasure, remainders)

    def named_in(self) -> Iterable[tuple[str, set[str]]]:
        """Table and column, and everything in it that may name somebody."""
        return forgetting.named_in(self._ready)

    def erasures(self) -> list[dict[str, Any]]:
        """The months out of which people were taken, and at whose word."""
        return self.read("SELECT * FROM bi_erasure ORDER BY recorded_at, month")

    def published(self, month: Month, limit: int | None = None) -> list[dict[str, Any]]:
        """The list a month points to, most urgent first, with masked numbers; empty when there is none."""
        return self.read(
            "SELECT * FROM bi_warning_list WHERE month = %s ORDER BY rank LIMIT %s",
            (month.start, limit),
        )

    def publications(self) -> list[dict[str, Any]]:
        """Every version of every month, earliest first."""
        return self.read("SELECT * FROM bi_publication ORDER BY month, version")

    def promotions(self) -> list[dict[str, Any]]:
        """Every decision, earliest first, with the months it was in force."""
        return self.read("SELECT * FROM bi_promotion ORDER BY valid_from, revision")

    # outcomes
    def record_outcome(
        self, month: Month, outcome: ListOutcome, known_until: date | None = None
    ) -> bool:
        return outcomes.record_outcome(self._ready, month, outcome, known_until)

    def record_validation(self, month: Month, rows: Iterable[Mapping[str, Any]]) -> int:
        return outcomes.record_validation(self._ready, month, rows)

    def record_watch(
        self, month: Month, model: Champion, rows: Sequence[Mapping[str, Any]]
    ) -> int:
        """Add what watching the model in force has found; returns rows added."""
        return watch.record_watch(self._ready, month, model, rows)

    # what was done about lists, and what it changed
    def called(self, months: Sequence[Month]) -> list[dict[str, Any]]:
        """Month, customer, run and arm of whoever stood on these months' lists."""
        return ledger.called(self._ready, months)

    def listed_ever(self, customers: Sequence[str]) -> set[str]:
        """Of these customers those who stand on any list."""
        return ledger.listed_ever(self._ready, customers)

    def ledger_rows(self, months: Sequence[Month]) -> list[dict[str, Any]]:
        """Everything ever recorded of these months' lists, replaced entries too."""
        return ledger.recorded(self._ready, months)

    def add_to_ledger(
        self,
        entries: Sequence[Mapping[str, Any]],
        rejected: Sequence[Mapping[str, Any]],
    ) -> dict[str, int]:
        """Add entries and rows that are set aside; returns rows added, by table."""
        return ledger.add(self._ready, entries, rejected)

    def ledger_waiting(self) -> list[dict[str, Any]]:
        """Rows of the ledger that are set aside."""
        return ledger.waiting(self._ready)

    def ledger_entry(self, ledger_id: int) -> dict[str, Any]:
        """One entry as it stands."""
        return ledger.entry(self._ready, ledger_id)

    def correct_ledger(self, correction: Correction) -> int:
        """Add a correction; returns the number of the new entry."""
        return ledger.correct(self._ready, correction)

    def contacts(self, until: date) -> list[dict[str, Any]]:
        """Every contact before a day, as it stands after corrections."""
        return ledger.contacts(self._ready, until)

    def record_effects(self, month: Month, rows: Sequence[Mapping[str, Any]]) -> int:
        """Add what the run of a month knows of the lists' effect; returns rows added."""
        return effects.record_effects(self._ready, month, rows)

    # rejected rows that people accept
    def acceptances(self, month: Month) -> list[Acceptance]:
        """The figures of a month that people have accepted, and not taken back."""
        return acceptances.in_force(self._ready, month)

    def record_acceptance(
        self, month: Month, acceptance: Acceptance, *, is_accepted: bool = True
    ) -> bool:
        """Accept a figure, or take that back; returns whether it changed something."""
        return acceptances.record(
            self._ready, month, acceptance, is_accepted=is_accepted
        )

    def releases(self, month: Month) -> list[Release]:
        """The releases in force for the rows of a month."""
        return releases.in_force(self._ready, month)

    def record_releases(
        self, month: Month, rows: Iterable[Release], *, is_released: bool = True
    ) -> int:
        """Add releases, or take them back; returns how many changed something."""
        return releases.record(self._ready, month, rows, is_released=is_released)

    def read(
        self, statement: str, parameters: Sequence[Any] = ()
    ) -> list[dict[str, Any]]:
        """Rows of one statement under the BI role: only the masked views can be read."""
        with self._ready.transaction("churn_bi") as cursor:
            cursor.execute(statement, parameters)
            return records(cursor)
