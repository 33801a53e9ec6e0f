"""The command line's own rules, the same for every verb: blank options, and what misuse is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand

BLANK = "is empty: give a value, or leave the option out (an unset variable of a shell does this)"


def is_blank(value: object) -> bool:
    """Whether an option was given nothing, or a list of them holds such a one."""
    if isinstance(value, list | tuple):
        return any(is_blank(one) for one in value)
    return isinstance(value, str) and not value.strip()


class Command(TyperCommand):
    """A verb that refuses blank values: `--stack "$UNSET"` must not act on the selected stack."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments; raises BadParameter before the verb begins."""
        rest = super().parse_args(ctx, args)
        parameters: list[Any] = list(self.params)
        for parameter in parameters:
            if is_blank(ctx.params.get(str(parameter.name))):
                raise typer.BadParameter(BLANK, ctx=ctx, param=parameter)
        return rest


class App(typer.Typer):
    """A group whose verbs are all of this kind."""

    def command(self, name: str | None = None, **options: Any) -> Callable[[Any], Any]:
        """Register a verb."""
        return super().command(name, cls=Command, **options)


def misuse(error: Any) -> str:
    """What a person is told of arguments that cannot be: one sentence, or the help where there were none."""
    said = str(error.format_message())
    if said.startswith("Usage:"):
        return said
    command = error.ctx.command if getattr(error, "ctx", None) else None
    takes_stack = any(parameter.name == "stack" for parameter in getattr(command, "params", ()))
    if "unexpected extra argument" in said and takes_stack:
        said = f"{said.rstrip('.')}; a stack is named with --stack"
    return f"error: {said}"
