"""`handover`: the connect form's values, shown, sealed for one key, or in a file of the owner's alone."""

from __future__ import annotations

import json as jsonlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from connector.cli.open_stack import OpenStack
from connector.cli.options import Json, Records, Stack
from connector.cli.paths import file_to_write, keep_out_of_git
from connector.cli.run import Outcome, run_verb
from connector.cli.screen.console import Screen
from connector.records.handover import Handover, handover_doubts, make_handover, seal, write_new


@dataclass(frozen=True)
class Delivery:
    """How the values leave: `to_age` seals them, `to_file` writes them; without either they are shown."""

    show_secret: bool = False
    to_age: str | None = None
    to_file: str | None = None

    @property
    def result(self) -> str:
        """The result that the report names."""
        if self.to_age:
            return "sealed"
        return "written" if self.to_file else "shown"


def handover(  # options of a command line
    stack: Stack = None,
    json: Json = False,
    records: Records = None,
    show_secret: Annotated[bool, typer.Option("--show-secret", help="Print the client secret too.")] = False,
    to_age: Annotated[
        str | None,
        typer.Option("--to-age", help="Seal everything for this age or SSH public key, or a file with one."),
    ] = None,
    to_file: Annotated[
        str | None,
        typer.Option("--to-file", help="Write everything to a new file that only you can read."),
    ] = None,
) -> None:
    """Give the values that the connect form asks for, in its order and words."""
    delivery = Delivery(show_secret=show_secret, to_age=to_age, to_file=to_file)
    run_verb("handover", Screen(as_json=json), lambda screen: _hand_over(screen, stack, delivery, records))


def _hand_over(screen: Screen, stack: str | None, delivery: Delivery, records: str | None) -> Outcome:
    """The values of the connect form; the secret only where somebody asked to receive it.

    What no proof on record stands for is handed over with a warning: a run may have died before it.
    """
    path = file_to_write("--to-file", delivery.to_file, code="handover.file")
    if path is not None and not delivery.to_age:
        keep_out_of_git("--to-file", path)
    opened = OpenStack(screen, stack, records)
    outputs = opened.outputs()
    form = make_handover(opened.settings, outputs)
    body: dict[str, object] = {"verb": "handover", "stack": opened.name, "result": delivery.result}
    doubts = handover_doubts(opened.record(), outputs, datetime.now(UTC))
    body["proved"] = not doubts
    body["values"] = form.to_json(show_secret=delivery.show_secret)
    sealed = _deliver(form, delivery, path, as_json=screen.as_json)
    if sealed is not None:
        body["sealed"] = sealed
    if not screen.as_json:
        print(sealed if sealed is not None else form.text(show_secret=delivery.show_secret), end="")
        print("" if sealed is not None else "\n", end="")
    if path is not None:
        what = "sealed; send it to whoever holds the private key, nobody else can open it"
        plain = "written, for you alone to read; delete it when it is typed in"
        screen.say(f"{path}: {what if delivery.to_age else plain}")
    for doubt in doubts:
        screen.say(f"warning: {doubt}")
    return Outcome(body)


def _deliver(form: Handover, delivery: Delivery, path: Path | None, *, as_json: bool) -> str | None:
    """Write the file, and return the sealed text where it was not written."""
    if not delivery.to_age and path is None:
        return None
    text = jsonlib.dumps(form.to_json(show_secret=True), indent=1) if as_json else form.text(show_secret=True)
    content = seal(text + "\n", delivery.to_age) if delivery.to_age else text + "\n"
    if path is not None:
        write_new(path, content)
        return None
    return content
