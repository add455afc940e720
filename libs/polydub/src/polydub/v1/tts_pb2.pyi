from polydub.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RetakeRequest(_message.Message):
    __slots__ = ("video_id", "language", "line", "texts", "room_ms", "other_voice", "own_pace", "diarization_key", "clone_consent")
    VIDEO_ID_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    ROOM_MS_FIELD_NUMBER: _ClassVar[int]
    OTHER_VOICE_FIELD_NUMBER: _ClassVar[int]
    OWN_PACE_FIELD_NUMBER: _ClassVar[int]
    DIARIZATION_KEY_FIELD_NUMBER: _ClassVar[int]
    CLONE_CONSENT_FIELD_NUMBER: _ClassVar[int]
    video_id: str
    language: str
    line: SpokenLine
    texts: _containers.RepeatedScalarFieldContainer[str]
    room_ms: int
    other_voice: bool
    own_pace: bool
    diarization_key: str
    clone_consent: str
    def __init__(self, video_id: _Optional[str] = ..., language: _Optional[str] = ..., line: _Optional[_Union[SpokenLine, _Mapping]] = ..., texts: _Optional[_Iterable[str]] = ..., room_ms: _Optional[int] = ..., other_voice: _Optional[bool] = ..., own_pace: _Optional[bool] = ..., diarization_key: _Optional[str] = ..., clone_consent: _Optional[str] = ...) -> None: ...

class RetakeResponse(_message.Message):
    __slots__ = ("line",)
    LINE_FIELD_NUMBER: _ClassVar[int]
    line: SpokenLine
    def __init__(self, line: _Optional[_Union[SpokenLine, _Mapping]] = ...) -> None: ...

class ListVoicesRequest(_message.Message):
    __slots__ = ("language",)
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    language: str
    def __init__(self, language: _Optional[str] = ...) -> None: ...

class ListVoicesResponse(_message.Message):
    __slots__ = ("voices",)
    VOICES_FIELD_NUMBER: _ClassVar[int]
    voices: _containers.RepeatedCompositeFieldContainer[Voice]
    def __init__(self, voices: _Optional[_Iterable[_Union[Voice, _Mapping]]] = ...) -> None: ...

class Voice(_message.Message):
    __slots__ = ("id", "engine", "language", "name", "f0_hz", "gender", "cloned")
    ID_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    F0_HZ_FIELD_NUMBER: _ClassVar[int]
    GENDER_FIELD_NUMBER: _ClassVar[int]
    CLONED_FIELD_NUMBER: _ClassVar[int]
    id: str
    engine: str
    language: str
    name: str
    f0_hz: float
    gender: str
    cloned: bool
    def __init__(self, id: _Optional[str] = ..., engine: _Optional[str] = ..., language: _Optional[str] = ..., name: _Optional[str] = ..., f0_hz: _Optional[float] = ..., gender: _Optional[str] = ..., cloned: _Optional[bool] = ...) -> None: ...

class SynthesizeRequest(_message.Message):
    __slots__ = ("text", "language", "voice", "rate")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    VOICE_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    text: str
    language: str
    voice: Voice
    rate: float
    def __init__(self, text: _Optional[str] = ..., language: _Optional[str] = ..., voice: _Optional[_Union[Voice, _Mapping]] = ..., rate: _Optional[float] = ...) -> None: ...

class SynthesizeResponse(_message.Message):
    __slots__ = ("audio", "sample_rate_hz", "duration_ms", "engine")
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_HZ_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    audio: bytes
    sample_rate_hz: int
    duration_ms: int
    engine: _common_pb2.EngineUse
    def __init__(self, audio: _Optional[bytes] = ..., sample_rate_hz: _Optional[int] = ..., duration_ms: _Optional[int] = ..., engine: _Optional[_Union[_common_pb2.EngineUse, _Mapping]] = ...) -> None: ...

class SpokenLine(_message.Message):
    __slots__ = ("id", "speaker_id", "start_ms", "end_ms", "source_text", "text", "audio_key", "duration_ms", "natural_ms", "rate", "voice", "engine", "digest", "source_confidence", "overlaps", "prosody", "keeps_original")
    ID_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_ID_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_TEXT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    AUDIO_KEY_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    NATURAL_MS_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    VOICE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    SOURCE_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    OVERLAPS_FIELD_NUMBER: _ClassVar[int]
    PROSODY_FIELD_NUMBER: _ClassVar[int]
    KEEPS_ORIGINAL_FIELD_NUMBER: _ClassVar[int]
    id: str
    speaker_id: str
    start_ms: int
    end_ms: int
    source_text: str
    text: str
    audio_key: str
    duration_ms: int
    natural_ms: int
    rate: float
    voice: Voice
    engine: _common_pb2.EngineUse
    digest: str
    source_confidence: float
    overlaps: bool
    prosody: _common_pb2.Prosody
    keeps_original: bool
    def __init__(self, id: _Optional[str] = ..., speaker_id: _Optional[str] = ..., start_ms: _Optional[int] = ..., end_ms: _Optional[int] = ..., source_text: _Optional[str] = ..., text: _Optional[str] = ..., audio_key: _Optional[str] = ..., duration_ms: _Optional[int] = ..., natural_ms: _Optional[int] = ..., rate: _Optional[float] = ..., voice: _Optional[_Union[Voice, _Mapping]] = ..., engine: _Optional[_Union[_common_pb2.EngineUse, _Mapping]] = ..., digest: _Optional[str] = ..., source_confidence: _Optional[float] = ..., overlaps: _Optional[bool] = ..., prosody: _Optional[_Union[_common_pb2.Prosody, _Mapping]] = ..., keeps_original: _Optional[bool] = ...) -> None: ...

class SpeechDocument(_message.Message):
    __slots__ = ("schema_version", "target_language", "part", "lines", "warnings")
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    TARGET_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    schema_version: int
    target_language: str
    part: int
    lines: _containers.RepeatedCompositeFieldContainer[SpokenLine]
    warnings: _containers.RepeatedCompositeFieldContainer[_common_pb2.Warning]
    def __init__(self, schema_version: _Optional[int] = ..., target_language: _Optional[str] = ..., part: _Optional[int] = ..., lines: _Optional[_Iterable[_Union[SpokenLine, _Mapping]]] = ..., warnings: _Optional[_Iterable[_Union[_common_pb2.Warning, _Mapping]]] = ...) -> None: ...

class TtsProducts(_message.Message):
    __slots__ = ("document_key", "spoken", "reused", "digest")
    DOCUMENT_KEY_FIELD_NUMBER: _ClassVar[int]
    SPOKEN_FIELD_NUMBER: _ClassVar[int]
    REUSED_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    document_key: str
    spoken: int
    reused: int
    digest: str
    def __init__(self, document_key: _Optional[str] = ..., spoken: _Optional[int] = ..., reused: _Optional[int] = ..., digest: _Optional[str] = ...) -> None: ...
