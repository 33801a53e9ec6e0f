"""`python -m connector VERB`."""

from connector.interrupts import QuietWhileLoading

if __name__ == "__main__":
    with QuietWhileLoading():
        from connector.cli.main import main
    raise SystemExit(main())
