"""Coqui models in the real formats, random and so small that a test makes them in a second."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from TTS.config.shared_configs import BaseAudioConfig
from TTS.tts.configs.shared_configs import CharactersConfig
from TTS.tts.configs.vits_config import VitsArgs, VitsConfig
from TTS.tts.configs.xtts_config import XttsArgs, XttsAudioConfig, XttsConfig
from TTS.tts.layers.xtts import hifigan_decoder
from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer
from TTS.tts.models import xtts
from TTS.tts.models.vits import Vits
from TTS.tts.models.xtts import Xtts

LANGUAGES = ["en", "es", "pt"]
XTTS_TOKENS = 40
XTTS_TEXT_TOKENS = 60
VITS_HZ, VITS_HOP, VITS_FRAMES = 16_000, 64, 10
"""Each sign of a VITS model, and the blank before each, lasts ten frames of 4 ms."""


@contextmanager
def small_xtts() -> Iterator[None]:
    """XTTS with a vocoder of 3 MB instead of 90; its sizes stand in no configuration."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            xtts, "HifiDecoder", partial(xtts.HifiDecoder, upsample_initial_channel_decoder=32)
        )
        patch.setattr(
            hifigan_decoder,
            "ResNetSpeakerEncoder",
            partial(
                hifigan_decoder.ResNetSpeakerEncoder,
                layers=[1, 1, 1, 1],
                num_filters=[8, 8, 16, 16],
            ),
        )
        yield


def xtts_model(folder: Path, name: str = "toy", speakers: tuple[str, ...] = ("Ana", "Ben")) -> Path:
    """An XTTS that says 40 tokens for each text; made within :func:`small_xtts`."""
    place = folder / name
    place.mkdir(parents=True)
    torch.manual_seed(0)
    _tokenizer().save(str(place / "vocab.json"))
    args = XttsArgs(
        gpt_layers=2, gpt_n_model_channels=64, gpt_n_heads=2, gpt_max_audio_tokens=XTTS_TOKENS,
        gpt_max_text_tokens=XTTS_TEXT_TOKENS, gpt_max_prompt_tokens=20, gpt_num_audio_tokens=130,
        gpt_start_audio_token=128, gpt_stop_audio_token=129, decoder_input_dim=64,
        gpt_use_perceiver_resampler=True, gpt_use_masking_gt_prompt_approach=True,
    )  # fmt: skip
    config = XttsConfig(
        model_args=args, audio=XttsAudioConfig(), languages=LANGUAGES, num_gpt_outputs=1,
        gpt_cond_len=6, gpt_cond_chunk_len=3,
    )  # fmt: skip
    model = Xtts(config)
    model.tokenizer = VoiceBpeTokenizer(str(place / "vocab.json"))
    model.init_models()
    with torch.no_grad():
        model.gpt.mel_head.bias[129] = -1e4  # it never stops by itself
    torch.save({"model": model.state_dict()}, place / "model.pth")
    config.save_json(str(place / "config.json"))
    torch.save({name: _latents(n) for n, name in enumerate(speakers)}, place / "speakers_xtts.pth")
    return place


def vits_model(folder: Path, name: str = "toy", card: dict[str, Any] | None = None) -> Path:
    """A VITS of two speakers whose signs are all equally long."""
    place = folder / name
    place.mkdir(parents=True)
    torch.manual_seed(0)
    (place / "speakers.json").write_text(json.dumps({"alice": 0, "bob": 1}))
    args = VitsArgs(
        num_chars=64, hidden_channels=16, hidden_channels_ffn_text_encoder=32,
        num_heads_text_encoder=2, num_layers_text_encoder=2, num_layers_posterior_encoder=2,
        num_layers_flow=2, upsample_initial_channel_decoder=32, upsample_rates_decoder=[4, 4, 2, 2],
        upsample_kernel_sizes_decoder=[8, 8, 4, 4], use_sdp=False, use_speaker_embedding=True,
        speaker_embedding_channels=16, init_discriminator=False, spec_segment_size=8,
        speakers_file=str(place / "speakers.json"),
    )  # fmt: skip
    config = VitsConfig(
        model_args=args,
        audio=BaseAudioConfig(
            sample_rate=VITS_HZ, fft_size=256, win_length=256, hop_length=VITS_HOP, num_mels=80
        ),
        characters=CharactersConfig(
            characters_class="TTS.tts.models.vits.VitsCharacters", pad="_", eos="", bos="",
            blank="", characters="abcdefghijklmnopqrstuvwxyzáéíóúñ", punctuations="!'(),-.:;?¿¡ ",
            phonemes="",
        ),
        text_cleaner="basic_cleaners", use_phonemes=False, add_blank=True, test_sentences=[],
        speakers_file=str(place / "speakers.json"),
    )  # fmt: skip
    model = Vits(config)
    with torch.no_grad():
        model.duration_predictor.proj.weight.zero_()
        model.duration_predictor.proj.bias.fill_(float(torch.log(torch.tensor(VITS_FRAMES - 0.01))))
    torch.save({"model": model.state_dict(), "step": 0}, place / "model.pth")
    config.speakers_file = config.model_args.speakers_file = "/trained/elsewhere/speakers.json"
    config.save_json(str(place / "config.json"))
    told = (
        {"language": "es", "licence": "CC0-1.0", "commercial_use": True} if card is None else card
    )
    (place / "polydub.json").write_text(json.dumps(told))
    return place


def _tokenizer() -> Tokenizer:
    special = ["[STOP]", "[UNK]", "[SPACE]", *(f"[{tag}]" for tag in LANGUAGES), "[START]"]
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.BpeTrainer(
        vocab_size=120,
        special_tokens=special,
        initial_alphabet=list("abcdefghijklmnopqrstuvwxyz.,!?'"),
    )
    texts = ["hello everyone welcome to the show", "hola a todos bienvenidos al programa"]
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _latents(number: int) -> dict[str, torch.Tensor]:
    chance = torch.Generator().manual_seed(number)
    return {
        "gpt_cond_latent": torch.randn(1, 32, 64, generator=chance),
        "speaker_embedding": torch.randn(1, 512, 1, generator=chance),
    }
