"""The command `infobound`, also as `python -m infobound`."""

import gc
import sys

from infobound.cli import main

# imports make very many objects that stay: looking for garbage among them takes a tenth of a short command
gc.set_threshold(50_000, 20, 100)

if __name__ == "__main__":
    sys.exit(main())
