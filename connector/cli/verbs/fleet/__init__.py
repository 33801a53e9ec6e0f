"""The verbs of `fleet`: many stacks from one file."""

from connector.cli.app import Group, Verb

_HERE = "connector.cli.verbs.fleet"
VERBS = {
    "sync": Verb(
        f"{_HERE}.sync:fleet_sync",
        "Write Pulumi.STACK.yaml of every stack from fleet.yaml; only keys that it wrote itself are its own.",
    ),
    "new": Verb(
        f"{_HERE}.new:fleet_new",
        "Add one stack to fleet.yaml; asks for what is not given, on a terminal.",
    ),
    "matrix": Verb(
        f"{_HERE}.matrix:fleet_matrix",
        "Print the job matrix of a pipeline as JSON: `{\"include\": [{\"shard\", \"ring\", \"stacks\"}]}`.",
    ),
    "preview": Verb(
        f"{_HERE}.run:fleet_preview",
        "Show what `fleet deploy` would change, stack by stack; writes nothing.",
    ),
    "deploy": Verb(
        f"{_HERE}.run:fleet_deploy",
        "Deploy and prove stack by stack, ring after ring; a ring that fails too often stops the run.",
    ),
    "verify": Verb(f"{_HERE}.run:fleet_verify", "Prove the connection of every stack."),
    "rotate": Verb(
        f"{_HERE}.run:fleet_rotate",
        "Do the next due step of every stack's rotation (`rotate auto`).",
    ),
    "status": Verb(
        f"{_HERE}.status:fleet_status",
        "Show how every stack stands: drift, consent, days left, last proof; reads only, without the engine.",
    ),
}
group = Group("fleet", VERBS, help="Many stacks from one file, fleet.yaml.")
