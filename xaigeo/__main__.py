"""Run the command line as ``python -m xaigeo``."""

import sys

from xaigeo.cli import main

sys.exit(main())
