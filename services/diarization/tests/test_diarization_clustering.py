"""Voices from embeddings that are made to order."""

import numpy as np
import pytest

from polydub_diarization.clustering import MOST_CLUSTERED, cluster, evenly_drawn, nearest

pytestmark = pytest.mark.unit

DIMENSIONS = 256


def voices(count: int, seed: int = 0) -> np.ndarray:
    directions = np.random.default_rng(seed).normal(size=(count, DIMENSIONS))
    return directions / np.linalg.norm(directions, axis=1, keepdims=True)


def heard(labels: list[int], spread: float = 0.35, seed: int = 1) -> np.ndarray:
    """One embedding per label: its voice's direction and some chance."""
    chance = np.random.default_rng(seed).normal(size=(len(labels), DIMENSIONS))
    chance *= spread / np.sqrt(DIMENSIONS)
    # Voices share a direction, as those of the encoder do: even strangers' cosines are positive.
    common = np.ones(DIMENSIONS) / np.sqrt(DIMENSIONS)
    points = voices(max(labels) + 1)[labels] + 0.6 * common + chance
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


def assert_same_grouping(found: np.ndarray, truth: list[int]) -> None:
    pairs = set(zip(found.tolist(), truth, strict=True))
    assert len(pairs) == len(set(truth)) == len(set(found.tolist()))


@pytest.mark.parametrize("count", [2, 3, 5])
def test_finds_the_number_of_voices(count: int) -> None:
    truth = [index % count for index in range(30 * count)]
    embeddings = heard(truth)
    found = cluster(embeddings)
    assert len(found) == count
    assert_same_grouping(nearest(embeddings, found), truth)


def test_uneven_shares() -> None:
    truth = [0] * 80 + [1] * 12 + [2] * 30
    embeddings = heard(truth)
    assert_same_grouping(nearest(embeddings, cluster(embeddings)), truth)


@pytest.mark.parametrize("windows", [1, 2, 3, 60])
def test_one_voice_is_one(windows: int) -> None:
    assert len(cluster(heard([0] * windows))) == 1


def test_a_known_number_is_honoured() -> None:
    truth = [index % 3 for index in range(60)]
    assert len(cluster(heard(truth), speakers=3)) == 3
    assert len(cluster(heard(truth), speakers=2)) == 2
    assert len(cluster(heard(truth), speakers=1)) == 1
    assert len(cluster(heard([0] * 60), speakers=2)) == 2


def test_no_more_voices_than_windows() -> None:
    assert len(cluster(heard([0, 1]), speakers=7)) <= 2


def test_equal_input_gives_equal_output() -> None:
    embeddings = heard([index % 3 for index in range(90)], spread=0.8)
    assert np.array_equal(cluster(embeddings), cluster(embeddings.copy()))


def test_a_long_talk_is_sampled_evenly() -> None:
    truth = [0] * 3000 + [1] * 1500
    embeddings = heard(truth)
    drawn = evenly_drawn(embeddings, MOST_CLUSTERED)
    assert len(drawn) == MOST_CLUSTERED
    assert np.array_equal(drawn[0], embeddings[0])
    assert_same_grouping(nearest(embeddings, cluster(embeddings)), truth)


def test_voices_are_directions() -> None:
    found = cluster(heard([0, 1] * 20))
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, rtol=1e-5)
