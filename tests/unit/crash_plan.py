"""A plan of two files and a trial, on scratch roots; nothing of it is ever put in force."""

from __future__ import annotations

import os

from hostnet.change import Change, Write
from hostnet.host.files import Files
from hostnet.model import ABSENT, Image, Kind
from hostnet.plan import Plan, lasting
from hostnet.transaction.journal import Journal
from hostnet.transaction.marks import Asked, State

OURS, OWNER = "/etc/netplan/90-hostnet.yaml", "/etc/netplan/50-cloud-init.yaml"
TRIED = "/run/netplan/90-hostnet.yaml"


def text(content: str) -> Image:
    """The image of a file of ours."""
    return Image(Kind.FILE, content.encode(), 0o600, os.geteuid(), os.getegid())


OLD, NEW, TRIAL = text("old\n"), text("new\n"), text("trial\n")
TRIAL_WRITE = Write(Change(TRIED, ABSENT, TRIAL, "trial"))
PROMOTION = (
    Write(Change(OURS, ABSENT, NEW, "ours")),
    Write(Change(OWNER, OLD, NEW, "gives up")),
    Write(TRIAL_WRITE.change.inverse),
)
# Without Apply and Verify: below a scratch root nothing is put in force.
PLAN = Plan("ens33", lasting(PROMOTION), trial=(TRIAL_WRITE,), promotion=PROMOTION)
ASKED = Asked("hostnet static ens33")
BEFORE = {OWNER: OLD}
PREFIXES = [
    BEFORE,
    {OWNER: OLD, TRIED: TRIAL},
    {OWNER: OLD, TRIED: TRIAL, OURS: NEW},
    {OWNER: NEW, TRIED: TRIAL, OURS: NEW},
    {OWNER: NEW, OURS: NEW},
]
"""The files after each step of the plan."""
AFTER = PREFIXES[-1]


def put(files: Files, images: dict[str, Image]) -> None:
    """Make these files."""
    files.commit([Change(path, ABSENT, image, "test") for path, image in images.items()])


def there(files: Files) -> dict[str, Image]:
    """Those of the plan's files that are there."""
    images = {path: files.image(path) for path in (OURS, OWNER, TRIED)}
    return {path: image for path, image in images.items() if image != ABSENT}


def begun(files: Files, state: State, name: str = "20260101T000000Z-abc") -> Journal:
    """A journal of the plan with this mark."""
    journal = Journal.create(files, name, PLAN, ASKED)
    if state is not State.PREPARED:
        journal.mark(state)
    return journal
