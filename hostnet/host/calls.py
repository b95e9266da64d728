"""Calls to the daemons of a host, and how they fail, whatever carries them.

`hostnet.host.bus.Bus` carries them over D-Bus; what can be asked is in `daemons` and
`units`. The errors are here so that one can be caught without the tenth of a second that
importing dbus_next costs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from hostnet.errors import HostnetError
from hostnet.value import Value

PROPERTIES = "org.freedesktop.DBus.Properties"
ERROR = "org.freedesktop.DBus.Error"
"""What the names of D-Bus's own errors begin with."""
NOT_RUNNING = (f"{ERROR}.NameHasNoOwner", f"{ERROR}.ServiceUnknown", f"{ERROR}.NoReply")
"""No owner and not to be started, as dbus-daemon and dbus-broker say; it died meanwhile."""


class BusError(HostnetError):
    """A call was answered by an error; ``name`` is D-Bus's name for it."""

    def __init__(self, what: str, why: str = "", remedy: str = "", *, name: str = "") -> None:
        super().__init__(what, why, remedy)
        self.name = name


class NotRunning(BusError):
    """The service is not on the bus, most likely since it does not run; it was not started."""


class NoAnswer(BusError):
    """No answer came before the deadline; what was asked for may still happen."""


class Unreachable(BusError):
    """There is no bus, it refuses us, or the connection was lost."""

    exit_code: ClassVar[int] = 4


class Typed(Value):
    """A value with its D-Bus signature, which goes as a variant."""

    signature: str
    value: object


class Calls(ABC):
    """Whoever can call. Each method raises Unreachable, NoAnswer, and BusError for an error."""

    @abstractmethod
    def call(
        self,
        service: str,
        interface: str,
        member: str,
        answer: str,
        *arguments: Typed,
        path: str = "",
    ) -> tuple[Any, ...]:
        """Call a method without starting its service, and return what it returns.

        ``answer`` is the signature that must have. The path is the service's own if not
        given. A variant in the answer is a Typed.
        """

    def array_of(
        self, service: str, path: str, interface: str, name: str, signature: str
    ) -> list[Any]:
        """A property that is an array of this signature."""
        value = self.property_of(service, path, interface, name, signature)
        assert isinstance(value, list)  # its signature was compared
        return value

    def property_of(
        self, service: str, path: str, interface: str, name: str, signature: str
    ) -> object:
        """A property, which must have this signature."""
        names = (Typed("s", interface), Typed("s", name))
        (value,) = self.call(service, PROPERTIES, "Get", "v", *names, path=path)
        if value.signature != signature:
            raise BusError(f"{service} answers {name} as {value.signature}, not {signature}")
        return value.value


def path_of(service: str) -> str:
    """The object path that goes with a bus name."""
    return f"/{service.replace('.', '/')}"
