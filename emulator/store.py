"""The emulator's whole state: JSON documents in one SQLite file.

A document is addressed by (scope, kind, id). The scope is a tenant id for directory
objects and an organization id for Dataverse rows, so one file holds many of each. A scope may
share a kind with a template: it reads the template's documents, until it first writes one of them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Document = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    scope TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (scope, kind, id)
);
CREATE INDEX IF NOT EXISTS objects_by_id ON objects (kind, id);
CREATE INDEX IF NOT EXISTS organizations_by_address ON objects (json_extract(body, '$.address'))
    WHERE kind = 'organizations';
CREATE TABLE IF NOT EXISTS shared (
    scope TEXT NOT NULL, kind TEXT NOT NULL, template TEXT NOT NULL, PRIMARY KEY (scope, kind)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS log (
    number INTEGER PRIMARY KEY AUTOINCREMENT, started REAL, ended REAL, service TEXT, host TEXT,
    method TEXT, path TEXT, query TEXT, status INTEGER, client_id TEXT, emulated INTEGER
);
CREATE TABLE IF NOT EXISTS faults (
    number INTEGER PRIMARY KEY AUTOINCREMENT, method TEXT, route TEXT, nth INTEGER, answer TEXT,
    retry_after TEXT, times INTEGER, seen INTEGER DEFAULT 0, until REAL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS sign_ins (
    scope TEXT NOT NULL, key_id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (scope, key_id)
);
CREATE TABLE IF NOT EXISTS lags (id TEXT PRIMARY KEY, remaining INTEGER);
"""


class Store:
    """Documents by scope, kind and id; every method sees the file as it is now."""

    def __init__(self, path: Path) -> None:
        """Open (and if need be create) the database at *path*."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.db = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
        self.db.row_factory = sqlite3.Row
        self.db.execute("PRAGMA journal_mode=WAL")
        # Losing the last writes in a power cut costs a stand-in nothing; waiting for the disk would.
        self.db.execute("PRAGMA synchronous=OFF")
        self.db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the database."""
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything written inside, or nothing when an exception leaves the block."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def share(self, scope: str, kind: str, template: str) -> None:
        """Let a scope read a kind of a template, which nobody writes any more."""
        self.db.execute("INSERT INTO shared VALUES (?,?,?)", (scope, kind, template))

    def source(self, scope: str, kind: str) -> str:
        """The scope that holds the documents of a kind: the template's while they are shared."""
        row = self.db.execute(
            "SELECT template FROM shared WHERE scope=? AND kind=?", (scope, kind)
        ).fetchone()
        return str(row["template"]) if row else scope

    def _own(self, scope: str, kind: str) -> None:
        """Before a write: the shared documents of a kind become the scope's own."""
        template = self.source(scope, kind)
        if template != scope:
            self.db.execute("DELETE FROM shared WHERE scope=? AND kind=?", (scope, kind))
            self.db.execute(
                "INSERT INTO objects SELECT ?, kind, id, body FROM objects WHERE scope=? AND kind=?"
                " ORDER BY rowid",
                (scope, template, kind),
            )

    def get(self, scope: str, kind: str, id: str) -> Document | None:
        """Return one document, or None."""
        row = self.db.execute(
            "SELECT body FROM objects WHERE scope=? AND kind=? AND id=?",
            (self.source(scope, kind), kind, id.lower()),
        ).fetchone()
        return json.loads(row["body"]) if row else None

    def put(self, scope: str, kind: str, id: str, body: Document) -> None:
        """Create or replace one document; a replaced one keeps its place in the order of making."""
        self._own(scope, kind)
        self.db.execute(
            "INSERT INTO objects VALUES (?,?,?,?)"
            " ON CONFLICT (scope, kind, id) DO UPDATE SET body=excluded.body",
            (scope, kind, id.lower(), json.dumps(body)),
        )

    def delete(self, scope: str, kind: str, id: str) -> bool:
        """Delete one document; False when there was none."""
        self._own(scope, kind)
        cursor = self.db.execute(
            "DELETE FROM objects WHERE scope=? AND kind=? AND id=?", (scope, kind, id.lower())
        )
        return cursor.rowcount > 0

    def all(self, scope: str, kind: str) -> list[Document]:
        """Return all documents of a kind in a scope, in the order of their making."""
        rows = self.db.execute(
            "SELECT body FROM objects WHERE scope=? AND kind=? ORDER BY rowid",
            (self.source(scope, kind), kind),
        )
        return [json.loads(row["body"]) for row in rows]

    def find(self, scope: str, kind: str, **equals: object) -> list[Document]:
        """Return the documents whose top-level properties equal the given values."""
        return [
            doc for doc in self.all(scope, kind) if all(doc.get(k) == v for k, v in equals.items())
        ]

    def scopes_of(self, kind: str, id: str) -> list[str]:
        """Return the scopes that hold a document of this kind and id, a template's among them."""
        rows = self.db.execute("SELECT scope FROM objects WHERE kind=? AND id=?", (kind, id.lower()))
        return [row["scope"] for row in rows]

    def organization_at(self, address: str) -> Document | None:
        """Return the organization that answers on a loopback address, or None."""
        row = self.db.execute(
            "SELECT body FROM objects WHERE kind='organizations' AND json_extract(body, '$.address')=?",
            (address,),
        ).fetchone()
        return json.loads(row["body"]) if row else None

    def everything(self) -> dict[str, dict[str, list[Document]]]:
        """Return all documents as scope → kind → list (what `dump` prints), shared ones once."""
        out: dict[str, dict[str, list[Document]]] = {}
        for row in self.db.execute("SELECT scope, kind, body FROM objects ORDER BY rowid"):
            out.setdefault(row["scope"], {}).setdefault(row["kind"], []).append(json.loads(row["body"]))
        return out

    def note_sign_in(self, scope: str, key_id: str, body: Document) -> None:
        """Keep the last log-in with a credential; it is no object, so `dump` does not show it."""
        values = (scope, key_id.lower(), json.dumps(body))
        self.db.execute("INSERT OR REPLACE INTO sign_ins VALUES (?,?,?)", values)

    def sign_ins(self, scope: str) -> list[Document]:
        """Return the last log-in with each credential in a tenant."""
        rows = self.db.execute("SELECT body FROM sign_ins WHERE scope=? ORDER BY rowid", (scope,))
        return [json.loads(row["body"]) for row in rows]

    def meta(self, name: str, default: str = "") -> str:
        """Return a setting of the emulator itself (clock offset, schema of the seed)."""
        row = self.db.execute("SELECT value FROM meta WHERE name=?", (name,)).fetchone()
        return str(row["value"]) if row else default

    def set_meta(self, name: str, value: str) -> None:
        """Write a setting of the emulator itself."""
        self.db.execute("INSERT OR REPLACE INTO meta VALUES (?,?)", (name, value))
