"""The command line's own rules: where a verb lives, blank options, and what misuse is told."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from connector.interrupts import QuietWhileLoading

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


class Group(TyperGroup):
    """Verbs out of a table: a name, and where it lives as `module:function`.

    The module is imported when its verb is typed, and at no other place: the help costs nothing but itself,
    and everything below a verb imports at its top.
    """

    def __init__(self, name: str, verbs: Mapping[str, str], *, help: str) -> None:
        """A group shows its help where no verb is named."""
        super().__init__(name=name, help=help, no_args_is_help=True, rich_markup_mode=None)
        self.commands = self.verbs = _Verbs(verbs)  # type: ignore[assignment]  # it is only read

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # as Typer calls it
        """The names, in the order of the table."""
        return list(self.verbs)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002  # as Typer calls it
        """The help's list."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.verbs.says(name)) for name in self.verbs])


class _Verbs(Mapping[str, Any]):
    """The commands of a table by name, each made when it is first asked for."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places, self._made = dict(places), dict[str, Any]()

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = _load(name, self._places[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def says(self, name: str) -> str:
        """A verb's own docstring, read without importing what the verb needs; a group's help."""
        module, _, inside = self._places[name].partition(":")
        source = find_spec(module)
        tree = ast.parse(Path(str(source and source.origin)).read_text(encoding="utf-8"))
        found = (one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == inside)
        function = next(found, None)
        return str(ast.get_docstring(function) if function else self[name].help)


def _load(name: str, place: str) -> Any:
    module, _, inside = place.partition(":")
    with QuietWhileLoading():
        found = getattr(import_module(module), inside)
    if isinstance(found, Group):
        return found
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name, cls=Command)(found)
    return typer.main.get_command(app)


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
