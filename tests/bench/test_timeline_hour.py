"""An hour, which takes too long for `make test`: `make bench` runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from dubbed_films import dub
from timelines import FRAME_S, Film, clicks_s, flashes_s

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

HOUR = Film(
    "hour.mkv",
    codecs=("-c:a", "flac"),
    rate="1000/1001",
    picture_s=3600,
    sound_s=3600,
    moments_s=(3, 1800, 3590),
    sound_rate_hz=8000,
)


async def test_nothing_drifts_within_an_hour(tmp_path: Path) -> None:
    source = HOUR.make(tmp_path)
    done = await dub(source, tmp_path)
    assert clicks_s(done.output) == pytest.approx(HOUR.flashes_s, abs=FRAME_S)
    assert flashes_s(done.output) == pytest.approx(HOUR.flashes_s, abs=FRAME_S / 2)
