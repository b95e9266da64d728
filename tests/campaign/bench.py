"""A host for one trial after the other: used again while it is whole, and made anew otherwise."""

from __future__ import annotations

import traceback
from contextlib import ExitStack
from pathlib import Path
from subprocess import SubprocessError

from tests.campaign import operator, watch
from tests.campaign.changes import CHANGES
from tests.campaign.judge import COMPLETED, UNDONE
from tests.campaign.perform import perform
from tests.campaign.results import Result
from tests.campaign.trials import Trial
from tests.e2e.moments import Missed
from tests.e2e.steps import lease_again
from tests.lab import fixtures
from tests.lab.errors import LabError
from tests.lab.host import Host
from tests.lab.laboratory import Laboratory


class Bench:
    """A context manager; its host is booted when the first trial comes."""

    def __init__(self, suite: str, debs: list[Path]) -> None:
        self._suite = suite
        self._debs = debs
        self._host: Host | None = None
        self._whole = False
        self._undo = ExitStack()

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def run(self, trial: Trial) -> Result:
        """Try it; a fault of the laboratory is a result, too."""
        try:
            result = perform(self._ready(trial), trial)
        except (LabError, AssertionError, OSError, SubprocessError) as error:
            outcome = "missed" if isinstance(error, Missed) else "error"
            evidence = traceback.format_exc()
            self._give_up()
            return Result.of(
                self._suite, trial, (), None, outcome, 0, 0, str(error)[:200], evidence
            )
        if result.outcome not in (UNDONE, COMPLETED):
            self._give_up()
        # The next one may go on from here only if the host reaches everyone.
        self._whole = result.outcome == UNDONE or CHANGES[trial.change].works
        return result

    def _ready(self, trial: Trial) -> Host:
        """The host, with its lease if the trial wants it."""
        if self._host is not None:
            try:
                if trial.from_lease or not self._whole:
                    lease_again(self._host)
                operator.welcome(self._host)
                return self._host
            except LabError:
                self._give_up()
        self._host = self._boot()
        lease_again(self._host)
        return self._host

    def _boot(self) -> Host:
        lab = self._undo.enter_context(Laboratory())
        host = lab.host(self._suite, operator.with_sessions(fixtures.installer_dhcp().with_disk()))
        host.install_debs(*self._debs)
        watch.prepare(host.router)
        operator.welcome(host)
        host.disk.sync()
        return host

    def _give_up(self) -> None:
        self._host = None
        self._undo.close()
