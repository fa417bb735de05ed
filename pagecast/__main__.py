"""`python -m pagecast` is `pagecast`."""

from pagecast.cli.main import main

main()
