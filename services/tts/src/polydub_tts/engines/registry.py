"""The speech engines in the order in which ``auto`` tries them: what somebody has put there on
purpose first, then the best sounding."""

from __future__ import annotations

from polydub.engines import EngineRegistry
from polydub.google import GoogleSettings
from polydub.model_cache import ModelCache
from polydub.settings import CommonSettings, load_settings
from polydub_tts.engines.base import TtsEngine
from polydub_tts.engines.coqui import Models
from polydub_tts.engines.elevenlabs import ElevenLabsEngine
from polydub_tts.engines.espeak import EspeakEngine
from polydub_tts.engines.festival import FestivalEngine
from polydub_tts.engines.flite import FliteEngine
from polydub_tts.engines.google import GoogleSpeechEngine
from polydub_tts.engines.kokoro import KokoroEngine
from polydub_tts.engines.onnx_voices import Shelf
from polydub_tts.engines.openai_speech import OpenAiSpeechEngine
from polydub_tts.engines.piper import PiperEngine
from polydub_tts.engines.vits import VitsEngine
from polydub_tts.engines.xtts import XttsEngine
from polydub_tts.settings import TtsSettings


def open_registry(settings: TtsSettings, common: CommonSettings) -> EngineRegistry[TtsEngine]:
    """All engines with this deployment's settings."""
    limit_s = settings.line_timeout_s
    models = common.model_dir / "tts"
    shelf = Shelf(settings.models_mb, settings.model_threads)
    coqui: Models = ModelCache("tts", settings.models_mb * 2**20)
    retries = settings.cloud_retries
    return EngineRegistry(
        "tts",
        (
            lambda: ElevenLabsEngine(
                settings.elevenlabs_account(),
                settings.elevenlabs_model,
                settings.elevenlabs_url,
                limit_s,
                settings.elevenlabs_at_once,
                retries,
                settings.elevenlabs_clones_kept_s,
            ),
            lambda: GoogleSpeechEngine(
                load_settings(GoogleSettings),
                settings.google_kinds_wanted(),
                limit_s,
                settings.google_at_once,
                retries,
            ),
            lambda: OpenAiSpeechEngine(
                settings.speech_server(), limit_s, settings.openai_at_once, retries
            ),
            lambda: XttsEngine(
                models / "xtts", coqui, settings.device, limit_s, settings.xtts_half
            ),
            lambda: KokoroEngine(models / "kokoro", shelf, limit_s),
            lambda: VitsEngine(
                models / "vits", coqui, settings.device, limit_s, not common.allow_noncommercial
            ),
            lambda: PiperEngine(models / "piper", shelf, limit_s, not common.allow_noncommercial),
            lambda: FestivalEngine(limit_s),
            lambda: FliteEngine(limit_s),
            lambda: EspeakEngine(limit_s),
        ),
        settings.engine,
        common.allow_noncommercial,
    )
