"""The speech engines in the order in which ``auto`` tries them: what somebody has put there on
purpose first, then the best sounding."""

from __future__ import annotations

from polydub.engines import EngineRegistry
from polydub.settings import CommonSettings
from polydub_tts.engines.base import TtsEngine
from polydub_tts.engines.elevenlabs import ElevenLabsEngine
from polydub_tts.engines.espeak import EspeakEngine
from polydub_tts.engines.festival import FestivalEngine
from polydub_tts.engines.flite import FliteEngine
from polydub_tts.engines.kokoro import KokoroEngine
from polydub_tts.engines.onnx_voices import Shelf
from polydub_tts.engines.openai_speech import OpenAiSpeechEngine
from polydub_tts.engines.piper import PiperEngine
from polydub_tts.settings import TtsSettings


def open_registry(settings: TtsSettings, common: CommonSettings) -> EngineRegistry[TtsEngine]:
    """All engines with this deployment's settings."""
    limit_s = settings.line_timeout_s
    models = common.model_dir / "tts"
    shelf = Shelf(settings.models_loaded, settings.model_threads)
    return EngineRegistry(
        "tts",
        (
            lambda: ElevenLabsEngine(
                settings.elevenlabs_secret,
                settings.elevenlabs_model,
                settings.elevenlabs_url,
                limit_s,
                settings.elevenlabs_at_once,
            ),
            lambda: OpenAiSpeechEngine(settings.speech_server(), limit_s, settings.openai_at_once),
            lambda: KokoroEngine(models / "kokoro", shelf, limit_s),
            lambda: PiperEngine(models / "piper", shelf, limit_s, settings.piper_commercial_use),
            lambda: FestivalEngine(limit_s),
            lambda: FliteEngine(limit_s),
            lambda: EspeakEngine(limit_s),
        ),
        settings.engine,
    )
