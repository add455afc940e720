"""The results as messages: the one place where this stage's own types become protobuf."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from polydub.v1 import common_pb2, diarization_pb2
from polydub_diarization.parts import part_of
from polydub_diarization.pitch import Gender, PitchClass, VoiceProfile
from polydub_diarization.prosody import Prosody
from polydub_diarization.spans import Span, total_ms
from polydub_diarization.turns import Utterance, spans_of, speakers_of

SCHEMA_VERSION = 1

_PITCH_CLASSES = {
    None: diarization_pb2.PITCH_CLASS_UNSPECIFIED,
    PitchClass.LOW: diarization_pb2.PITCH_CLASS_LOW,
    PitchClass.MID: diarization_pb2.PITCH_CLASS_MID,
    PitchClass.HIGH: diarization_pb2.PITCH_CLASS_HIGH,
}
_GENDERS = {
    None: diarization_pb2.VOICE_GENDER_UNSPECIFIED,
    Gender.MALE: diarization_pb2.VOICE_GENDER_MALE,
    Gender.FEMALE: diarization_pb2.VOICE_GENDER_FEMALE,
}


def document(
    *,
    engine: common_pb2.EngineUse,
    duration_ms: int,
    utterances: Sequence[Utterance],
    parts: Sequence[Span],
    profiles: Mapping[str, VoiceProfile],
    reference_keys: Mapping[str, str],
    prosody: Sequence[Prosody],
    warnings: Sequence[common_pb2.Warning] = (),
) -> diarization_pb2.DiarizationDocument:
    """Everything that was found, as it is stored in ``diarization.json``.

    Args:
        prosody: of each utterance, in their order.
    """
    return diarization_pb2.DiarizationDocument(
        schema_version=SCHEMA_VERSION,
        engine=engine,
        duration_ms=duration_ms,
        speakers=[
            diarization_pb2.Speaker(
                id=speaker,
                profile=_profile(profiles[speaker]),
                reference_key=reference_keys[speaker],
                speech_ms=total_ms(spans_of(utterances, speaker)),
            )
            for speaker in speakers_of(utterances)
        ],
        utterances=[
            diarization_pb2.Utterance(
                id=f"u{number:04d}",
                speaker_id=utterance.speaker,
                start_ms=utterance.span.start_ms,
                end_ms=utterance.span.end_ms,
                part=part_of(parts, utterance.span),
                overlaps=utterance.overlaps,
                prosody=_prosody(said),
            )
            for number, (utterance, said) in enumerate(zip(utterances, prosody, strict=True), 1)
        ],
        parts=[
            diarization_pb2.Part(index=index, start_ms=part.start_ms, end_ms=part.end_ms)
            for index, part in enumerate(parts)
        ],
        warnings=warnings,
    )


def _profile(voice: VoiceProfile) -> diarization_pb2.VoiceProfile:
    return diarization_pb2.VoiceProfile(
        f0_median_hz=voice.f0_median_hz,
        f0_low_hz=voice.f0_low_hz,
        f0_high_hz=voice.f0_high_hz,
        pitch_class=_PITCH_CLASSES[voice.pitch_class],
        gender=_GENDERS[voice.gender],
    )


def _prosody(said: Prosody) -> common_pb2.Prosody:
    return common_pb2.Prosody(
        f0_median_hz=said.f0_median_hz,
        f0_range_semitones=said.f0_range_semitones,
        level_db=said.level_db,
    )
