"""A look at Pulumi.STACK.yaml before the engine reads it: every way it can be bad is one sentence.

The engine reads the file as well, and its settings are what counts; but it takes a key given
twice for the last one, and says of a tab or a huge file what only its authors understand.
"""

from __future__ import annotations

from pathlib import Path

from connector.settings.yaml_text import read_mapping


def check_stack_file(stack: str, project_dir: Path) -> None:
    """Raise SettingsError when the stack's file is there and cannot be good settings.

    Windows line ends, a byte order mark and an empty file are fine.
    """
    # A stack of a shared backend may be named ORG/PROJECT/STACK; its file bears the last part.
    path = project_dir / f"Pulumi.{stack.rsplit('/', 1)[-1]}.yaml"
    if path.exists():
        read_mapping(path, name=path.name, empty=True)
