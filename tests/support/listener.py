"""A host that somebody's variable names: it listens on loopback and notes who comes."""

from __future__ import annotations

import socket
import threading
from types import TracebackType


class Listener:
    """Counts connections to a free port of 127.0.0.1 and closes each; `host` is its address."""

    def __init__(self) -> None:
        """Begin to listen."""
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:  # closed by the test
                return
            self.connections += 1
            connection.close()

    def __enter__(self) -> Listener:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()
