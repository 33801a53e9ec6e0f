"""Arguments of OData functions: literals in the path or aliases in the query; ids in bodies."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from emulator.dataverse.caller import Caller
from emulator.dataverse.errors import BadArgument, BadBody, BadQuery
from emulator.dataverse.filters import is_guid

_ARGUMENT = re.compile(r"\s*(\w+)\s*=\s*('(?:[^']|'')*'|\[[^\]]*\]|[^,]+)\s*(?:,|\Z)")


def function_arguments(text: str, query: Mapping[str, str]) -> dict[str, str]:
    """Name → literal of a function call, aliases (`@p`) resolved by the query.

    Raises BadQuery for an alias without a value or a text that is no argument list.
    """
    found: dict[str, str] = {}
    position = 0
    while position < len(text):
        match = _ARGUMENT.match(text, position)
        if match is None:
            raise BadQuery(f"Syntax error in the function arguments '{text}'.")
        name, literal = match.groups()
        if literal.startswith("@") and literal not in query:
            raise BadQuery(f"The parameter alias '{literal}' has no value.")
        found[name] = query[literal] if literal.startswith("@") else literal.strip()
        position = match.end()
    return found


def guid_argument(arguments: Mapping[str, str], name: str) -> str:
    """A GUID argument. Raises BadArgument when it is missing, BadQuery when it is none."""
    if name not in arguments:
        raise BadArgument(f"Required field '{name}' is missing.")
    if not is_guid(arguments[name]):
        raise BadQuery(f"Unrecognized 'Edm.Guid' literal '{arguments[name]}'.")
    return arguments[name].lower()


def text_argument(arguments: Mapping[str, str], name: str) -> str:
    """A string argument, without its quotes. Raises BadArgument when it is missing."""
    if name not in arguments:
        raise BadArgument(f"Required field '{name}' is missing.")
    return arguments[name].strip("'").replace("''", "'")


def list_argument(arguments: Mapping[str, str], name: str) -> list[str]:
    """A JSON array of strings. Raises BadArgument when it is missing, BadQuery when it is none."""
    if name not in arguments:
        raise BadArgument(f"Required field '{name}' is missing.")
    try:
        value = json.loads(arguments[name])
    except ValueError as error:
        raise BadQuery(f"The value of '{name}' is not a collection.") from error
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadQuery(f"The value of '{name}' is not a collection of strings.")
    return value


def refuse_unknown(body: Mapping[str, Any], known: tuple[str, ...], table: str) -> None:
    """Refuse a property that the table does not have (or that cannot be written)."""
    for name in body:
        if name not in known and not name.startswith("@odata."):
            raise BadQuery(
                f"Invalid property '{name}' was found in entity 'Microsoft.Dynamics.CRM.{table}'. ---> "
                f"The property '{name}' does not exist on type 'Microsoft.Dynamics.CRM.{table}'."
            )


def bound_id(caller: Caller, value: object, target: str) -> str:
    """The id in an @odata.bind, relative (`/businessunits(id)`) or absolute.

    Raises BadBody when it is no such address.
    """
    match = re.fullmatch(r"(?P<base>https://.*/)?/?(?P<set>\w+)\((?P<id>[^()]+)\)", str(value))
    if match is None or match.group("set") != target or not is_guid(match.group("id")):
        raise BadBody(f"The value '{value}' is not a reference to {target}.")
    if match.group("base") and not match.group("base").startswith(f"{caller.url}/api/data/v9."):
        raise BadBody(f"The value '{value}' does not refer to this organization.")
    return match.group("id").lower()


def reference_id(caller: Caller, value: object, target: str) -> str:
    """The id in an @odata.id, which must be absolute. Raises BadBody for a relative one.

    Source: powerapps-docs, webapi/associate-disassociate-entities-using-web-api.
    """
    if not isinstance(value, str) or not value.startswith("https://"):
        raise BadBody("Invalid URI: The format of the URI could not be determined; @odata.id is absolute.")
    return bound_id(caller, value, target)
