from __future__ import annotations

import sys
from pathlib import Path

# Not a package: a fresh process must find the wrong layers by the names of their modules.
sys.path.append(str(Path(__file__).parent))
