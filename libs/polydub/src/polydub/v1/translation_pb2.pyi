from polydub.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RephraseRequest(_message.Message):
    __slots__ = ("source_text", "text", "source_language", "target_language", "ratio", "engine", "glossary")
    SOURCE_TEXT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TARGET_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    RATIO_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    GLOSSARY_FIELD_NUMBER: _ClassVar[int]
    source_text: str
    text: str
    source_language: str
    target_language: str
    ratio: float
    engine: str
    glossary: _containers.RepeatedCompositeFieldContainer[GlossaryTerm]
    def __init__(self, source_text: _Optional[str] = ..., text: _Optional[str] = ..., source_language: _Optional[str] = ..., target_language: _Optional[str] = ..., ratio: _Optional[float] = ..., engine: _Optional[str] = ..., glossary: _Optional[_Iterable[_Union[GlossaryTerm, _Mapping]]] = ...) -> None: ...

class RephraseResponse(_message.Message):
    __slots__ = ("candidates", "engine")
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    candidates: _containers.RepeatedCompositeFieldContainer[TranslationCandidate]
    engine: _common_pb2.EngineUse
    def __init__(self, candidates: _Optional[_Iterable[_Union[TranslationCandidate, _Mapping]]] = ..., engine: _Optional[_Union[_common_pb2.EngineUse, _Mapping]] = ...) -> None: ...

class TranslateRequest(_message.Message):
    __slots__ = ("texts", "source_language", "target_language", "candidates", "engine", "glossary")
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TARGET_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    GLOSSARY_FIELD_NUMBER: _ClassVar[int]
    texts: _containers.RepeatedScalarFieldContainer[str]
    source_language: str
    target_language: str
    candidates: int
    engine: str
    glossary: _containers.RepeatedCompositeFieldContainer[GlossaryTerm]
    def __init__(self, texts: _Optional[_Iterable[str]] = ..., source_language: _Optional[str] = ..., target_language: _Optional[str] = ..., candidates: _Optional[int] = ..., engine: _Optional[str] = ..., glossary: _Optional[_Iterable[_Union[GlossaryTerm, _Mapping]]] = ...) -> None: ...

class GlossaryTerm(_message.Message):
    __slots__ = ("source", "target_language", "target")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TARGET_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    source: str
    target_language: str
    target: str
    def __init__(self, source: _Optional[str] = ..., target_language: _Optional[str] = ..., target: _Optional[str] = ...) -> None: ...

class TranslateResponse(_message.Message):
    __slots__ = ("results", "via", "engine")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    VIA_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[TranslationResult]
    via: _containers.RepeatedScalarFieldContainer[str]
    engine: _common_pb2.EngineUse
    def __init__(self, results: _Optional[_Iterable[_Union[TranslationResult, _Mapping]]] = ..., via: _Optional[_Iterable[str]] = ..., engine: _Optional[_Union[_common_pb2.EngineUse, _Mapping]] = ...) -> None: ...

class TranslationResult(_message.Message):
    __slots__ = ("candidates", "unknown_words")
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_WORDS_FIELD_NUMBER: _ClassVar[int]
    candidates: _containers.RepeatedCompositeFieldContainer[TranslationCandidate]
    unknown_words: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, candidates: _Optional[_Iterable[_Union[TranslationCandidate, _Mapping]]] = ..., unknown_words: _Optional[_Iterable[str]] = ...) -> None: ...

class TranslationCandidate(_message.Message):
    __slots__ = ("text", "score", "via")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    VIA_FIELD_NUMBER: _ClassVar[int]
    text: str
    score: float
    via: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, text: _Optional[str] = ..., score: _Optional[float] = ..., via: _Optional[_Iterable[str]] = ...) -> None: ...

class TranslatedLine(_message.Message):
    __slots__ = ("id", "speaker_id", "start_ms", "end_ms", "source_text", "text", "candidates", "unknown_words", "source_confidence", "prosody", "stale", "corrected")
    ID_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_ID_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_TEXT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_WORDS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    PROSODY_FIELD_NUMBER: _ClassVar[int]
    STALE_FIELD_NUMBER: _ClassVar[int]
    CORRECTED_FIELD_NUMBER: _ClassVar[int]
    id: str
    speaker_id: str
    start_ms: int
    end_ms: int
    source_text: str
    text: str
    candidates: _containers.RepeatedCompositeFieldContainer[TranslationCandidate]
    unknown_words: _containers.RepeatedScalarFieldContainer[str]
    source_confidence: float
    prosody: _common_pb2.Prosody
    stale: bool
    corrected: bool
    def __init__(self, id: _Optional[str] = ..., speaker_id: _Optional[str] = ..., start_ms: _Optional[int] = ..., end_ms: _Optional[int] = ..., source_text: _Optional[str] = ..., text: _Optional[str] = ..., candidates: _Optional[_Iterable[_Union[TranslationCandidate, _Mapping]]] = ..., unknown_words: _Optional[_Iterable[str]] = ..., source_confidence: _Optional[float] = ..., prosody: _Optional[_Union[_common_pb2.Prosody, _Mapping]] = ..., stale: _Optional[bool] = ..., corrected: _Optional[bool] = ...) -> None: ...

class MemoryDocument(_message.Message):
    __slots__ = ("schema_version", "source_language", "target_language", "entries")
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    SOURCE_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TARGET_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    schema_version: int
    source_language: str
    target_language: str
    entries: _containers.RepeatedCompositeFieldContainer[MemoryEntry]
    def __init__(self, schema_version: _Optional[int] = ..., source_language: _Optional[str] = ..., target_language: _Optional[str] = ..., entries: _Optional[_Iterable[_Union[MemoryEntry, _Mapping]]] = ...) -> None: ...

class MemoryEntry(_message.Message):
    __slots__ = ("source_text", "text")
    SOURCE_TEXT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    source_text: str
    text: str
    def __init__(self, source_text: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class TranslationDocument(_message.Message):
    __slots__ = ("schema_version", "engine", "source_language", "target_language", "via", "part", "lines", "warnings")
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TARGET_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    VIA_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    schema_version: int
    engine: _common_pb2.EngineUse
    source_language: str
    target_language: str
    via: _containers.RepeatedScalarFieldContainer[str]
    part: int
    lines: _containers.RepeatedCompositeFieldContainer[TranslatedLine]
    warnings: _containers.RepeatedCompositeFieldContainer[_common_pb2.Warning]
    def __init__(self, schema_version: _Optional[int] = ..., engine: _Optional[_Union[_common_pb2.EngineUse, _Mapping]] = ..., source_language: _Optional[str] = ..., target_language: _Optional[str] = ..., via: _Optional[_Iterable[str]] = ..., part: _Optional[int] = ..., lines: _Optional[_Iterable[_Union[TranslatedLine, _Mapping]]] = ..., warnings: _Optional[_Iterable[_Union[_common_pb2.Warning, _Mapping]]] = ...) -> None: ...

class TranslationProducts(_message.Message):
    __slots__ = ("document_key", "engine", "via", "digest")
    DOCUMENT_KEY_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    VIA_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    document_key: str
    engine: _common_pb2.EngineUse
    via: _containers.RepeatedScalarFieldContainer[str]
    digest: str
    def __init__(self, document_key: _Optional[str] = ..., engine: _Optional[_Union[_common_pb2.EngineUse, _Mapping]] = ..., via: _Optional[_Iterable[str]] = ..., digest: _Optional[str] = ...) -> None: ...
