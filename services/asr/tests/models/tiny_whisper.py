"""A Whisper model in CTranslate2's format with random weights: it runs, and knows nothing.

Made with numpy in about 20 ms, without torch.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ctranslate2.specs import WhisperSpec
from faster_whisper.tokenizer import _LANGUAGE_CODES
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

LANGUAGES: Sequence[str] = _LANGUAGE_CODES
"""In the order of Whisper's tokens."""
TIMESTAMPS = 1501
"""Of 20 ms each: 0 to 30 s."""
MEL_BANDS = 80
_WIDTH, _HEADS, _LAYERS = 16, 2, 1
_POSITIONS, _TEXT_POSITIONS = 1500, 448

Draw = Callable[..., npt.NDArray[np.float32]]


def tokenizer_over(
    vocabulary: dict[str, int], merges: Sequence[tuple[str, str]], *, multilingual: bool = True
) -> Tokenizer:
    """A byte-level tokenizer with Whisper's special tokens behind the given ones.

    The empty token is how CTranslate2 knows a multilingual vocabulary.
    """
    known = vocabulary | ({"": len(vocabulary)} if multilingual else {})
    tokenizer = Tokenizer(models.BPE(vocab=known, merges=list(merges)))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    marks = ["endoftext", "startoftranscript", *LANGUAGES]
    marks += ["translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"]
    tokenizer.add_special_tokens(
        [AddedToken(f"<|{mark}|>", normalized=False, special=True) for mark in marks]
    )
    tokenizer.add_tokens(
        [AddedToken(f"<|{step * 0.02:.2f}|>", normalized=False) for step in range(TIMESTAMPS)]
    )
    return tokenizer


def save(folder: Path, spec: WhisperSpec, tokenizer: Tokenizer, *, layers: int, heads: int) -> None:
    """Writes a filled spec and its companions as a model folder."""
    size = tokenizer.get_vocab_size(with_added_tokens=True)
    number = tokenizer.token_to_id
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = [number("<|endoftext|>")]
    spec.config.lang_ids = [number(f"<|{code}|>") for code in LANGUAGES]
    spec.config.alignment_heads = [[layers - 1, head] for head in range(heads)]
    spec.register_vocabulary([tokenizer.id_to_token(token) for token in range(size)])
    spec.validate()
    spec.optimize(quantization="float16")
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    (folder / "preprocessor_config.json").write_text(
        json.dumps(
            {
                "feature_size": MEL_BANDS,
                "sampling_rate": 16_000,
                "hop_length": 160,
                "n_fft": 400,
                "chunk_length": 30,
            }
        )
    )


def build_tiny_whisper(folder: Path, *, multilingual: bool = True) -> None:
    """Makes the model in ``folder``."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = {character: token for token, character in enumerate(alphabet)}
    tokenizer = tokenizer_over(tokens, [], multilingual=multilingual)
    rng = np.random.default_rng(0)

    def draw(*shape: int) -> npt.NDArray[np.float32]:
        return (rng.standard_normal(shape) * 0.2).astype(np.float32)

    spec = WhisperSpec(_LAYERS, _HEADS, _LAYERS, _HEADS)
    _fill_encoder(spec.encoder, draw)
    _fill_decoder(spec.decoder, tokenizer.get_vocab_size(with_added_tokens=True), draw)
    save(folder, spec, tokenizer, layers=_LAYERS, heads=_HEADS)


def _fill_encoder(encoder: Any, draw: Draw) -> None:
    encoder.conv1.weight, encoder.conv1.bias = draw(_WIDTH, MEL_BANDS, 3), draw(_WIDTH)
    encoder.conv2.weight, encoder.conv2.bias = draw(_WIDTH, _WIDTH, 3), draw(_WIDTH)
    encoder.position_encodings.encodings = draw(_POSITIONS, _WIDTH)
    _fill_norm(encoder.layer_norm)
    for layer in encoder.layer:
        _fill_attention(layer.self_attention, (3, 1), draw)
        _fill_feed_forward(layer.ffn, draw)


def _fill_decoder(decoder: Any, vocabulary_size: int, draw: Draw) -> None:
    decoder.embeddings.weight = draw(vocabulary_size, _WIDTH)
    decoder.projection.weight = decoder.embeddings.weight
    decoder.position_encodings.encodings = draw(_TEXT_POSITIONS, _WIDTH)
    _fill_norm(decoder.layer_norm)
    for layer in decoder.layer:
        _fill_attention(layer.self_attention, (3, 1), draw)
        _fill_attention(layer.attention, (1, 2, 1), draw)
        _fill_feed_forward(layer.ffn, draw)


def _fill_attention(attention: Any, stacked: Sequence[int], draw: Draw) -> None:
    """``stacked`` says how many of query, key, value and output share each matrix."""
    _fill_norm(attention.layer_norm)
    for linear, count in zip(attention.linear, stacked, strict=True):
        _fill_linear(linear, count * _WIDTH, _WIDTH, draw)


def _fill_feed_forward(network: Any, draw: Draw) -> None:
    _fill_norm(network.layer_norm)
    _fill_linear(network.linear_0, 4 * _WIDTH, _WIDTH, draw)
    _fill_linear(network.linear_1, _WIDTH, 4 * _WIDTH, draw)


def _fill_linear(linear: Any, outputs: int, inputs: int, draw: Draw) -> None:
    linear.weight, linear.bias = draw(outputs, inputs), draw(outputs)


def _fill_norm(norm: Any) -> None:
    norm.gamma, norm.beta = np.ones(_WIDTH, np.float32), np.zeros(_WIDTH, np.float32)
