"""One comment on a pull request: its text, where it goes, and the services that keep it."""
