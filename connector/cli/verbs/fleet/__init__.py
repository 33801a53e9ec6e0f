"""The verbs of `fleet`: many stacks from one file."""

from connector.cli.app import Group

_OVER_STACKS = {name: f"{__name__}.run:fleet_{name}" for name in ("preview", "deploy", "verify", "rotate")}
_VERBS = {
    **{name: f"{__name__}.{name}:fleet_{name}" for name in ("sync", "new", "matrix")},
    **_OVER_STACKS,
    "status": f"{__name__}.status:fleet_status",
}
group = Group("fleet", _VERBS, help="Many stacks from one file, fleet.yaml.")
