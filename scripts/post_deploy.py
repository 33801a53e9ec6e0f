"""The post-deploy script: after a plain `pulumi up`, `apply` and then `verify` for one stack.

    python scripts/post_deploy.py --stack NAME [--json]

The same code as `python -m connector deploy`, without the `up`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from connector.interrupts import QuietWhileLoading

with QuietWhileLoading():
    from typer import Exit

    from connector.cli.app import BLANK, is_blank
    from connector.cli.run import run_verb
    from connector.cli.screen.console import Screen
    from connector.cli.verbs import deploy as verbs
    from connector.text import guard_streams


def _given(text: str) -> str:
    if is_blank(text):
        raise argparse.ArgumentTypeError(BLANK)
    return text


def main() -> int:
    """Run it; exit codes as those of the verbs."""
    parser = argparse.ArgumentParser(description="Dataverse half and proof, after pulumi up.")
    parser.add_argument("--stack", type=_given, help="the selected stack by default")
    parser.add_argument("--records", type=_given, help="folder of the records (.local/records)")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    guard_streams()
    options = parser.parse_args()
    try:
        run_verb(
            "post_deploy",
            Screen(as_json=options.json),
            lambda screen: verbs.post_deploy(screen, options.stack, options.records),
        )
    except Exit as done:
        return int(done.exit_code)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
