"""`python -m kpool.cli` is `kpool`."""

from kpool.cli import main

main()
