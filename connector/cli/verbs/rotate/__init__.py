"""`rotate`: a new client secret beside the old one, proved; the old one goes once the new one is typed in."""

from connector.cli.app import Group

_VERBS = {name: f"{__name__}.{name}:rotate_{name}" for name in ("begin", "finish", "status", "auto")}
group = Group("rotate", _VERBS, help="Rotate the client secret in two slots.")
