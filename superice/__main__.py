"""``python -m superice``: the command line."""

from superice.cli import main

main()
