"""``python -m hostnet``."""

from hostnet.cli import main

main()
