"""Runs the web door until it is told to stop: one process, one port."""

import ctypes
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import NamedTuple

import uvicorn
from anyio import to_thread

from safety.home import Home, Unusable
from safety.web.door import door
from safety.web.first_links import first_steps
from safety.web.outward import Outward

GRACE_SECONDS = 2
"""How long requests that are under way may take once it is told to stop; an open stream would never end by itself."""
THREADS = 8
"""How many requests are worked on at once; the others wait their turn. Each thread keeps a connection to every database it has
used, and more of them than this answer nobody sooner: what is not waiting for the disk takes turns at the interpreter."""
MMAP_THRESHOLD, A_LARGE_BLOCK = -3, 1_048_576
"""glibc's `M_MMAP_THRESHOLD` (mallopt(3)), and from how many bytes on a block goes back to the system when it is let go."""


def listening(host: str, port: int) -> socket.socket:
    """Take the port; 0 takes a free one.

    Raises:
        Unusable: the port is taken, or the host is none of this machine.

    """
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as fault:
        # Python puts the address behind the system's words, which the sentence has already.
        reason = str(fault.strerror).partition(" (")[0].lower()
        raise Unusable(
            f"the web door cannot open at {host} port {port}: {reason}; choose another with --port or --host"
        ) from fault


class Server(uvicorn.Server):
    """uvicorn, which cancels what goes on after the grace but then waits for clients who do not read their answer."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin, with as many threads as are of use."""
        to_thread.current_default_thread_limiter().total_tokens = THREADS
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, and hang up on who is still connected after the grace; open pages are let go at once."""
        self.config.app.state.feed.stop()  # type: ignore[union-attr]  # the application of `serve`, made by `door`
        await super().shutdown(sockets)
        for connection in self.server_state.connections.copy():
            connection.transport.abort()


class Place(NamedTuple):
    """A port that is taken, and the address under which it was asked for."""

    port: socket.socket
    address: str

    @property
    def reached(self) -> str | None:
        """The address that leads there; None of a port at every address of the machine, of which none is the desk's own."""
        return None if ip_address(self.port.getsockname()[0]).is_unspecified else self.address

    @property
    def here(self) -> str:
        """The address that leads there from this very machine."""
        return self.reached or f"http://localhost:{self.port.getsockname()[1]}/"


@contextmanager
def taken_at(host: str, port: int) -> Iterator[Place]:
    """Take the port for as long as this is open, and say where it is; raises as `listening` does."""
    with listening(host, port) as taken:
        named = f"[{host}]" if ":" in host else host
        yield Place(taken, f"http://{named}:{taken.getsockname()[1]}/")


def serve(home: Home, place: Place, tell: Callable[[str], None], outward: Outward | None = None) -> None:
    """Serve a home until SIGTERM or SIGINT; `tell` is told where, once connections are taken.

    Raises:
        Unavailable, StoreUnusable: a part of the home cannot be opened.

    """
    give_back_large_blocks()
    open_parts(home)
    settings = uvicorn.Config(
        door(home, outward=outward),
        lifespan="off",
        log_level="warning",
        access_log=False,  # addresses of pages will name subjects
        server_header=False,
        proxy_headers=bool(home.settings.trusted_proxies),
        forwarded_allow_ips=home.settings.trusted_proxies,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = Server(settings)
    with stopped_by_signals(server):
        tell(f"The desk runs at {place.address} until Ctrl-C or SIGTERM.")
        stated = home.settings.stated_url
        for step in first_steps(home, place.here if stated is None else f"{stated.rstrip('/')}/"):
            tell(step)
        server.run([place.port])


def give_back_large_blocks() -> None:
    """Have glibc give large blocks back when they are let go, where it is glibc.

    Left to itself it keeps them, in every thread, once it has seen one of that size: of each passphrase that is checked
    19 MiB would stay.
    """
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):  # musl has none, and keeps nothing
        libc.mallopt(MMAP_THRESHOLD, A_LARGE_BLOCK)


def open_parts(home: Home) -> None:
    """Open what the pages use before anybody asks: requests at once would each begin the same database."""
    home.directory.people()
    home.credentials.any()
    home.sessions.failures("nobody")
    home.access.head()


@contextmanager
def stopped_by_signals(server: Server) -> Iterator[None]:
    """Let SIGINT and SIGTERM stop the server and nothing more.

    uvicorn raises the signal again once it has stopped; that must not end the process before the log is closed.
    """
    before = {told: signal.signal(told, server.handle_exit) for told in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for told, handler in before.items():
            signal.signal(told, handler)
