"""`handover`: the connect form's values, shown, sealed for one key, or in a file of the owner's alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from connector.cli.engine.pulumi import Engine
from connector.cli.open_stack import records_folder
from connector.cli.paths import file_to_write, keep_out_of_git
from connector.cli.run import Outcome
from connector.cli.screen.console import Voice
from connector.records.handover import Handover, handover_doubts, make_handover, seal, write_new
from connector.records.record import read_record


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


def handover(voice: Voice, stack: str | None, delivery: Delivery, records: str | None = None) -> Outcome:
    """The values of the connect form; the secret only where somebody asked to receive it.

    What no proof on record stands for is handed over with a warning: a run may have died before it.
    """
    path = file_to_write("--to-file", delivery.to_file, code="handover.file")
    if path is not None and not delivery.to_age:
        keep_out_of_git("--to-file", path)
    folder = records_folder(records)
    engine = Engine(stack, voice.say)
    settings, outputs = engine.settings(), engine.outputs()
    form = make_handover(settings, outputs)
    body: dict[str, object] = {"verb": "handover", "stack": settings.stack, "result": delivery.result}
    doubts = handover_doubts(read_record(settings.stack, folder), outputs, datetime.now(UTC))
    body["proved"] = not doubts
    body["values"] = form.to_json(show_secret=delivery.show_secret)
    sealed = _deliver(form, delivery, path, as_json=voice.as_json)
    if sealed is not None:
        body["sealed"] = sealed
    if not voice.as_json:
        print(sealed if sealed is not None else form.text(show_secret=delivery.show_secret), end="")
        print("" if sealed is not None else "\n", end="")
    if path is not None:
        what = "sealed; send it to whoever holds the private key, nobody else can open it"
        plain = "written, for you alone to read; delete it when it is typed in"
        voice.say(f"{path}: {what if delivery.to_age else plain}")
    for doubt in doubts:
        voice.say(f"warning: {doubt}")
    return Outcome(body)


def _deliver(form: Handover, delivery: Delivery, path: Path | None, *, as_json: bool) -> str | None:
    """Write the file, and return the sealed text where it was not written."""
    if not delivery.to_age and path is None:
        return None
    text = json.dumps(form.to_json(show_secret=True), indent=1) if as_json else form.text(show_secret=True)
    content = seal(text + "\n", delivery.to_age) if delivery.to_age else text + "\n"
    if path is not None:
        write_new(path, content)
        return None
    return content
