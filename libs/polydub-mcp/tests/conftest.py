"""The gateway on loopback that the client's tests speak to, for its assistants' server, too."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_PATH = Path(__file__).parents[2] / "polydub-client" / "tests" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("polydub_client_conftest", _PATH)
assert _SPEC is not None
assert _SPEC.loader is not None
_shared = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = _shared  # its dataclasses look themselves up there
_SPEC.loader.exec_module(_shared)

faults = _shared.faults
gateway = _shared.gateway
make_event = _shared.make_event
