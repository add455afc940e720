from polydub.v1 import asr_pb2 as _asr_pb2
from polydub.v1 import common_pb2 as _common_pb2
from polydub.v1 import diarization_pb2 as _diarization_pb2
from polydub.v1 import lipsync_pb2 as _lipsync_pb2
from polydub.v1 import muxing_pb2 as _muxing_pb2
from polydub.v1 import separation_pb2 as _separation_pb2
from polydub.v1 import translation_pb2 as _translation_pb2
from polydub.v1 import tts_pb2 as _tts_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Event(_message.Message):
    __slots__ = ("envelope", "spec", "products", "accepted", "canceled", "completed", "progressed", "failed")
    ENVELOPE_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    PRODUCTS_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    CANCELED_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_FIELD_NUMBER: _ClassVar[int]
    PROGRESSED_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    envelope: Envelope
    spec: DubSpec
    products: Products
    accepted: Accepted
    canceled: Canceled
    completed: Completed
    progressed: Progressed
    failed: Failed
    def __init__(self, envelope: _Optional[_Union[Envelope, _Mapping]] = ..., spec: _Optional[_Union[DubSpec, _Mapping]] = ..., products: _Optional[_Union[Products, _Mapping]] = ..., accepted: _Optional[_Union[Accepted, _Mapping]] = ..., canceled: _Optional[_Union[Canceled, _Mapping]] = ..., completed: _Optional[_Union[Completed, _Mapping]] = ..., progressed: _Optional[_Union[Progressed, _Mapping]] = ..., failed: _Optional[_Union[Failed, _Mapping]] = ...) -> None: ...

class Envelope(_message.Message):
    __slots__ = ("job_id", "video_id", "stage", "part", "parts", "revision", "target_language", "emitted_at_ms", "bulk")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    VIDEO_ID_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    TARGET_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    EMITTED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    BULK_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    video_id: str
    stage: str
    part: int
    parts: int
    revision: int
    target_language: str
    emitted_at_ms: int
    bulk: bool
    def __init__(self, job_id: _Optional[str] = ..., video_id: _Optional[str] = ..., stage: _Optional[str] = ..., part: _Optional[int] = ..., parts: _Optional[int] = ..., revision: _Optional[int] = ..., target_language: _Optional[str] = ..., emitted_at_ms: _Optional[int] = ..., bulk: _Optional[bool] = ...) -> None: ...

class DubSpec(_message.Message):
    __slots__ = ("source_key", "filename", "source_language", "target_languages", "speakers", "fit_mode", "engines", "glossary", "clone_consent", "lipsync", "extras", "subtitles", "min_quality", "sound", "edits", "voices", "memories")
    class EnginesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SOURCE_KEY_FIELD_NUMBER: _ClassVar[int]
    FILENAME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TARGET_LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    SPEAKERS_FIELD_NUMBER: _ClassVar[int]
    FIT_MODE_FIELD_NUMBER: _ClassVar[int]
    ENGINES_FIELD_NUMBER: _ClassVar[int]
    GLOSSARY_FIELD_NUMBER: _ClassVar[int]
    CLONE_CONSENT_FIELD_NUMBER: _ClassVar[int]
    LIPSYNC_FIELD_NUMBER: _ClassVar[int]
    EXTRAS_FIELD_NUMBER: _ClassVar[int]
    SUBTITLES_FIELD_NUMBER: _ClassVar[int]
    MIN_QUALITY_FIELD_NUMBER: _ClassVar[int]
    SOUND_FIELD_NUMBER: _ClassVar[int]
    EDITS_FIELD_NUMBER: _ClassVar[int]
    VOICES_FIELD_NUMBER: _ClassVar[int]
    MEMORIES_FIELD_NUMBER: _ClassVar[int]
    source_key: str
    filename: str
    source_language: str
    target_languages: _containers.RepeatedScalarFieldContainer[str]
    speakers: int
    fit_mode: _muxing_pb2.FitMode
    engines: _containers.ScalarMap[str, str]
    glossary: _containers.RepeatedCompositeFieldContainer[_translation_pb2.GlossaryTerm]
    clone_consent: str
    lipsync: bool
    extras: _containers.RepeatedScalarFieldContainer[_muxing_pb2.Extra]
    subtitles: _containers.RepeatedCompositeFieldContainer[_muxing_pb2.OwnSubtitles]
    min_quality: float
    sound: _muxing_pb2.SoundOptions
    edits: _containers.RepeatedCompositeFieldContainer[EditedPart]
    voices: _containers.RepeatedCompositeFieldContainer[VoiceChoice]
    memories: _containers.RepeatedCompositeFieldContainer[TranslationMemory]
    def __init__(self, source_key: _Optional[str] = ..., filename: _Optional[str] = ..., source_language: _Optional[str] = ..., target_languages: _Optional[_Iterable[str]] = ..., speakers: _Optional[int] = ..., fit_mode: _Optional[_Union[_muxing_pb2.FitMode, str]] = ..., engines: _Optional[_Mapping[str, str]] = ..., glossary: _Optional[_Iterable[_Union[_translation_pb2.GlossaryTerm, _Mapping]]] = ..., clone_consent: _Optional[str] = ..., lipsync: _Optional[bool] = ..., extras: _Optional[_Iterable[_Union[_muxing_pb2.Extra, str]]] = ..., subtitles: _Optional[_Iterable[_Union[_muxing_pb2.OwnSubtitles, _Mapping]]] = ..., min_quality: _Optional[float] = ..., sound: _Optional[_Union[_muxing_pb2.SoundOptions, _Mapping]] = ..., edits: _Optional[_Iterable[_Union[EditedPart, _Mapping]]] = ..., voices: _Optional[_Iterable[_Union[VoiceChoice, _Mapping]]] = ..., memories: _Optional[_Iterable[_Union[TranslationMemory, _Mapping]]] = ...) -> None: ...

class EditedPart(_message.Message):
    __slots__ = ("part", "target_language", "key", "digest")
    PART_FIELD_NUMBER: _ClassVar[int]
    TARGET_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    part: int
    target_language: str
    key: str
    digest: str
    def __init__(self, part: _Optional[int] = ..., target_language: _Optional[str] = ..., key: _Optional[str] = ..., digest: _Optional[str] = ...) -> None: ...

class VoiceChoice(_message.Message):
    __slots__ = ("speaker_id", "target_language", "voice_id")
    SPEAKER_ID_FIELD_NUMBER: _ClassVar[int]
    TARGET_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    VOICE_ID_FIELD_NUMBER: _ClassVar[int]
    speaker_id: str
    target_language: str
    voice_id: str
    def __init__(self, speaker_id: _Optional[str] = ..., target_language: _Optional[str] = ..., voice_id: _Optional[str] = ...) -> None: ...

class TranslationMemory(_message.Message):
    __slots__ = ("target_language", "key", "digest")
    TARGET_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    target_language: str
    key: str
    digest: str
    def __init__(self, target_language: _Optional[str] = ..., key: _Optional[str] = ..., digest: _Optional[str] = ...) -> None: ...

class Products(_message.Message):
    __slots__ = ("separation", "diarization", "asr", "translation", "tts", "muxing", "lipsync")
    SEPARATION_FIELD_NUMBER: _ClassVar[int]
    DIARIZATION_FIELD_NUMBER: _ClassVar[int]
    ASR_FIELD_NUMBER: _ClassVar[int]
    TRANSLATION_FIELD_NUMBER: _ClassVar[int]
    TTS_FIELD_NUMBER: _ClassVar[int]
    MUXING_FIELD_NUMBER: _ClassVar[int]
    LIPSYNC_FIELD_NUMBER: _ClassVar[int]
    separation: _separation_pb2.SeparationProducts
    diarization: _diarization_pb2.DiarizationProducts
    asr: _asr_pb2.AsrProducts
    translation: _translation_pb2.TranslationProducts
    tts: _tts_pb2.TtsProducts
    muxing: _muxing_pb2.MuxingProducts
    lipsync: _lipsync_pb2.LipsyncProducts
    def __init__(self, separation: _Optional[_Union[_separation_pb2.SeparationProducts, _Mapping]] = ..., diarization: _Optional[_Union[_diarization_pb2.DiarizationProducts, _Mapping]] = ..., asr: _Optional[_Union[_asr_pb2.AsrProducts, _Mapping]] = ..., translation: _Optional[_Union[_translation_pb2.TranslationProducts, _Mapping]] = ..., tts: _Optional[_Union[_tts_pb2.TtsProducts, _Mapping]] = ..., muxing: _Optional[_Union[_muxing_pb2.MuxingProducts, _Mapping]] = ..., lipsync: _Optional[_Union[_lipsync_pb2.LipsyncProducts, _Mapping]] = ...) -> None: ...

class Accepted(_message.Message):
    __slots__ = ("expected_s",)
    class ExpectedSEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    EXPECTED_S_FIELD_NUMBER: _ClassVar[int]
    expected_s: _containers.ScalarMap[str, float]
    def __init__(self, expected_s: _Optional[_Mapping[str, float]] = ...) -> None: ...

class Canceled(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class Completed(_message.Message):
    __slots__ = ("elapsed_ms", "engine_ms", "reused", "warnings", "engines", "usage")
    ELAPSED_MS_FIELD_NUMBER: _ClassVar[int]
    ENGINE_MS_FIELD_NUMBER: _ClassVar[int]
    REUSED_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    ENGINES_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    elapsed_ms: int
    engine_ms: int
    reused: bool
    warnings: _containers.RepeatedCompositeFieldContainer[_common_pb2.Warning]
    engines: _containers.RepeatedCompositeFieldContainer[_muxing_pb2.EngineOfStage]
    usage: _containers.RepeatedCompositeFieldContainer[_common_pb2.Usage]
    def __init__(self, elapsed_ms: _Optional[int] = ..., engine_ms: _Optional[int] = ..., reused: _Optional[bool] = ..., warnings: _Optional[_Iterable[_Union[_common_pb2.Warning, _Mapping]]] = ..., engines: _Optional[_Iterable[_Union[_muxing_pb2.EngineOfStage, _Mapping]]] = ..., usage: _Optional[_Iterable[_Union[_common_pb2.Usage, _Mapping]]] = ...) -> None: ...

class Progressed(_message.Message):
    __slots__ = ("fraction", "message", "usage")
    FRACTION_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    fraction: float
    message: str
    usage: _containers.RepeatedCompositeFieldContainer[_common_pb2.Usage]
    def __init__(self, fraction: _Optional[float] = ..., message: _Optional[str] = ..., usage: _Optional[_Iterable[_Union[_common_pb2.Usage, _Mapping]]] = ...) -> None: ...

class Failed(_message.Message):
    __slots__ = ("code", "message", "hint", "retryable", "attempts", "usage")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    RETRYABLE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    code: str
    message: str
    hint: str
    retryable: bool
    attempts: int
    usage: _containers.RepeatedCompositeFieldContainer[_common_pb2.Usage]
    def __init__(self, code: _Optional[str] = ..., message: _Optional[str] = ..., hint: _Optional[str] = ..., retryable: _Optional[bool] = ..., attempts: _Optional[int] = ..., usage: _Optional[_Iterable[_Union[_common_pb2.Usage, _Mapping]]] = ...) -> None: ...
