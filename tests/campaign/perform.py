"""One trial on one host: the change, its fault, what is left, and what mends the rest."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, ExitStack, nullcontext

from tests.campaign import operator
from tests.campaign.changes import CHANGES
from tests.campaign.faults import FAULTS
from tests.campaign.judge import COMPLETED, UNDONE, Judge, Look
from tests.campaign.results import Result
from tests.campaign.trials import Trial
from tests.campaign.watch import Watch
from tests.e2e.moments import MOMENTS, met
from tests.e2e.steps import Running
from tests.lab.host import Host
from tests.lab.waiting import until

_END = 280
"""Seconds within which a change ends, one way or the other: its own limits come to 260."""
_WHILE_BROKEN = 15
"""Seconds the host has for one of its states while the fault still lasts."""
_MENDED = 30
"""And when it is mended: a lease may have to be asked for, and a boot takes a while."""
_LINES = 60


def perform(host: Host, trial: Trial) -> Result:
    """Let it happen and judge it."""
    change, fault = CHANGES[trial.change], FAULTS[trial.fault]
    begun = time.monotonic()
    judge = Judge(host, change, trial.address)
    host.disk.sync()
    # Names only where they are at stake: a power cut would end whoever asks.
    names = not change.works and fault.name == "none"
    with Watch(host, judge.addresses, names=names) as watch:
        with ExitStack() as mending:
            through = operator.session(host, judge.addresses[0]) if fault.over_ssh else ()
            argv = change.argv(trial.address)
            running = mending.enter_context(Running(host, *argv, through=through))
            with _then(running, trial), nullcontext() if fault.at_once else running.paused():
                judge.learn(running)
                mending.enter_context(fault.strike(running))
            _wait_end(running)
            judge.learn(running)
            code, output = running.exit_code, running.wait()
            broken = judge.look(_WHILE_BROKEN if fault.lasts else _MENDED)
        last, remedies = broken, []
        for remedy in (["hostnet", "recover"], ["reboot"]):
            if last.state and last.reachable and last.clean:
                break
            remedies.append(" ".join(remedy))
            _mend(host, remedy)
            last = judge.look(_MENDED)
        silence = watch.silence()
    outcome = _outcome(broken, last, remedies)
    wrong = _wrong(trial, outcome, code)
    if broken.state and last.state and broken.state != last.state:
        wrong = f"{broken.state}, exit code {code}; and later by itself {last.state}"
    evidence = ""
    if wrong or outcome not in (UNDONE, COMPLETED):
        evidence = "\n".join(
            (
                f"exit {code}",
                output,
                judge.explain(broken.found),
                f"reachable: {broken.reachable}; hostnet status: {broken.status}",
                f"remedies: {remedies}; then {last.state}, reachable: {last.reachable}",
                judge.explain(last.found) if last.state is None else "",
                *host.journal().splitlines()[-_LINES:],
            )
        )
    before, took = judge.before.addresses, time.monotonic() - begun
    return Result.of(host.suite, trial, before, code, outcome, silence, took, wrong, evidence)


def _then(running: Running, trial: Trial) -> AbstractContextManager[None]:
    """Come to the trial's moment."""
    if trial.moment is not None:
        return met(running, MOMENTS[trial.moment])
    time.sleep(trial.delay)
    return nullcontext()


def _wait_end(running: Running) -> None:
    """Neither the command nor its service is at work; twice, for one may just begin the other."""
    for _ in range(2):
        until(lambda: running.ended, f"no end; told: {running.told}", _END, 0.02)
        time.sleep(0.2)


def _mend(host: Host, remedy: list[str]) -> None:
    if remedy == ["reboot"]:
        host.reboot()
    else:
        host.run(remedy, check=False, timeout=300)


def _outcome(broken: Look, last: Look, remedies: list[str]) -> str:
    """How the host came out of it, without help or, `told`, with help that it asked for.

    Help is what `hostnet status` names once what was broken is mended, and can be given as long
    as the host is reachable.
    """
    if not remedies and broken.state:
        return broken.state
    helped = last.state is not None and last.reachable and last.clean and len(remedies) == 1
    return "told" if helped and broken.reachable and broken.tells else "stranded"


def _wrong(trial: Trial, outcome: str, code: int | None) -> str:
    """What is not as promised, though nobody is stranded."""
    change = CHANGES[trial.change]
    # Without a terminal the command has its answer when the wait begins.
    good = (COMPLETED,) if change.window is None else (COMPLETED, UNDONE, "told")
    states: dict[int, tuple[str, ...]] = {0: good, 6: (UNDONE,), 7: ("told", "stranded")}
    states |= dict.fromkeys((3, 4, 5), (UNDONE,))
    if trial.fault == "two-operators":
        states[5] = (UNDONE, COMPLETED)  # whoever comes first
    if code == 1:
        return "exit code 1 is a bug"
    if code in states and outcome not in (*states[code], "stranded"):
        return f"exit code {code} but {outcome}"
    kept = change.works and change.window is None
    if trial.fault == "none" and outcome != (COMPLETED if kept else UNDONE):
        return f"{outcome} without a fault"
    if not change.works and outcome == COMPLETED:
        return "kept a change that cannot work"
    return ""
