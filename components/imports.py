"""Taking over what exists: resources that are imported instead of made.

`deploy` and `adopt` find out which of this stack's resources are in the tenant already and hand
their ids over; in such a run the program takes them into the state as they are. What differs from
the settings shows in the next preview, and the next `up` changes it in place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import pulumi

#: The variable that carries them: a JSON object, resource name → the provider's import id.
VARIABLE = "CONNECT_IMPORTS"


def read_imports(environ: Mapping[str, str]) -> dict[str, str]:
    """The import ids of this run by resource name; empty in a plain run."""
    return {str(name): str(id) for name, id in json.loads(environ.get(VARIABLE) or "{}").items()}


def importing(imports: Mapping[str, str]) -> pulumi.ResourceTransformation:
    """A transformation that imports the resources named and changes nothing about them.

    The engine refuses to import what differs from the program, so every difference is ignored in
    the importing run.
    """

    def transform(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        id = imports.get(args.name)
        if id is None or not args.type_.startswith("azuread:"):
            return None
        taken = pulumi.ResourceOptions(import_=id, ignore_changes=["*"])
        return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, taken))

    return transform
