"""The built page, for tests that look at it in a browser."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from browsing import CHROMIUM

ROOT = Path(__file__).resolve().parents[2]
PAGE = Path(os.environ.get("POLYDUB_TEST_PAGE", ROOT / "frontend" / "dist"))

NEEDED = (
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.skipif(not (PAGE / "sw.js").is_file(), reason="the page is not built"),
)
"""Marks of the tests that look at the page."""
