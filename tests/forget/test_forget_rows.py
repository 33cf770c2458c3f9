"""Whose a row is, table by table: a few rows of the telecom profile, one of each kind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from churn_tasks.adapters.forgotten import read_forgotten
from churn_tasks.adapters.tokens import Tokeniser, load_key
from churn_tasks.adapters.tracking import Tracking
from churn_tasks.adapters.warehouse import Warehouse
from churn_tasks.adapters.warehouse.reviews import QueuedPair
from churn_tasks.by_hand.forget import removal
from churn_tasks.by_hand.forget.proof import Looked
from churn_tasks.by_hand.forget.work import Forgetting, Request, forget, resume
from churn_tasks.core.errors import BadInput, CheckFailed
from churn_tasks.core.months import Month
from churn_tasks.core.settings import process_environment
from churn_tasks.core.taken_out import taken_out
from churn_tasks.local.postgres import Cluster
from churn_tasks.runner.month_run import MonthRun
from tests.forget.kept import holding, partitions, warehouse_rows
from tests.lakes import put, rows, small_run
from tests.warehouse.warehouses import listed

MARCH = "2024-03"
NUMBERS = {
    "S1": "13900000001",
    "S2": "13900000002",
    "S3": "13900000003",
    "S4": "13900000004",
}
GIVEN = Request(["S1"], (), "R-1", "officer", "asked")


class Lake:
    """Four lines: S1 and S2 are one person, S3 and S4 share a number; S3 called S1."""

    def __init__(self, folder: Path, postgres: Cluster) -> None:
        url = postgres.create_database(f"f{uuid.uuid4().hex[:12]}")
        tables = ("bill", "cdr", "customer", "complaint")
        self.run: MonthRun = small_run(folder, MARCH, raw=tables)
        settings = self.run.settings
        environment = settings.environment.model_copy(update={"warehouse_url": url})
        self.settings = settings.model_copy(update={"environment": environment})
        self.tokens = Tokeniser(load_key(self.settings.token_key_file))
        self.fill()

    def token(self, line: str) -> str:
        return self.tokens.token(NUMBERS[line])

    def fill(self) -> None:
        shared = self.token("S4")
        masters = []
        for line in NUMBERS:
            token = shared if line in ("S3", "S4") else self.token(line)
            masters.append({"customer_id": line, "phone_token": token, "customer_name": f"name of {line}",
                            "event_date": "2020-01-01", "known_date": "2020-01-01"})  # fmt: skip
        masters.append(
            {"customer_id": " S1", "phone_token": None, "customer_name": "again"}
        )
        self.put("raw_customer", masters)
        self.put("clean_customer", masters[:4])
        self.put(
            "raw_cdr",
            [
                self.call("1", "S1", "S3"),
                self.call("2", "S3", "S1"),
                self.call("3", "S3", "S4"),
            ],
        )
        self.put("clean_cdr", [self.call("1", "S1", "S3"), self.call("2", "S3", "S1")])
        self.put("month_contact", [
            {"customer_id": "S3", "contact_id": "S1"}, {"customer_id": "S3", "contact_id": "S4"},
            {"customer_id": "S2", "contact_id": "S3"},
        ])  # fmt: skip
        self.put("customer_line", [
            {"customer_id": "S1", "person_id": "PS1", "successor_id": "S2"}, {"customer_id": "S2", "person_id": "PS1"},
            {"customer_id": "S3", "person_id": "PS3", "successor_id": "S2"}, {"customer_id": "S4", "person_id": "PS4"},
        ])  # fmt: skip
        self.put("customer", [
            {"person_id": "PS1", "primary_customer_id": "S2", "customer_name": "name of S1"},
            {"person_id": "PS3", "primary_customer_id": "S3"}, {"person_id": "PS4", "primary_customer_id": "S4"},
        ])  # fmt: skip
        self.put("match_pair", [
            {"customer_id_a": "S1", "customer_id_b": "S3"}, {"customer_id_a": "S3", "customer_id_b": "S4"},
        ])  # fmt: skip
        self.put("complaint", [
            {"complaint_id": "1", "customer_id": "S2", "complaint_text": "mine"},
            {"complaint_id": "2", "customer_id": "S4",
             "complaint_text": f"he calls from {NUMBERS['S1']} (139 0000 0001), 很烦"},
            {"complaint_id": "3", "customer_id": "S4", "complaint_text": "slow since 20240301"},
        ])  # fmt: skip
        self.put("quarantine", [
            self.rejected("0a", customer_id="S1", customer_name="x"), self.rejected("0b", customer_id="S3"),
            self.rejected("0c", phone_token=self.token("S2")),
            self.rejected("0d", customer_id="S4", peer_token=self.token("S1")),
            self.rejected("0e", file="bills.csv", line="4", text="S1,139x,broken"),
            self.rejected("0f", file="bills.csv", line="9", text="S11,2024,broken"),
        ])  # fmt: skip
        self.put(
            "file_line",
            [self.line(4, "S1,139x,broken"), self.line(9, "S11,2024,broken")],
        )
        self.put("quarantine_release", [self.release("0a"), self.release("0b")])
        self.put("refusal", [{"refused_month": "2024-02-01", "task": "model",
                              "reason": "gone_share is 0.3 (e.g. customer_id S1, customer_id S3)"}])  # fmt: skip
        warehouse = Warehouse(self.settings)
        warehouse.store_numbers(
            [(self.token(line), number) for line, number in NUMBERS.items()]
        )
        pairs = [self.pair("S1", "S3"), self.pair("S3", "S4")]
        warehouse.queue_pairs(Month.parse(MARCH), pairs, 10)
        for pair in pairs:
            warehouse.decide_pair(pair.numbers, "different", "clerk", "known")
        rows = []
        for rank, line in ((1, "S3"), (2, "S1")):
            rows.append(listed(rank, customer_id=line, phone_token=self.token(line)))
        warehouse.publish(warehouse.take_lease(Month.parse(MARCH)), "run", rows)
        warehouse.close()
        self.write_texts()

    def write_texts(self) -> None:
        """A page that shows S3 and S1, and a log that says something of S1 and S2."""
        self.page = self.settings.report_dir / f"{MARCH}.html"
        self.page.parent.mkdir(parents=True, exist_ok=True)
        row = (
            '<tr><td class="n">{}</td><td class="who"><b>139****000{}</b></td>\n</tr>\n'
        )
        self.page.write_text(
            f"<header></header>2 warned{row.format(1, 3)}{row.format(2, 1)}"
        )
        self.log = self.settings.environment.state_dir / "logs" / "check.log"
        self.log.parent.mkdir()
        problem = "column customer_id: key is not unique (2 rows; e.g. S1, S3)."
        self.log.write_text(f'{problem} {{"customer_id": "S2"}}')

    def put(self, table: str, given: list[dict[str, Any]]) -> None:
        if table == "complaint":
            table = "clean_complaint"
        put(self.run, table, MARCH, given, checked=False)

    def call(self, number: str, caller: str, called: str) -> dict[str, Any]:
        return {
            "cdr_id": number,
            "customer_id": caller,
            "peer_token": self.token(called),
        }

    def rejected(self, row_id: str, **row: str) -> dict[str, Any]:
        delivered = json.dumps(row, separators=(",", ":"))
        return {
            "table_name": "customer",
            "row_id": row_id,
            "rule": "r",
            "row_json": delivered,
            "row_count": 1,
        }

    def line(self, number: int, text: str) -> dict[str, Any]:
        """A line of a file that could not be read; nobody knows whose it was."""
        return {"table_name": "bill", "relation_name": "bills", "file_name": "bills.csv", "kind": "row_fields",
                "line_number": number, "line_text": text, "row_count": 1}  # fmt: skip

    def release(self, row_id: str) -> dict[str, Any]:
        return {
            "table_name": "customer",
            "row_id": row_id,
            "rule": "r",
            "decided_by": "clerk",
            "why": "right",
        }

    def pair(self, a: str, b: str) -> QueuedPair:
        record = json.dumps({"customer_name": f"name of {a}"})
        return QueuedPair(
            a, b, 0.5, "near", None, None, self.token(a), record, self.token(b), record
        )

    def column(self, table: str, name: str) -> list[Any]:
        return [row[name] for row in rows(self.run, table)]


@pytest.fixture
def lake(tmp_path: Path, postgres: Cluster) -> Iterator[Lake]:
    made = Lake(tmp_path, postgres)
    yield made
    made.run.close()


def test_all_lines_of_the_person_go_from_every_table(lake: Lake) -> None:
    done = forget(lake.settings, GIVEN)
    assert (done.people, done.lines, done.months) == (1, 2, {MARCH: 1})
    assert lake.column("raw_customer", "customer_id") == ["S3", "S4"], (
        "the one with a space before it went too"
    )
    assert lake.column("clean_customer", "customer_id") == ["S3", "S4"]
    assert lake.column("customer_line", "customer_id") == ["S3", "S4"]
    assert lake.column("customer_line", "successor_id") == [None, None], (
        "a reference to one of them is emptied"
    )
    assert lake.column("customer", "person_id") == ["PS3", "PS4"]
    assert lake.column("match_pair", "customer_id_a") == ["S3"]
    assert lake.column("quarantine", "row_id") == ["0b", "0d", "0e", "0f"], (
        "known by its token where it has no customer"
    )
    assert lake.column("quarantine_release", "row_id") == ["0b"]
    assert taken_out(lake.settings.taken_out_file)[MARCH].persons == 1


def test_what_the_daily_watch_has_taken_in_is_gone_as_a_whole(lake: Lake) -> None:
    """It makes the running month anew from the source, where the door keeps them out."""
    folder = lake.settings.watch_dir / "lake" / "raw_cdr" / "month=2024-03-01"
    folder.mkdir(parents=True)
    (folder / "restated=2024-03-15.parquet").write_bytes(b"rows of S1")
    forget(lake.settings, GIVEN)
    assert not lake.settings.watch_dir.exists()


def test_who_was_called_stays_one_person_without_a_name(lake: Lake) -> None:
    forget(lake.settings, GIVEN)
    veiled = read_forgotten(lake.settings.forgotten_file, lake.tokens.key)
    stand_in = veiled.stand_in(lake.token("S1"))
    assert lake.column("clean_cdr", "cdr_id") == ["2"]
    assert lake.column("clean_cdr", "peer_token") == [stand_in]
    assert sorted(lake.column("raw_cdr", "peer_token")) == sorted(
        [stand_in, lake.token("S4")]
    )
    assert set(lake.column("month_contact", "contact_id")) == {
        veiled.stand_in("S1"),
        "S4",
    }
    assert (
        json.loads(lake.column("quarantine", "row_json")[1])["peer_token"] == stand_in
    )


def test_numbers_and_examples_in_words_are_crossed_out(lake: Lake) -> None:
    forget(lake.settings, GIVEN)
    assert lake.column("clean_complaint", "complaint_text") == [
        "he calls from *** (***), 很烦",
        "slow since 20240301",
    ]
    assert lake.column("refusal", "reason") == ["gone_share is 0.3 (e.g. ***)"]
    problem = "column customer_id: key is not unique (2 rows; e.g. ***, S3)."
    assert lake.log.read_text() == f'{problem} {{"customer_id": "***"}}'


def test_a_damaged_line_that_gives_their_number_is_crossed_out_and_counted(
    lake: Lake,
) -> None:
    """Whose the line was nobody knows; that a longer number begins the same way is another one."""
    forget(lake.settings, GIVEN)
    assert lake.column("file_line", "line_text") == ["***", "S11,2024,broken"]
    set_aside = [json.loads(row) for row in lake.column("quarantine", "row_json")]
    damaged = [row["text"] for row in set_aside if "file" in row]
    assert sorted(damaged) == ["***", "S11,2024,broken"]


def test_the_warehouse_keeps_nothing_of_them(lake: Lake) -> None:
    forget(lake.settings, GIVEN)
    kept = warehouse_rows(lake.settings)
    assert len(kept["match_review"]) == len(kept["match_decision"]) == 1
    assert sorted(row.split(",")[1].strip(")") for row in kept["vault"]) == [
        NUMBERS["S3"],
        NUMBERS["S4"],
    ]
    names = [
        lake.token("S1"),
        lake.token("S2"),
        NUMBERS["S1"],
        NUMBERS["S2"],
        "name of S1",
        "name of S2",
    ]
    assert set(holding(lake.settings, *names)) == {"forgotten_profile"}, (
        "tokens are the list's keyed hashes"
    )
    assert NUMBERS["S1"] not in lake.settings.forgotten_file.read_text()


def test_a_number_that_somebody_else_has_too_stays_with_them(lake: Lake) -> None:
    done = forget(lake.settings, Request(["S3"], (), "R-2", "officer", "asked"))
    assert done.people == 1
    assert lake.column("clean_customer", "phone_token")[-1] == lake.token("S4")
    assert any(NUMBERS["S4"] in row for row in warehouse_rows(lake.settings)["vault"])


def test_a_telephone_number_names_its_holder(lake: Lake) -> None:
    done = forget(
        lake.settings, Request((), ["+86 139-0000-0002"], "R-3", "officer", "asked")
    )
    assert done.lines == 2
    with pytest.raises(BadInput, match="has had 2 holders: customers S3, S4"):
        forget(lake.settings, Request((), [NUMBERS["S4"]], "R-4", "officer", "asked"))
    with pytest.raises(BadInput, match="nobody's"):
        forget(lake.settings, Request((), ["13911111111"], "R-5", "officer", "asked"))


def many_calls(lake: Lake, condition: str) -> str:
    """Sixty thousand calls, or some of them."""
    given = {
        "cdr_id": "i::VARCHAR",
        "customer_id": "'S' || i % 97",
        "peer_token": "md5(i::VARCHAR)",
        "event_date": "DATE '2024-03-01' + (i % 31)::INT",
    }
    columns = []
    for name in lake.run.registry.tables["clean_cdr"].column_names:
        columns.append(f"{given.get(name, 'NULL')} AS {name}")
    return f"SELECT {', '.join(columns)} FROM range(60000) t(i) WHERE {condition}"


def test_the_bytes_are_those_of_a_partition_made_without_them(lake: Lake) -> None:
    """Many rows, of a table with a key and of one without."""
    tables, month = ("raw_cdr", "clean_cdr"), lake.run.month

    def digests() -> list[str]:
        return [lake.run.lake.sha256(table, month) for table in tables]

    for table in tables:
        lake.run.engine.write(table, month, many_calls(lake, "true"))
    whole = digests()
    forget(lake.settings, GIVEN)
    without = digests()
    for table in tables:
        never_there = many_calls(lake, "i % 97 NOT IN (1, 2)")
        lake.run.engine.write(table, month, never_there)
    assert without == digests() != whole


def test_what_a_restatement_keeps_aside_and_a_table_that_is_no_longer_declared(
    lake: Lake,
) -> None:
    folder = lake.settings.lake_dir
    old = folder / "feat_old" / "month=2024-03-01" / "data.parquet"
    aside = (
        folder
        / ".staging"
        / "kept-2024-05-01"
        / "clean_customer"
        / "month=2024-03-01"
        / "restated=2024-05-01.parquet"
    )
    orphan = folder / ".staging" / "clean_customer.2024-03.data.0.parquet"
    source = folder / "clean_customer" / "month=2024-03-01" / "data.parquet"
    for path in (old, aside, orphan):
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, path)
    forget(lake.settings, GIVEN)
    left = partitions(lake.settings)
    assert (
        len(left[str(old.relative_to(folder))])
        == len(left[str(aside.relative_to(folder))])
        == 2
    )
    assert not orphan.exists()


def test_the_proof_finds_what_the_removal_overlooks(lake: Lake) -> None:
    """Negative control, by four ways in which somebody may be there again."""
    forget(lake.settings, GIVEN)

    def found() -> set[str]:
        work = Forgetting(lake.settings)
        try:
            return {place.place for place in work.prove().places if place.found}
        finally:
            work.close()

    assert found() == set()
    put(lake.run, "month_billing", MARCH, [{"customer_id": "S2"}], checked=False)
    put(
        lake.run,
        "month_usage",
        MARCH,
        [{"customer_id": lake.token("S1")}],
        checked=False,
    )
    page = lake.settings.report_dir / "notes.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(f"call {NUMBERS['S1']}")
    with psycopg.connect(
        lake.settings.environment.warehouse_url, autocommit=True
    ) as admin:
        admin.execute(
            f'INSERT INTO "{lake.settings.warehouse_schema}".promotion VALUES'
            " ('2024-03-01', 1, 'm', 1, true, 'clerk', %s, '{}')",
            (f"as {NUMBERS['S2']} said",),
        )
    assert found() == {
        "lake month_billing", "lake month_usage", "warehouse promotion", "files profiles/profile/reports",
    }  # fmt: skip


def test_an_mlflow_server_is_looked_through_as_well(lake: Lake) -> None:
    """Its files need not lie in the state folder; what one of them says is found, however deep."""
    store = f"sqlite:///{lake.settings.environment.state_dir.parent / 'server.db'}"
    environment = lake.settings.environment.model_copy(update={"mlflow_url": store})
    settings = lake.settings.model_copy(update={"environment": environment})
    tracking = Tracking(settings)
    with tracking.month_run(Month.parse(MARCH)) as run:
        tracking.client.log_text(run, "precision 0.31", "report/deep/figures.txt")
    assert forget(settings, GIVEN).proof.places[-1] == Looked(
        "MLflow, runs and artifacts", 3, 0
    )
    tracking.client.log_text(
        run, "e.g. customer_id S2, and others", "report/deep/notes.txt"
    )
    with closing(Forgetting(settings)) as work:
        assert work.prove().places[-1] == Looked("MLflow, runs and artifacts", 4, 1)


KILLED = """
import os, signal, sys
from churn_tasks.by_hand.forget import removal, work
from churn_tasks.core.settings import load_settings

place, profile, state, url = int(sys.argv[1]), *sys.argv[2:5]
calls = 0

def killed_at(function):
    def called(*given, **more):
        global calls
        calls += 1
        if calls == place:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*given, **more)
    return called

removal.Removal.write_without = killed_at(removal.Removal.write_without)
for name in ("write_forgotten", "write_note", "write_taken_out", "clean_pages", "mark_reports"):
    setattr(work, name, killed_at(getattr(work, name)))
work.Forgetting._warehouse = killed_at(work.Forgetting._warehouse)
work.Forgetting.prove = killed_at(work.Forgetting.prove)
settings = load_settings(profile, state_dir=state, warehouse_url=url)
work.forget(settings, work.Request(["S1"], (), "R-1", "officer", "asked"))
print("calls", calls)
"""


def killed(lake: Lake, place: int) -> int:
    settings = lake.settings
    given = [
        str(settings.profile_dir),
        str(settings.environment.state_dir),
        settings.environment.warehouse_url,
    ]
    command = [sys.executable, "-c", KILLED, str(place), *given]
    done = subprocess.run(
        command,
        env={**process_environment(), "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        check=False,
    )
    return done.returncode


@pytest.mark.parametrize("place", [1, 2, 3, 5, 9, 14, 17, 18, 19, 20])
def test_killed_anywhere_it_is_taken_up_again(lake: Lake, place: int) -> None:
    assert killed(lake, place) == -signal.SIGKILL
    if place == 1:  # before the note: nothing has happened
        with pytest.raises(BadInput, match="no request is unfinished"):
            resume(lake.settings)
        forget(lake.settings, GIVEN)
    else:
        with pytest.raises(BadInput, match="not finished; take it up first"):
            forget(lake.settings, GIVEN)
        assert NUMBERS["S1"] not in lake.settings.forgetting_file.read_text()
        assert resume(lake.settings).proof.found == 0
    assert lake.column("clean_customer", "customer_id") == ["S3", "S4"]
    assert set(
        holding(lake.settings, lake.token("S1"), NUMBERS["S1"], "name of S2")
    ) == {"forgotten_profile"}
    marks = taken_out(lake.settings.taken_out_file)[MARCH]
    assert (marks.persons, marks.rows["clean_customer"], len(marks.requests)) == (
        1,
        2,
        1,
    ), "counted once"
    assert len(warehouse_rows(lake.settings)["erasure"]) == 1
    assert not lake.settings.forgetting_file.exists()
    page = lake.page.read_text()
    assert "139****0003" in page and "2 warned" in page
    assert "139****0001" not in page and 'id="taken-out"' in page


def test_a_row_too_many_is_never_lost(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the condition wrong, the file would stay."""
    monkeypatch.setattr(removal, "_left", lambda file, name, words: f"r.{name}")
    wrong = removal.condition

    def all_of_it(file: Any) -> str:
        return (
            "true"
            if file.table == "clean_customer"
            and sys._getframe(1).f_code.co_name == "_make_rest"
            else wrong(file)
        )

    monkeypatch.setattr(removal, "condition", all_of_it)
    with pytest.raises(
        BadInput, match=r"clean_customer 2024-03: 0 rows would be left where 2 must be"
    ):
        forget(lake.settings, GIVEN)
    assert len(lake.column("clean_customer", "customer_id")) == 4


def test_somebody_who_is_written_again_meanwhile_is_found(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = removal.Removal.look
    monkeypatch.setattr("churn_tasks.by_hand.forget.work.PASSES", 0)
    with pytest.raises(
        CheckFailed, match=r"somebody is still found: lake .*churn forget --resume"
    ):
        forget(lake.settings, GIVEN)
    monkeypatch.undo()
    assert clean is removal.Removal.look
    assert resume(lake.settings).proof.found == 0
