"""``churn forget``: people taken out of everything that is kept of them."""

import csv
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from churn_tasks.cli.options import ProfileOption, console, say
from churn_tasks.cli.tables import count, table
from churn_tasks.core.errors import BadInput, CheckFailed
from churn_tasks.core.settings import load_settings

if TYPE_CHECKING:
    from churn_tasks.by_hand.forget.people import People
    from churn_tasks.by_hand.forget.proof import Proof
    from churn_tasks.by_hand.forget.work import Done

COLUMNS = ("customer_id", "phone_number")


def forget_people(
    customer: Annotated[
        list[str] | None,
        typer.Option("--customer", help="A customer's number; may be given again."),
    ] = None,
    number: Annotated[
        list[str] | None,
        typer.Option(
            "--number",
            help="A telephone number; may be given again. A file keeps it out of the shell's history.",
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            help="CSV with a column customer_id or phone_number, one line a request.",
        ),
    ] = None,
    request: Annotated[
        str, typer.Option("--request", help="Reference of the request; kept.")
    ] = "",
    by: Annotated[str, typer.Option("--by", help="Who has it done; kept.")] = "",
    why: Annotated[
        str, typer.Option("--why", help="Why, without saying whom; kept.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Take up what a killed command was at.")
    ] = False,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Take nobody out: look everywhere for whoever was taken out before.",
        ),
    ] = False,
    profile: ProfileOption = None,
) -> None:
    """Take people out of lake, warehouse, vault and pages (right to be forgotten, 删除个人信息), and prove it.

    All lines of a person go. Lists and figures that were published stay, marked with how many people were taken out;
    the people do not come back with later deliveries. Let no month run meanwhile.
    """
    from churn_tasks.by_hand.forget.note import alone
    from churn_tasks.by_hand.forget.work import Forgetting, Request
    from churn_tasks.by_hand.forget.work import resume as take_up

    settings = load_settings(profile)
    if verify:
        with closing(Forgetting(settings)) as work:
            _show_proof(work.prove())
        return
    if resume:
        _show_done(take_up(settings, say))
        return
    customers, numbers = list(customer or ()), list(number or ())
    if file:
        more_customers, more_numbers = read_request(file)
        customers += more_customers
        numbers += more_numbers
    asked = Request(customers, numbers, request, by, why)
    with alone(settings.forgetting_file), closing(Forgetting(settings, say)) as work:
        people = work.people(asked)
        say(consequences(people))
        if not yes:
            typer.confirm("Take them out?", abort=True)
        _show_done(work.finish(work.begin(asked, people)))


def read_request(path: Path) -> tuple[list[str], list[str]]:
    """Customers' numbers and telephone numbers of a CSV file.

    Raises:
        BadInput: there is no such file, or it has neither column.
    """
    if not path.is_file():
        raise BadInput(f"{path}: there is no such file")
    with path.open(encoding="utf-8-sig", newline="") as opened:
        rows = csv.DictReader(opened)
        known = [name for name in COLUMNS if name in (rows.fieldnames or ())]
        if not known:
            raise BadInput(
                f"{path}: the first line names neither {' nor '.join(COLUMNS)}"
            )
        values: dict[str, list[str]] = {name: [] for name in COLUMNS}
        for row in rows:
            for name in known:
                if (row[name] or "").strip():
                    values[name].append(row[name].strip())
    return values["customer_id"], values["phone_number"]


def consequences(people: "People") -> str:
    """What will happen, before anybody says yes."""
    told = (
        f"{people.count} people with {len(people.customers)} lines will be taken out of every table, list and page, for"
        " good. Figures that were published stay. Copies outside (backups, exports, the source) are yours to clear."
    )
    if people.shared:
        shared = f"{people.shared} of their telephone or identity numbers"
        told += f" {shared} are other customers' as well and stay with those."
    return told


def _show_done(done: "Done") -> None:
    screen = table("", "table", "rows taken out")
    for name, rows in sorted(done.tables.items()):
        if rows:
            screen.add_row(name, count(rows))
    console.print(screen)
    months = ", ".join(f"{month} {persons}" for month, persons in done.months.items())
    say(
        f"{done.people} people with {done.lines} lines taken out. Months (people): {months or 'none'}."
        f" {done.pages} pages and logs written again."
    )
    _show_proof(done.proof)


def _show_proof(proof: "Proof") -> None:
    """Where it was looked, and what was found.

    Raises:
        CheckFailed: somebody was.
    """
    screen = table("", "looked through", "files or columns", "found")
    for place in proof.places:
        screen.add_row(place.place, count(place.parts), count(place.found))
    console.print(screen)
    parts = sum(place.parts for place in proof.places)
    say(f"{proof.found} found in {len(proof.places)} places, {parts} files and columns")
    if proof.found:
        raise CheckFailed("somebody who was taken out is there; see above")
