"""Work in pieces gives what work in one piece gives."""

import numpy as np
import pytest
from scipy.ndimage import uniform_filter1d

from polydub_separation.engines.crossfade import Pieces, StreamProcessor

pytestmark = pytest.mark.unit


def run(process, sound: np.ndarray, pieces: Pieces, block: int) -> np.ndarray:
    stream = StreamProcessor(process, pieces, sound.shape[1])
    out = [
        piece for i in range(0, len(sound), block) for piece in stream.push(sound[i : i + block])
    ]
    return np.concatenate([*out, stream.finish()])


@pytest.mark.parametrize("length", [0, 1, 99, 100, 150, 151, 1000, 1234])
@pytest.mark.parametrize("block", [7, 100, 5000])
def test_nothing_is_lost_or_moved(length: int, block: int) -> None:
    sound = np.random.default_rng(0).normal(0, 1, (length, 2)).astype(np.float32)
    assert np.allclose(run(lambda x: x, sound, Pieces(100, 50), block), sound, atol=1e-6)


def test_what_reaches_into_the_neighbours_is_seamless() -> None:
    """A filter whose reach is within the context gives the same as on the whole."""

    def smooth(sound: np.ndarray) -> np.ndarray:
        return uniform_filter1d(sound, 21, axis=0, mode="constant")

    sound = np.random.default_rng(1).normal(0, 1, (2000, 1)).astype(np.float32)
    assert np.allclose(run(smooth, sound, Pieces(300, 40), 64), smooth(sound), atol=1e-5)


def test_pieces_that_disagree_fade_into_each_other() -> None:
    """A network may give the same voice louder in one piece than in the next: no step is heard."""
    levels = iter(np.linspace(0.5, 1.5, 20))
    sound = np.ones((2000, 1), np.float32)
    found = run(lambda x: x * np.float32(next(levels)), sound, Pieces(300, 100), 64)
    assert len(found) == 2000
    assert np.abs(np.diff(found[:, 0])).max() < 0.01
    assert found[-1] > found[0]


def test_no_piece_is_larger_than_said() -> None:
    heard: list[int] = []

    def watch(sound: np.ndarray) -> np.ndarray:
        heard.append(len(sound))
        return sound

    run(watch, np.zeros((5000, 1), np.float32), Pieces(300, 50), 1000)
    assert max(heard) <= 400
    assert len(heard) == 17
