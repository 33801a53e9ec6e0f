"""`python -m connector VERB`."""

from connector.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
