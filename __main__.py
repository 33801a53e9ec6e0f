"""The Pulumi program: settings → components → outputs."""

from __future__ import annotations

import os
from pathlib import Path

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from components import Connection, ConnectionArgs
from components.imports import importing, read_imports
from components.provider import tenant_provider
from connector.errors import ConnectError
from connector.settings import load_settings, stranger_keys
from connector.text import plain


def configuration() -> dict[str, object]:
    """Every key of every namespace: `pulumi.Config` reads one at a time, and none must go unseen."""
    return {**get_config_env(), **CONFIG.get()}


def raw_config() -> dict[str, object]:
    """Every key of this project's configuration, without the project's prefix."""
    prefix = f"{pulumi.get_project()}:"
    return {k.removeprefix(prefix): v for k, v in configuration().items() if k.startswith(prefix)}


def main() -> None:
    """Declare the Entra half of this stack's connection."""
    stack, folder = pulumi.get_stack(), Path(__file__).resolve().parent
    # Before the settings, which may miss the very key. The engine may read another file: no error.
    for stranger in stranger_keys(stack, folder):
        pulumi.log.warn(plain(f"Pulumi.{stack}.yaml: {stranger}"))
    settings = load_settings(raw_config(), stack=stack, project_dir=folder)
    for warning in settings.warnings:
        pulumi.log.warn(plain(str(warning)))
    args = ConnectionArgs(settings, tenant_provider(settings, configuration()))
    opts = pulumi.ResourceOptions(transformations=[importing(read_imports(os.environ))])
    connection = Connection(settings.profile.name, args, opts)
    for name, value in connection.outputs().items():
        pulumi.export(name, value)


try:
    main()
except ConnectError as error:
    # One clear message instead of a traceback; the engine adds the exit code.
    raise pulumi.RunError(plain(str(error))) from None
