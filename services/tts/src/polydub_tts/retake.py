"""Speaking a line of a job once more, where it was too long or was not understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from polydub.artifacts import read_document
from polydub.v1 import diarization_pb2, translation_pb2, tts_pb2
from polydub_tts.casting import CastVoice, SpeakerPitch, by_clone
from polydub_tts.fitting import Slot, fits
from polydub_tts.ladder import ladders
from polydub_tts.lines import LineSpeaker, Spoken, Unspoken
from polydub_tts.style import Manners, Style, likenesses_of
from polydub_tts.text import speakable
from polydub_tts.voices import able_engines, cast_message, cast_of


async def retake(
    request: tts_pb2.RetakeRequest, language: str, speaking: LineSpeaker
) -> tts_pb2.SpokenLine | None:
    """The line as it is better said: the best of its texts that fits, else the shortest.

    Takes lie in the store under the same digests as those of a part. None where no other take is
    better: shorter where it is too long, or slower where it had to hurry.

    Args:
        speaking: without the speakers' clips.

    Raises:
        StageError: the store's failures, or a voice that there is not.
    """
    texts = _texts(request)
    diarization = await _diarization(request, speaking)
    clips = likenesses_of(diarization.speakers, speaking.store) if request.clone_consent else {}
    speaker = replace(speaking, likenesses=by_clone(clips))
    voices = _voices(request, language, speaker)
    if not texts or not voices:
        return None
    slot = _slot(request)
    try:
        spoken = await speaker.speak(texts, slot, voices, _style(request.line, diarization))
    except Unspoken:
        return None
    return _line(request.line, spoken) if _better(spoken, request, slot) else None


def _texts(request: tts_pb2.RetakeRequest) -> list[str]:
    """What may be said; with another voice, what was said as well, and before all others."""
    own = [request.line.text] if request.other_voice else []
    others = [text for text in request.texts if request.other_voice or text != request.line.text]
    return [text for text in dict.fromkeys((*own, *others)) if speakable(text)]


def _voices(
    request: tts_pb2.RetakeRequest, language: str, speaking: LineSpeaker
) -> Sequence[CastVoice]:
    """The line's own voice; or, where that was not understood, the rungs below it."""
    line, voice = request.line, cast_of(request.line.voice)
    if not request.other_voice:
        return [voice]
    pitch = SpeakerPitch(line.speaker_id, voice.f0_hz, voice.gender)
    engines = able_engines(speaking.registry, language)
    rungs = ladders([pitch], {line.speaker_id: voice}, engines, language)[line.speaker_id]
    return [rung for rung in rungs if rung != voice]


def _slot(request: tts_pb2.RetakeRequest) -> Slot:
    """The room that the line has; as long as it is, where its length is not what is wrong."""
    line = request.line
    room_ms = request.room_ms or max(line.duration_ms, line.end_ms - line.start_ms)
    own_ms = max(1, min(line.end_ms - line.start_ms, room_ms))
    return Slot(own_ms, max(0, room_ms - own_ms))


async def _diarization(
    request: tts_pb2.RetakeRequest, speaking: LineSpeaker
) -> diarization_pb2.DiarizationDocument:
    key = request.diarization_key
    if not key:
        return diarization_pb2.DiarizationDocument()
    return await read_document(speaking.store, key, diarization_pb2.DiarizationDocument)


def _style(line: tts_pb2.SpokenLine, diarization: diarization_pb2.DiarizationDocument) -> Style:
    """How the source says it, but for its pace: that gives way to the room."""
    medians = {each.id: each.profile.f0_median_hz for each in diarization.speakers}
    said = translation_pb2.TranslatedLine(speaker_id=line.speaker_id, prosody=line.prosody)
    return Manners(medians_hz=medians, paces={}).of(said, alone=False)


def _better(spoken: Spoken, request: tts_pb2.RetakeRequest, slot: Slot) -> bool:
    line = request.line
    if request.other_voice:
        return fits(spoken.take.duration_ms, slot)
    before = _hurry(line.duration_ms, line.rate or 1.0, slot)
    return _hurry(spoken.take.duration_ms, spoken.rate, slot) < before


def _hurry(duration_ms: int, rate: float, slot: Slot) -> tuple[int, float]:
    """By how much speech is too long, and how fast it is all the same; less is better."""
    return (0 if fits(duration_ms, slot) else duration_ms - slot.room_ms, round(rate, 3))


def _line(line: tts_pb2.SpokenLine, spoken: Spoken) -> tts_pb2.SpokenLine:
    found = tts_pb2.SpokenLine()
    found.CopyFrom(line)
    found.text = spoken.text
    found.audio_key, found.digest = spoken.take.audio_key, spoken.take.digest
    found.duration_ms, found.natural_ms = spoken.take.duration_ms, spoken.natural_ms
    found.rate = spoken.rate
    found.voice.CopyFrom(cast_message(spoken.voice))
    found.engine.CopyFrom(spoken.engine.use())
    return found
