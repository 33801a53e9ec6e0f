"""A Python language host for the Pulumi engine, made of what the PyPI SDK ships.

The vendor's host is a Go program that no package index serves. The SDK's automation
API carries a gRPC language server for inline programs; this one runs `__main__.py`
instead, and starts Python plugins (policy packs) for the engine. It is started by
`pulumi-language-python` beside it and prints its port as the first line on stdout.
"""

from __future__ import annotations

import importlib.metadata
import os
import queue
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc


class ProjectLanguageServer(LanguageServer):
    """Runs the program in the project's folder instead of an inline function."""

    def __init__(self) -> None:
        """Serve no program yet; each Run names its own."""
        super().__init__(lambda: None)

    def Handshake(self, request: Any, context: Any) -> Any:
        """Answer the engine's greeting."""
        return language_pb2.LanguageHandshakeResponse()

    def Run(self, request: Any, context: Any) -> Any:
        """Run the program; an error that it printed itself is not printed again."""
        entry = request.info.entry_point or request.program or "."
        folder = request.info.program_directory or request.pwd
        self.program = lambda: _run_program(folder, entry)
        response = super().Run(request, context)
        # The server has logged the error already: `bail` says so to the engine.
        return language_pb2.RunResponse(bail=True) if response.error else response

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:
        """Install nothing: scripts/setup owns the virtual environment."""
        yield language_pb2.InstallDependenciesResponse(
            stderr=b"Dependencies are installed by scripts/setup.\n"
        )

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:
        """List the installed distributions (`pulumi about`)."""
        installed = sorted((d.name, d.version) for d in importlib.metadata.distributions())
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[language_pb2.DependencyInfo(name=n, version=v) for n, v in installed]
        )

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:
        """Start a Python plugin (a policy pack) and stream what it prints until it ends."""
        folder = request.info.program_directory or request.program or request.pwd
        env = dict(item.split("=", 1) for item in request.env) or None
        process = subprocess.Popen(
            [sys.executable, "-u", folder, *request.args],
            cwd=request.pwd or None,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        context.add_callback(process.terminate)
        yield from _stream(process)
        yield language_pb2.RunPluginResponse(exitcode=process.wait())


def _run_program(folder: str, entry: str) -> None:
    path = os.path.normpath(os.path.join(folder, entry))
    os.chdir(folder)
    sys.path.insert(0, path if os.path.isdir(path) else os.path.dirname(path))
    runpy.run_path(path, run_name="__main__")


def _stream(process: subprocess.Popen[bytes]) -> Iterator[Any]:
    lines: queue.Queue[Any] = queue.Queue()

    def pump(pipe: Any, field: str) -> None:
        for chunk in iter(lambda: pipe.read1(65536), b""):
            lines.put(language_pb2.RunPluginResponse(**{field: chunk}))
        lines.put(None)

    for pipe, field in ((process.stdout, "stdout"), (process.stderr, "stderr")):
        threading.Thread(target=pump, args=(pipe, field), daemon=True).start()
    for _ in range(2):
        yield from iter(lines.get, None)


def _end_with(parent: int) -> None:
    """End when the engine has gone without a word: killed, it ends nobody."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def main() -> None:
    """Serve on a free loopback port until the engine ends this process, or ends itself."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    # The engine ends its plugins with an interrupt and waits five seconds for them to go.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    server = grpc.server(
        ThreadPoolExecutor(max_workers=8),
        options=[("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)],
    )
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(ProjectLanguageServer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
