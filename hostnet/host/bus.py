"""D-Bus: the one module that knows dbus_next.

A small synchronous face over raw messages: no introspection, no proxies, no signals.
Every call has a deadline, and none starts a service that does not run (NO_AUTOSTART):
reading one property would start a stopped resolved. Import this module late: asyncio and
dbus_next cost a tenth of a second. What can be asked is in `daemons` and `units`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from dbus_next.aio.message_bus import MessageBus
from dbus_next.constants import BusType, MessageFlag, MessageType
from dbus_next.errors import AuthError, InvalidAddressError
from dbus_next.message import Message
from dbus_next.signature import Variant

from hostnet.host.calls import (
    NOT_RUNNING,
    BusError,
    NoAnswer,
    NotRunning,
    Typed,
    Unreachable,
    path_of,
)
from hostnet.host.daemons import Daemons
from hostnet.host.fields import quoted
from hostnet.host.units import Units, UnitState

if TYPE_CHECKING:
    from collections.abc import Coroutine

__all__ = ["DEADLINE", "Bus", "BusError", "NoAnswer", "NotRunning", "UnitState", "Unreachable"]

_T = TypeVar("_T")

DEADLINE = 25.0
"""Seconds for one call, libdbus's and sd-bus's own: PID 1 answers nobody while it reloads."""


class Bus(Daemons, Units):
    """A connection to the system bus, or to the bus at ``address``; a context manager.

    Without an address it is the one of DBUS_SYSTEM_BUS_ADDRESS, else the well-known one.
    A lost connection is made anew at the next call. Not to be used where an asyncio loop
    runs in the same thread.
    """

    def __init__(self, address: str | None = None, *, deadline: float = DEADLINE) -> None:
        self._address = address
        self._deadline = deadline
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connection: _Connection | None = None

    def __enter__(self) -> Bus:
        self._loop = asyncio.new_event_loop()
        try:
            self._run(self._connected())
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the bus; without effect if that was done."""
        if self._loop is not None:
            self._hang_up(self._loop)
            self._loop.close()
            self._loop = None

    def _hang_up(self, loop: asyncio.AbstractEventLoop) -> None:
        # What an interrupt left pending would else be destroyed so, with a message.
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def call(
        self,
        service: str,
        interface: str,
        member: str,
        answer: str,
        *arguments: Typed,
        path: str = "",
    ) -> tuple[Any, ...]:
        """See `Calls.call`."""
        message = Message(
            destination=service,
            path=path or path_of(service),
            interface=interface,
            member=member,
            signature="".join(argument.signature for argument in arguments),
            body=[_packed(argument.value) for argument in arguments],
            flags=MessageFlag.NO_AUTOSTART,
        )
        reply = self._run(self._ask(message))
        if reply.message_type is MessageType.ERROR:
            why = f"{reply.error_name}: {_text(reply)}"
            if reply.error_name in NOT_RUNNING:
                raise NotRunning(f"{service} does not run", why, name=reply.error_name)
            raise BusError(f"{service} refuses {member}", why, name=reply.error_name)
        if reply.signature != answer:
            raise BusError(f"{service} answers {member} as {reply.signature!r}, not {answer!r}")
        return tuple(_unpacked(value) for value in reply.body)

    async def _ask(self, message: Message) -> Message:
        connection = await self._connected()
        try:
            reply = await asyncio.wait_for(connection.call(message), self._deadline)
        except asyncio.TimeoutError:
            what = f"{message.destination} does not answer {message.member}"
            raise NoAnswer(what, f"no answer within {self._deadline:g} s") from None
        except (OSError, EOFError) as error:
            raise _lost(error) from None
        if reply is None:  # how dbus_next says that the connection was closed meanwhile
            raise _lost(None)
        return reply

    async def _connected(self) -> _Connection:
        if self._connection is not None and self._connection.connected:
            return self._connection
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        try:
            connection = _Connection(self._address, BusType.SYSTEM)  # type: ignore[arg-type]
        except (OSError, InvalidAddressError) as error:
            raise Unreachable("the system bus cannot be reached", str(error)) from None
        try:
            await asyncio.wait_for(connection.connect(), self._deadline)
        except asyncio.TimeoutError:
            connection.close()
            raise Unreachable(
                "the system bus does not answer", f"no answer within {self._deadline:g} s"
            ) from None
        except (OSError, EOFError, AuthError) as error:
            connection.close()
            raise Unreachable("the system bus refuses the connection", str(error)) from None
        self._connection = connection
        return connection

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        if self._loop is None:
            work.close()
            raise RuntimeError("the bus is used outside of its `with`")
        try:
            return self._loop.run_until_complete(work)
        except KeyboardInterrupt:
            # It may have hit amid a message: the next call begins on a new connection.
            self._hang_up(self._loop)
            raise


class _Connection(MessageBus):
    """dbus_next's connection, without five of its faults (0.2.3)."""

    def _setup_socket(self) -> None:
        try:
            super()._setup_socket()  # type: ignore[no-untyped-call]
        except BaseException:
            self._close_socket()  # else it stays open until it is collected
            raise

    async def _auth_readline(self) -> str:
        # dbus_next's own spins for ever, and no deadline helps, if the bus hangs up here,
        # as it does where it has too many connections.
        line = b""
        while not line.endswith(b"\r\n"):
            piece = await self._loop.sock_recv(self._sock, 2)
            if not piece:
                raise EOFError("it hangs up")
            line += piece
        return line[:-2].decode("utf-8", "replace")

    async def call(self, msg: Message) -> Message | None:
        # A connection that was lost since its last use would take it and never answer.
        if not self.connected:
            raise EOFError
        reply: Message | None = await super().call(msg)
        return reply

    def send(self, msg: Message) -> asyncio.Future[None]:  # type: ignore[override]
        sent: asyncio.Future[None] = super().send(msg)
        sent.add_done_callback(_seen)
        return sent

    def close(self) -> None:
        """Close the socket now; disconnect() only shuts it down."""
        self._user_disconnect = True
        self._finalize()  # type: ignore[no-untyped-call]
        _seen(self._disconnect_future)
        self._close_socket()

    def _close_socket(self) -> None:
        for name in ("_stream", "_sock"):
            if file := getattr(self, name, None):
                file.close()


def _seen(done: asyncio.Future[None]) -> None:
    """Look at an error that the call raises anyway: else asyncio reports it as forgotten."""
    if not done.cancelled():
        done.exception()


def _lost(error: Exception | None) -> Unreachable:
    return Unreachable("the connection to the system bus was lost", str(error or ""))


def _text(reply: Message) -> str:
    return quoted(str(reply.body[0])) if reply.signature.startswith("s") else ""


def _packed(value: object) -> object:
    if isinstance(value, Typed):
        return Variant(value.signature, _packed(value.value))
    return [_packed(item) for item in value] if isinstance(value, list) else value


def _unpacked(value: object) -> object:
    """A variant as Typed; those inside it stay, since nobody asks for any."""
    return Typed(value.signature, value.value) if isinstance(value, Variant) else value
