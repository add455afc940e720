"""What a revision keeps of the one before, and what can't be read any more: pure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from polydub.artifacts import ArtifactFolder
from polydub.store.local import LocalStore
from polydub_muxing.kept import Kept
from polydub_muxing.sound.manner import (
    Manner,
    from_arrays,
    settled_gains,
    settled_matches,
    to_arrays,
)
from polydub_muxing.sound.matching import Match

pytestmark = pytest.mark.unit


def filter_by(gain_db: float) -> Match:
    fir = np.zeros(101, np.float32)
    fir[50] = 10 ** (gain_db / 20)
    return Match(fir)


def test_a_level_stays_where_it_is_near_and_moves_where_it_is_not() -> None:
    before = {"a": 1.0, "b": 1.0, "gone": 3.0}
    near, far = 10 ** (0.25 / 20), 10 ** (0.4 / 20)
    assert settled_gains({"a": near, "b": far, "new": near}, before) == {
        "a": 1.0, "b": far, "new": near,
    }  # fmt: skip


def test_many_small_moves_do_not_add_up() -> None:
    gains = {"a": 1.0}
    for step in range(1, 21):
        found = {"a": 10 ** (0.1 * step / 20)}
        gains = settled_gains(found, gains)
        assert abs(20 * np.log10(gains["a"] / found["a"])) <= 0.3 + 1e-9


@pytest.mark.parametrize(
    ("now", "before", "stays"),
    [
        (filter_by(0.9), filter_by(0), True),
        (filter_by(1.1), filter_by(0), False),
        (Match(), Match(), True),
        (filter_by(0), Match(), False),
        (Match(None, np.ones(110, np.float32)), Match(None, np.ones(100, np.float32)), True),
        (Match(None, np.ones(130, np.float32)), Match(None, np.ones(100, np.float32)), False),
        (Match(), Match(None, np.ones(100, np.float32)), False),
    ],
)
def test_a_voice_keeps_what_it_was_given(now: Match, before: Match, stays: bool) -> None:
    assert settled_matches({"S1": now}, {"S1": before})["S1"] is (before if stays else now)
    assert settled_matches({"S2": now}, {"S1": before})["S2"] is now


async def test_a_manner_is_found_again_and_damage_counts_as_nothing(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    kept = Kept(ArtifactFolder(store, "v", "muxing", "d"))
    assert from_arrays(await kept.find("m.npz")) == Manner()
    made = Manner({"u1": 0.5}, {"S1": filter_by(2), "S2": Match()}, -1.9)
    await kept.put("m.npz", to_arrays(made))
    found = from_arrays(await kept.find("m.npz"))
    assert (found.gains, found.ceiling_dbtp) == (made.gains, -1.9)
    assert np.array_equal(found.matches["S1"].fir, made.matches["S1"].fir)  # type: ignore[arg-type]
    assert found.matches["S2"] == Match()
    await store.put_bytes("videos/v/muxing/d/m.npz", b"PK\x03\x04 cut off")
    assert await kept.find("m.npz") is None
    assert await Kept().find("m.npz") is None
