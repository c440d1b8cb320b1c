"""The command `infobound`, also as `python -m infobound`."""

import sys

from infobound.cli import main

if __name__ == "__main__":
    sys.exit(main())
