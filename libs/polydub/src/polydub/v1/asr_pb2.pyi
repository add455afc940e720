from polydub.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TranscribeRequest(_message.Message):
    __slots__ = ("audio_key", "start_ms", "end_ms", "language", "engine", "hotwords")
    AUDIO_KEY_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    HOTWORDS_FIELD_NUMBER: _ClassVar[int]
    audio_key: str
    start_ms: int
    end_ms: int
    language: str
    engine: str
    hotwords: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, audio_key: _Optional[str] = ..., start_ms: _Optional[int] = ..., end_ms: _Optional[int] = ..., language: _Optional[str] = ..., engine: _Optional[str] = ..., hotwords: _Optional[_Iterable[str]] = ...) -> None: ...

class TranscribeResponse(_message.Message):
    __slots__ = ("words", "language", "engine")
    WORDS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    words: _containers.RepeatedCompositeFieldContainer[Word]
    language: str
    engine: _common_pb2.EngineUse
    def __init__(self, words: _Optional[_Iterable[_Union[Word, _Mapping]]] = ..., language: _Optional[str] = ..., engine: _Optional[_Union[_common_pb2.EngineUse, _Mapping]] = ...) -> None: ...

class Word(_message.Message):
    __slots__ = ("text", "start_ms", "end_ms", "confidence")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    text: str
    start_ms: int
    end_ms: int
    confidence: float
    def __init__(self, text: _Optional[str] = ..., start_ms: _Optional[int] = ..., end_ms: _Optional[int] = ..., confidence: _Optional[float] = ...) -> None: ...

class TranscriptLine(_message.Message):
    __slots__ = ("id", "speaker_id", "start_ms", "end_ms", "text", "confidence", "words", "low_confidence", "prosody")
    ID_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_ID_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    LOW_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    PROSODY_FIELD_NUMBER: _ClassVar[int]
    id: str
    speaker_id: str
    start_ms: int
    end_ms: int
    text: str
    confidence: float
    words: _containers.RepeatedCompositeFieldContainer[Word]
    low_confidence: bool
    prosody: _common_pb2.Prosody
    def __init__(self, id: _Optional[str] = ..., speaker_id: _Optional[str] = ..., start_ms: _Optional[int] = ..., end_ms: _Optional[int] = ..., text: _Optional[str] = ..., confidence: _Optional[float] = ..., words: _Optional[_Iterable[_Union[Word, _Mapping]]] = ..., low_confidence: _Optional[bool] = ..., prosody: _Optional[_Union[_common_pb2.Prosody, _Mapping]] = ...) -> None: ...

class TranscriptDocument(_message.Message):
    __slots__ = ("schema_version", "engine", "language", "language_decided_by", "language_confidence", "part", "lines", "warnings")
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_DECIDED_BY_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    schema_version: int
    engine: _common_pb2.EngineUse
    language: str
    language_decided_by: str
    language_confidence: float
    part: int
    lines: _containers.RepeatedCompositeFieldContainer[TranscriptLine]
    warnings: _containers.RepeatedCompositeFieldContainer[_common_pb2.Warning]
    def __init__(self, schema_version: _Optional[int] = ..., engine: _Optional[_Union[_common_pb2.EngineUse, _Mapping]] = ..., language: _Optional[str] = ..., language_decided_by: _Optional[str] = ..., language_confidence: _Optional[float] = ..., part: _Optional[int] = ..., lines: _Optional[_Iterable[_Union[TranscriptLine, _Mapping]]] = ..., warnings: _Optional[_Iterable[_Union[_common_pb2.Warning, _Mapping]]] = ...) -> None: ...

class AsrProducts(_message.Message):
    __slots__ = ("document_key", "language", "engine", "digest")
    DOCUMENT_KEY_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    document_key: str
    language: str
    engine: _common_pb2.EngineUse
    digest: str
    def __init__(self, document_key: _Optional[str] = ..., language: _Optional[str] = ..., engine: _Optional[_Union[_common_pb2.EngineUse, _Mapping]] = ..., digest: _Optional[str] = ...) -> None: ...
