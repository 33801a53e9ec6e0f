"""`rotate`: a new client secret beside the old one, proved; the old one goes once the new one is typed in."""

from connector.cli.app import Group, Verb

_HERE = "connector.cli.verbs.rotate"
VERBS = {
    "begin": Verb(
        f"{_HERE}.begin:rotate_begin",
        "Add a secret in the other slot, deploy it and prove it; the old one stays valid.",
    ),
    "finish": Verb(
        f"{_HERE}.finish:rotate_finish",
        "Retire the old secret, once the new one is typed in and passed the proof again.",
    ),
    "status": Verb(
        f"{_HERE}.status:rotate_status",
        "Show both slots, days left, and what is next; --patch brings the settings in line with the state.",
    ),
    "auto": Verb(
        f"{_HERE}.auto:rotate_auto",
        "For pipelines: the next due step alone; exit 10 when a person is needed, 11 when a secret ends "
        "soon.",
    ),
}
group = Group("rotate", VERBS, help="Rotate the client secret in two slots.")
