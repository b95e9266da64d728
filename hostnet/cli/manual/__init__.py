"""Manual pages and shell completions, made from the command line itself so that they are of it.

``python3 -m hostnet.cli.manual DIR`` writes them; the Debian package has them.
"""
