"""The control surface: serve, requests, dump, edit, fault, clock.

Each verb but `serve` works on the state file, so it needs no running server and the
server needs no door for it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from emulator.context import Context
from emulator.control import ControlError, dump, edit, move_clock, requests, tenants
from emulator.faults import ANSWERS, add_fault, clear_faults
from emulator.keys import SigningKey
from emulator.login.federation import assertion
from emulator.login.pipeline import azure_devops_job, github_job, github_subject
from emulator.server import ServeOptions, open_store, serve
from emulator.store import Store


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; 0 when done, 2 for bad input, 1 when the port is taken."""
    options = _parser().parse_args(arguments)
    try:
        handler: Callable[[argparse.Namespace], None] = options.handler
        handler(options)
    except (ControlError, ValueError) as error:
        print(f"emulator: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"emulator: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m emulator", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    _add_serve(verbs.add_parser("serve", help="serve until told to stop; prints export lines, then ready"))
    log = verbs.add_parser("requests", help="print the request log")
    log.add_argument("--json", action="store_true", help="one JSON array")
    log.add_argument("--reset", action="store_true", help="empty the log afterwards")
    log.set_defaults(handler=_requests)
    many = verbs.add_parser("tenants", help="print the numbered tenants of `serve --tenants`")
    many.add_argument("--json", action="store_true", help="one JSON array")
    many.set_defaults(handler=_tenants)
    everything = verbs.add_parser("dump", help="print every object")
    everything.add_argument("--json", action="store_true", help="one JSON object (the default)")
    everything.set_defaults(handler=_dump)
    _add_edit(verbs.add_parser("edit", help="change or delete one object behind the services' backs"))
    _add_fault(verbs.add_parser("fault", help="arm a fault"))
    _add_assertion(verbs.add_parser("assertion", help="print a token of the emulator's own issuer"))
    _add_job(verbs.add_parser("job", help="print the variables of a pipeline's job that may ask for a token"))
    clock = verbs.add_parser("clock", help="move the emulator's clock")
    clock.add_argument("shift", help="+30d, +2h, +15m, +40s, or 'reset'")
    clock.set_defaults(handler=_clock)
    for verb in verbs.choices.values():
        verb.add_argument("--dir", type=Path, default=Path(".local/emulator"), help="where its state is")
    return parser


def _add_serve(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--port", type=int, default=8443, help="0 for any free one")
    verb.add_argument("--seed", type=Path, metavar="FILE", help="more tenants and organizations (JSON)")
    verb.add_argument("--tenants", type=int, default=0, metavar="N", help="N more tenants, numbered")
    verb.add_argument("--latency-ms", type=int, default=0, help="added to every request")
    verb.add_argument("--page-size", type=int, help="largest page of any list")
    verb.add_argument("--for", dest="seconds", type=float, metavar="SECONDS", help="stop by itself after")
    verb.set_defaults(handler=_serve)


def _add_edit(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("kind", help="applications, servicePrincipals, roles, systemusers, …")
    verb.add_argument("id")
    verb.add_argument("json", nargs="?", help="a JSON merge patch (RFC 7386: null removes)")
    verb.add_argument("--delete", action="store_true")
    verb.add_argument("--scope", metavar="ID", help="the tenant or organization, where several have it")
    verb.set_defaults(handler=_edit)


def _add_assertion(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--subject", required=True, help="its sub, such as repo:o/r:ref:refs/heads/main")
    verb.add_argument("--audience", default="api://AzureADTokenExchange")
    verb.add_argument("--port", type=int, default=8443, help="the running server's port: it is in the issuer")
    verb.set_defaults(handler=_assertion)


def _add_job(verb: argparse.ArgumentParser) -> None:
    service = verb.add_mutually_exclusive_group(required=True)
    service.add_argument("--github", metavar="OWNER/REPO", help="a job of GitHub Actions")
    service.add_argument("--azure-devops", metavar="SUBJECT", help="a job of Azure Pipelines")
    verb.add_argument("--context", default="pull_request", help="pull_request, environment:NAME or ref:REF")
    verb.add_argument("--owner-id", metavar="N", help="with --repository-id: the subject since July 2026")
    verb.add_argument("--repository-id", metavar="N")
    verb.add_argument("--connection", default="connection-1", help="the service connection's id")
    verb.add_argument("--issuer", default="", help="the service connection's issuer")
    verb.add_argument("--port", type=int, default=8443, help="the running server's port")
    verb.set_defaults(handler=_job)


def _add_fault(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("method", help="GET, POST, …, * for any, or 'clear' to disarm all")
    verb.add_argument("route", nargs="?", default="*", help="/v1.0/applications/{id}, * for anything")
    verb.add_argument("--nth", type=int, default=1, help="the first matching call that is spoilt")
    verb.add_argument("--answer", choices=ANSWERS, default="503")
    verb.add_argument("--retry-after", metavar="V", help="seconds, a fraction, or an HTTP date")
    verb.add_argument("--times", type=int, default=1, help="how many calls; for lag: how many reads")
    verb.set_defaults(handler=_fault)


def _serve(options: argparse.Namespace) -> None:
    serve(
        ServeOptions(
            folder=options.dir,
            port=options.port,
            seed_file=options.seed,
            latency_ms=options.latency_ms,
            page_size=options.page_size,
            seconds=options.seconds,
            tenants=options.tenants,
        )
    )


def _existing_store(options: argparse.Namespace) -> Store:
    if not (options.dir / "state.db").exists():
        raise ControlError(f"{options.dir}: no emulator has run here; `python -m emulator serve` makes it")
    return open_store(options.dir)


def _requests(options: argparse.Namespace) -> None:
    lines = requests(_existing_store(options), reset=options.reset)
    if options.json:
        print(json.dumps(lines))
        return
    for line in lines:
        mark = "" if line["emulated"] else "  (not emulated)"
        print(f"{line['status']} {line['method']:6} {line['host']}{line['path']}  {line['client_id']}{mark}")


def _tenants(options: argparse.Namespace) -> None:
    rows = tenants(_existing_store(options))
    if options.json:
        print(json.dumps(rows))
        return
    for row in rows:
        print(f"{row['name']}  {row['tenantId']}  {row['dynamicsUrl']}  deployer {row['deployerId']}")


def _dump(options: argparse.Namespace) -> None:
    print(json.dumps(dump(_existing_store(options)), indent=1))


def _edit(options: argparse.Namespace) -> None:
    store = _existing_store(options)
    edit(store, options.kind, options.id, options.json, delete=options.delete, scope=options.scope)


def _fault(options: argparse.Namespace) -> None:
    store = _existing_store(options)
    if options.method == "clear":
        clear_faults(store)
        return
    add_fault(
        store,
        options.method,
        options.route,
        nth=options.nth,
        answer=options.answer,
        retry_after=options.retry_after,
        times=options.times,
    )


def _context(options: argparse.Namespace) -> Context:
    return Context(_existing_store(options), SigningKey(options.dir / "signing-key.pem"), options.port)


def _assertion(options: argparse.Namespace) -> None:
    print(assertion(_context(options), options.subject, options.audience))


def _job(options: argparse.Namespace) -> None:
    ctx = _context(options)
    if options.github:
        if options.github.count("/") != 1:
            raise ControlError(f"--github {options.github}: give OWNER/REPO")
        subject = github_subject(
            options.github, options.context, options.owner_id, options.repository_id
        )
        variables = github_job(ctx, subject)
    else:
        variables = azure_devops_job(ctx, options.azure_devops, options.connection, options.issuer)
    for name, value in variables.items():
        print(f"export {name}='{value}'")


def _clock(options: argparse.Namespace) -> None:
    move_clock(_existing_store(options), options.shift)
