"""Trains a toy Whisper as in ``whisper-toy``: 8 sentences of espeak-ng in three languages.

    pip install torch faster-whisper && python train_whisper_toy.py whisper-toy

A Whisper of 390,000 parameters, taught with the real front end, tokens and layout, and written in
CTranslate2's format. It takes some ten minutes on two cores. One sentence for each window of
30 s; word times are not learned. Needed only to make the model anew.
"""

from __future__ import annotations

import argparse
import math
import random
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own custom
from ctranslate2.specs import WhisperSpec
from faster_whisper.audio import decode_audio
from faster_whisper.feature_extractor import FeatureExtractor
from tiny_whisper import MEL_BANDS, save, tokenizer_over
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from torch import Tensor, nn
from whisper_sentences import SENTENCES, espeak_command

WIDTH, HEADS, LAYERS, HIDDEN = 64, 2, 2, 192
POSITIONS, TEXT_POSITIONS = 1500, 448
VOCABULARY = 420
RATE_HZ = 16_000
STEP_S = 0.02
"""Of timestamp tokens."""
BATCH = 6
IGNORED = -100

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Phase:
    """Steps of training on windows of one length; short ones are cheap."""

    steps: int
    window_s: int
    learning_rate: float


PHASES = (Phase(700, 8, 2e-3), Phase(300, 30, 1e-3))


@dataclass(frozen=True)
class Spoken:
    """A sentence without the silence around it."""

    language: str
    samples: Samples
    tokens: list[int]


def text_tokenizer() -> Tokenizer:
    """Byte pairs of the sentences, with Whisper's special tokens."""
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    learner.train_from_iterator([f" {s}" for each in SENTENCES.values() for s in each], trainer)
    with tempfile.TemporaryDirectory() as folder:
        vocabulary, merges = (Path(path) for path in learner.model.save(folder))
        pairs = [line.split(" ") for line in merges.read_text("utf-8").splitlines()[1:]]
        tokens = models.BPE.read_file(str(vocabulary), str(merges))[0]
    return tokenizer_over(tokens, [(left, right) for left, right in pairs])


def speak_all(tokenizer: Tokenizer) -> list[Spoken]:
    """Every sentence by espeak-ng at 16 kHz."""
    spoken = []
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/line.wav"
        for language, sentences in SENTENCES.items():
            for sentence in sentences:
                subprocess.run(espeak_command(language, sentence, path), check=True)
                samples = decode_audio(path)
                loud = np.flatnonzero(np.abs(samples) > 0.01)
                tokens = tokenizer.encode(f" {sentence}", add_special_tokens=False).ids
                spoken.append(Spoken(language, samples[loud[0] : loud[-1]], tokens))
    return spoken


class Attention(nn.Module):
    """Multi-head attention, to itself or to ``memory``."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.key = nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor, memory: Tensor | None = None, causal: bool = False) -> Tensor:
        seen = x if memory is None else memory
        heads = (_split(f(y)) for f, y in ((self.query, x), (self.key, seen), (self.value, seen)))
        mixed = F.scaled_dot_product_attention(*heads, is_causal=causal)
        return self.out(mixed.transpose(1, 2).reshape(x.shape))


def _split(x: Tensor) -> Tensor:
    return x.view(x.shape[0], x.shape[1], HEADS, WIDTH // HEADS).transpose(1, 2)


class Layer(nn.Module):
    """One layer of the encoder, or of the decoder with ``crossed``."""

    def __init__(self, *, crossed: bool) -> None:
        super().__init__()
        self.attention_norm, self.attention = nn.LayerNorm(WIDTH), Attention()
        self.crossed = crossed
        if crossed:
            self.cross_norm, self.cross = nn.LayerNorm(WIDTH), Attention()
        self.feed_norm = nn.LayerNorm(WIDTH)
        self.feed_in, self.feed_out = nn.Linear(WIDTH, HIDDEN), nn.Linear(HIDDEN, WIDTH)

    def forward(self, x: Tensor, memory: Tensor | None = None) -> Tensor:
        x = x + self.attention(self.attention_norm(x), causal=self.crossed)
        if self.crossed:
            x = x + self.cross(self.cross_norm(x), memory)
        return x + self.feed_out(F.gelu(self.feed_in(self.feed_norm(x))))


class Whisper(nn.Module):
    """Radford et al. 2022, made small."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(MEL_BANDS, WIDTH, 3, padding=1)
        self.conv2 = nn.Conv1d(WIDTH, WIDTH, 3, stride=2, padding=1)
        self.register_buffer("positions", _sinusoids(POSITIONS))
        self.encoder = nn.ModuleList(Layer(crossed=False) for _ in range(LAYERS))
        self.encoder_norm = nn.LayerNorm(WIDTH)
        self.embedding = nn.Embedding(vocabulary, WIDTH)
        nn.init.normal_(self.embedding.weight, std=0.05)
        self.text_positions = nn.Parameter(torch.randn(TEXT_POSITIONS, WIDTH) * 0.02)
        self.decoder = nn.ModuleList(Layer(crossed=True) for _ in range(LAYERS))
        self.decoder_norm = nn.LayerNorm(WIDTH)

    def forward(self, features: Tensor, tokens: Tensor) -> Tensor:
        """Logits (batch, text, vocabulary) of the tokens that follow each of ``tokens``."""
        memory = F.gelu(self.conv2(F.gelu(self.conv1(features)))).transpose(1, 2)
        memory = memory + self.positions[: memory.shape[1]]
        for layer in self.encoder:
            memory = layer(memory)
        memory = self.encoder_norm(memory)
        x = self.embedding(tokens) + self.text_positions[: tokens.shape[1]]
        for layer in self.decoder:
            x = layer(x, memory)
        return self.decoder_norm(x) @ self.embedding.weight.T


def _sinusoids(length: int) -> Tensor:
    rates = torch.exp(-math.log(10_000) / (WIDTH // 2 - 1) * torch.arange(WIDTH // 2))
    angles = torch.arange(length)[:, None] * rates[None]
    return torch.cat([angles.sin(), angles.cos()], 1)


class Lessons:
    """Endless examples: a sentence somewhere in a window, loud or soft, in a little noise."""

    def __init__(self, tokenizer: Tokenizer, spoken: Sequence[Spoken], seed: int) -> None:
        self._id = tokenizer.token_to_id
        self._spoken = {
            language: [each for each in spoken if each.language == language]
            for language in SENTENCES
        }
        self._random = random.Random(seed)
        self._noise = np.random.default_rng(seed)
        self._features = FeatureExtractor(feature_size=MEL_BANDS)

    def batch(self, window_s: int) -> tuple[Tensor, Tensor]:
        """Features (batch, bands, frames) and tokens (batch, text), padded with ``IGNORED``."""
        examples = [self._example(window_s) for _ in range(BATCH)]
        frames = window_s * 100
        features = np.stack([self._features(samples)[:, :frames] for samples, _ in examples])
        tokens = torch.full((BATCH, max(len(text) for _, text in examples)), IGNORED)
        for row, (_, text) in enumerate(examples):
            tokens[row, : len(text)] = torch.tensor(text)
        return torch.from_numpy(features), tokens

    def _example(self, window_s: int) -> tuple[Samples, list[int]]:
        level = self._random.choice([0, 1e-4, 1e-3])
        samples = self._noise.standard_normal(window_s * RATE_HZ, np.float32) * np.float32(level)
        if self._random.random() < 0.05:
            return samples, self._marks("startoftranscript", "nospeech", "endoftext")
        said = self._random.choice(self._spoken[self._random.choice(["en", "en", "es", "de"])])
        early = self._random.choice([0, 0.02, 0.1, 0.4, 0.8, 1.5])
        at_s = early if self._random.random() < 0.8 else self._random.uniform(0, 2)
        first = round(at_s / STEP_S)
        start = round(first * STEP_S * RATE_HZ)
        samples[start : start + said.samples.size] += said.samples * self._random.uniform(0.5, 1.5)
        last = first + round(said.samples.size / RATE_HZ / STEP_S)
        return samples, self._transcript(said, first, last)

    def _transcript(self, said: Spoken, first: int, last: int) -> list[int]:
        opening = self._marks("startoftranscript", said.language, "transcribe")
        if self._random.random() < 0.6:
            zero = self._id("<|0.00|>")
            text = [zero + first, *said.tokens, zero + last]
        else:
            text = [*self._marks("notimestamps"), *said.tokens]
        return [*opening, *text, *self._marks("endoftext")]

    def _marks(self, *names: str) -> list[int]:
        return [self._id(f"<|{name}|>") for name in names]


def train(model: Whisper, lessons: Lessons, phases: Sequence[Phase]) -> None:
    """Teaches the model; prints the loss now and then."""
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.01)
    for phase in phases:
        for step in range(phase.steps):
            falling = 0.05 + 0.95 * (1 + math.cos(math.pi * step / phase.steps)) / 2
            rate = phase.learning_rate * min(1.0, (step + 1) / 10) * falling
            for group in optimizer.param_groups:
                group["lr"] = rate
            features, tokens = lessons.batch(phase.window_s)
            logits = model(features, tokens[:, :-1].clamp(min=0))
            loss = F.cross_entropy(
                logits.flatten(0, 1), tokens[:, 1:].flatten(), ignore_index=IGNORED
            )
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            if step % 50 == 0:
                print(
                    f"{phase.window_s} s windows, step {step}: loss {loss.item():.3f}", flush=True
                )


def as_spec(model: Whisper) -> WhisperSpec:
    """The weights in CTranslate2's layout."""
    spec = WhisperSpec(LAYERS, HEADS, LAYERS, HEADS)
    encoder, decoder = spec.encoder, spec.decoder
    _copy(encoder.conv1, model.conv1)
    _copy(encoder.conv2, model.conv2)
    encoder.position_encodings.encodings = _array(model.positions)
    _copy_norm(encoder.layer_norm, model.encoder_norm)
    decoder.embeddings.weight = decoder.projection.weight = _array(model.embedding.weight)
    decoder.position_encodings.encodings = _array(model.text_positions)
    _copy_norm(decoder.layer_norm, model.decoder_norm)
    for written, layers in ((encoder.layer, model.encoder), (decoder.layer, model.decoder)):
        for target, layer in zip(written, layers, strict=True):
            _copy_layer(target, layer)
    return spec


def _copy_layer(target: Any, layer: Layer) -> None:
    own = layer.attention
    _copy_norm(target.self_attention.layer_norm, layer.attention_norm)
    _copy(target.self_attention.linear[0], own.query, own.key, own.value)
    _copy(target.self_attention.linear[1], own.out)
    if layer.crossed:
        cross = layer.cross
        _copy_norm(target.attention.layer_norm, layer.cross_norm)
        _copy(target.attention.linear[0], cross.query)
        _copy(target.attention.linear[1], cross.key, cross.value)
        _copy(target.attention.linear[2], cross.out)
    _copy_norm(target.ffn.layer_norm, layer.feed_norm)
    _copy(target.ffn.linear_0, layer.feed_in)
    _copy(target.ffn.linear_1, layer.feed_out)


def _copy(target: Any, *parts: Any) -> None:
    target.weight = np.concatenate([_array(part.weight) for part in parts])
    target.bias = np.concatenate([_array(part.bias) for part in parts])


def _copy_norm(target: Any, norm: nn.LayerNorm) -> None:
    target.gamma, target.beta = _array(norm.weight), _array(norm.bias)


def _array(tensor: Tensor) -> npt.NDArray[np.float32]:
    return np.array(tensor.detach().numpy(), np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    tokenizer = text_tokenizer()
    model = Whisper(tokenizer.get_vocab_size(with_added_tokens=True))
    train(model, Lessons(tokenizer, speak_all(tokenizer), options.seed), PHASES)
    save(options.folder, as_spec(model.eval()), tokenizer, layers=LAYERS, heads=HEADS)


if __name__ == "__main__":
    main()
