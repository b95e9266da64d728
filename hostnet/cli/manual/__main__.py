"""``python3 -m hostnet.cli.manual DIR``: write the pages and completions below a new DIR.

As a package build has them: DIR/man/man1/hostnet.1 and its like, and DIR/bash-completion/...,
DIR/zsh/..., DIR/fish/... . The date is that of $SOURCE_DATE_EPOCH (reproducible-builds.org);
without it the pages have none.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, timezone
from pathlib import Path

from hostnet.cli.commands import hostnet
from hostnet.cli.manual.completions import completions
from hostnet.cli.manual.node import node_page
from hostnet.cli.manual.overview import overview
from hostnet.cli.manual.pages import pages


def main(folder: Path) -> None:
    """Write everything."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    date = f"{datetime.fromtimestamp(int(epoch), timezone.utc):%Y-%m-%d}" if epoch else ""
    manual = (*pages(hostnet, date), node_page(date), overview(date))
    texts = {f"man/{page.path}": page.text for page in manual}
    for name, text in {**texts, **dict(completions(hostnet))}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
