"""The speaker encoder: its weights, their conversion, and that it tells voices apart."""

import os
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from polydub_diarization import ge2e
from polydub_diarization.embedding import SpeakerEncoder, mel_windows, windows
from polydub_diarization.spans import Span

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def weights() -> ge2e.Weights:
    path = ge2e.weights_path()
    assert path is not None
    return ge2e.read_weights(path)


def lstm_by_hand(weights: ge2e.Weights, mel: np.ndarray) -> np.ndarray:
    """The network as the paper's equations have it, for one window of shape (160, 40)."""

    def sigmoid(x: np.ndarray) -> np.ndarray:
        return np.asarray(1 / (1 + np.exp(-x)))

    sequence = mel
    for layer in range(ge2e.LAYERS):
        hidden, cell = np.zeros(ge2e.HIDDEN), np.zeros(ge2e.HIDDEN)
        states = []
        for given in sequence:
            gates = weights[f"lstm.weight_ih_l{layer}"] @ given + weights[f"lstm.bias_ih_l{layer}"]
            gates = gates + weights[f"lstm.weight_hh_l{layer}"] @ hidden
            gates = gates + weights[f"lstm.bias_hh_l{layer}"]
            entry, forget, new, out = np.split(gates, 4)
            cell = sigmoid(forget) * cell + sigmoid(entry) * np.tanh(new)
            hidden = sigmoid(out) * np.tanh(cell)
            states.append(hidden)
        sequence = np.array(states)
    embedding = np.maximum(0, weights["linear.weight"] @ hidden + weights["linear.bias"])
    return np.asarray(embedding / np.linalg.norm(embedding))


def test_the_network_computes_what_the_weights_say(weights: ge2e.Weights) -> None:
    mels = np.random.default_rng(0).gamma(1.0, 0.1, (3, 160, 40)).astype(np.float32)
    found = SpeakerEncoder(ge2e.convert(weights), 1).embed(mels)
    assert found.shape == (3, ge2e.EMBEDDING)
    np.testing.assert_allclose(found[1], lstm_by_hand(weights, mels[1]), atol=1e-4)


def test_no_windows_no_embeddings(tmp_path: Path) -> None:
    encoder = SpeakerEncoder(ge2e.network(tmp_path), 1)
    assert encoder.embed(np.zeros((0, 160, 40), np.float32)).shape == (0, ge2e.EMBEDDING)


def test_voices_differ_more_than_sentences(
    tmp_path: Path, say: Callable[[str, str], np.ndarray]
) -> None:
    encoder = SpeakerEncoder(ge2e.network(tmp_path), 1)

    def voice(name: str, text: str) -> np.ndarray:
        samples = say(name, text)
        region = Span(0, len(samples) // 16)
        mean = encoder.embed(mel_windows(samples, region, windows(region))).mean(axis=0)
        return np.asarray(mean / np.linalg.norm(mean))

    first, second = "The weather is fine this morning.", "Nobody knows where the train went."
    woman, again, man = voice("slt", first), voice("slt", second), voice("rms", first)
    assert woman @ again > 0.85 > 0.75 > woman @ man


def test_many_replicas_may_convert_at_once(tmp_path: Path) -> None:
    cache = tmp_path / "not" / "yet"
    with ThreadPoolExecutor(4) as pool:
        networks = list(pool.map(lambda _: ge2e.network(cache), range(4)))
    assert len(set(networks)) == 1
    (kept,) = cache.iterdir()
    assert kept.read_bytes() == networks[0]


def test_the_kept_network_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ge2e.network(tmp_path)
    monkeypatch.setattr(ge2e, "weights_path", lambda: None)
    assert ge2e.network(tmp_path) == made
    with pytest.raises(FileNotFoundError):
        ge2e.network(tmp_path / "elsewhere")


def test_a_cache_that_can_not_be_written_is_no_obstacle(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    assert len(ge2e.network(blocked / "cache")) > 1_000_000


def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "pretrained.pt"
    other.write_bytes(b"something else")
    monkeypatch.setattr(ge2e, "weights_path", lambda: other)
    with pytest.raises(ValueError, match="Resemblyzer"):
        ge2e.network(tmp_path / "cache")


def test_code_in_a_weights_file_is_not_executed(tmp_path: Path) -> None:
    class Attack:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, (str(tmp_path / "executed"),)

    file = tmp_path / "evil.pt"
    magic = pickle.dumps(0x1950A86A20F9469CFC6C, 2)
    file.write_bytes(magic + pickle.dumps(1001, 2) + pickle.dumps({}, 2) + pickle.dumps(Attack()))
    with pytest.raises(pickle.UnpicklingError):
        ge2e.read_weights(file)
    assert not (tmp_path / "executed").exists()
