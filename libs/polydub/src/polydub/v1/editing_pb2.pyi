from polydub.v1 import dubbing_pb2 as _dubbing_pb2
from polydub.v1 import muxing_pb2 as _muxing_pb2
from polydub.v1 import speakers_pb2 as _speakers_pb2
from polydub.v1 import tts_pb2 as _tts_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WordingOrigin(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WORDING_ORIGIN_UNSPECIFIED: _ClassVar[WordingOrigin]
    WORDING_ORIGIN_MACHINE: _ClassVar[WordingOrigin]
    WORDING_ORIGIN_PERSON: _ClassVar[WordingOrigin]
WORDING_ORIGIN_UNSPECIFIED: WordingOrigin
WORDING_ORIGIN_MACHINE: WordingOrigin
WORDING_ORIGIN_PERSON: WordingOrigin

class GetScriptRequest(_message.Message):
    __slots__ = ("dub_id", "language", "page_size", "page_token")
    DUB_ID_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    dub_id: str
    language: str
    page_size: int
    page_token: str
    def __init__(self, dub_id: _Optional[str] = ..., language: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class Script(_message.Message):
    __slots__ = ("revision", "language", "stale_languages", "segments", "next_page_token", "total", "speakers", "affected")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    STALE_LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    SPEAKERS_FIELD_NUMBER: _ClassVar[int]
    AFFECTED_FIELD_NUMBER: _ClassVar[int]
    revision: int
    language: str
    stale_languages: _containers.RepeatedScalarFieldContainer[str]
    segments: _containers.RepeatedCompositeFieldContainer[Segment]
    next_page_token: str
    total: int
    speakers: _containers.RepeatedCompositeFieldContainer[ScriptSpeaker]
    affected: _containers.RepeatedCompositeFieldContainer[AffectedLines]
    def __init__(self, revision: _Optional[int] = ..., language: _Optional[str] = ..., stale_languages: _Optional[_Iterable[str]] = ..., segments: _Optional[_Iterable[_Union[Segment, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total: _Optional[int] = ..., speakers: _Optional[_Iterable[_Union[ScriptSpeaker, _Mapping]]] = ..., affected: _Optional[_Iterable[_Union[AffectedLines, _Mapping]]] = ...) -> None: ...

class Segment(_message.Message):
    __slots__ = ("id", "part", "start_ms", "end_ms", "speaker_id", "text", "confidence", "revision", "translations", "fit")
    class TranslationsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Wording
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Wording, _Mapping]] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    TRANSLATIONS_FIELD_NUMBER: _ClassVar[int]
    FIT_FIELD_NUMBER: _ClassVar[int]
    id: str
    part: int
    start_ms: int
    end_ms: int
    speaker_id: str
    text: str
    confidence: float
    revision: int
    translations: _containers.MessageMap[str, Wording]
    fit: _muxing_pb2.LineReport
    def __init__(self, id: _Optional[str] = ..., part: _Optional[int] = ..., start_ms: _Optional[int] = ..., end_ms: _Optional[int] = ..., speaker_id: _Optional[str] = ..., text: _Optional[str] = ..., confidence: _Optional[float] = ..., revision: _Optional[int] = ..., translations: _Optional[_Mapping[str, Wording]] = ..., fit: _Optional[_Union[_muxing_pb2.LineReport, _Mapping]] = ...) -> None: ...

class Wording(_message.Message):
    __slots__ = ("text", "origin", "stale", "candidates")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    STALE_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    text: str
    origin: WordingOrigin
    stale: bool
    candidates: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, text: _Optional[str] = ..., origin: _Optional[_Union[WordingOrigin, str]] = ..., stale: _Optional[bool] = ..., candidates: _Optional[_Iterable[str]] = ...) -> None: ...

class ScriptSpeaker(_message.Message):
    __slots__ = ("id", "name", "voices", "revision", "registered_id")
    class VoicesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VOICES_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REGISTERED_ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    voices: _containers.ScalarMap[str, str]
    revision: int
    registered_id: str
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., voices: _Optional[_Mapping[str, str]] = ..., revision: _Optional[int] = ..., registered_id: _Optional[str] = ...) -> None: ...

class InsertSegmentRequest(_message.Message):
    __slots__ = ("dub_id", "start_ms", "end_ms", "speaker_id", "text", "translations")
    class TranslationsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    DUB_ID_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TRANSLATIONS_FIELD_NUMBER: _ClassVar[int]
    dub_id: str
    start_ms: int
    end_ms: int
    speaker_id: str
    text: str
    translations: _containers.ScalarMap[str, str]
    def __init__(self, dub_id: _Optional[str] = ..., start_ms: _Optional[int] = ..., end_ms: _Optional[int] = ..., speaker_id: _Optional[str] = ..., text: _Optional[str] = ..., translations: _Optional[_Mapping[str, str]] = ...) -> None: ...

class UpdateSegmentRequest(_message.Message):
    __slots__ = ("dub_id", "segment_id", "revision", "text", "start_ms", "end_ms", "speaker_id", "translations", "translate_anew")
    class TranslationsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    DUB_ID_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_ID_FIELD_NUMBER: _ClassVar[int]
    TRANSLATIONS_FIELD_NUMBER: _ClassVar[int]
    TRANSLATE_ANEW_FIELD_NUMBER: _ClassVar[int]
    dub_id: str
    segment_id: str
    revision: int
    text: str
    start_ms: int
    end_ms: int
    speaker_id: str
    translations: _containers.ScalarMap[str, str]
    translate_anew: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, dub_id: _Optional[str] = ..., segment_id: _Optional[str] = ..., revision: _Optional[int] = ..., text: _Optional[str] = ..., start_ms: _Optional[int] = ..., end_ms: _Optional[int] = ..., speaker_id: _Optional[str] = ..., translations: _Optional[_Mapping[str, str]] = ..., translate_anew: _Optional[_Iterable[str]] = ...) -> None: ...

class DeleteSegmentRequest(_message.Message):
    __slots__ = ("dub_id", "segment_id", "revision")
    DUB_ID_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    dub_id: str
    segment_id: str
    revision: int
    def __init__(self, dub_id: _Optional[str] = ..., segment_id: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...

class DeleteSegmentResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SplitSegmentRequest(_message.Message):
    __slots__ = ("dub_id", "segment_id", "revision", "at_ms", "at_character")
    DUB_ID_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    AT_CHARACTER_FIELD_NUMBER: _ClassVar[int]
    dub_id: str
    segment_id: str
    revision: int
    at_ms: int
    at_character: int
    def __init__(self, dub_id: _Optional[str] = ..., segment_id: _Optional[str] = ..., revision: _Optional[int] = ..., at_ms: _Optional[int] = ..., at_character: _Optional[int] = ...) -> None: ...

class SplitSegmentResponse(_message.Message):
    __slots__ = ("segments",)
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    segments: _containers.RepeatedCompositeFieldContainer[Segment]
    def __init__(self, segments: _Optional[_Iterable[_Union[Segment, _Mapping]]] = ...) -> None: ...

class MergeSegmentsRequest(_message.Message):
    __slots__ = ("dub_id", "segment_id", "revision")
    DUB_ID_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    dub_id: str
    segment_id: str
    revision: int
    def __init__(self, dub_id: _Optional[str] = ..., segment_id: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...

class UpdateSpeakerRequest(_message.Message):
    __slots__ = ("dub_id", "speaker_id", "revision", "name", "voices", "cast_anew", "registered_id")
    class VoicesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    DUB_ID_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VOICES_FIELD_NUMBER: _ClassVar[int]
    CAST_ANEW_FIELD_NUMBER: _ClassVar[int]
    REGISTERED_ID_FIELD_NUMBER: _ClassVar[int]
    dub_id: str
    speaker_id: str
    revision: int
    name: str
    voices: _containers.ScalarMap[str, str]
    cast_anew: _containers.RepeatedScalarFieldContainer[str]
    registered_id: str
    def __init__(self, dub_id: _Optional[str] = ..., speaker_id: _Optional[str] = ..., revision: _Optional[int] = ..., name: _Optional[str] = ..., voices: _Optional[_Mapping[str, str]] = ..., cast_anew: _Optional[_Iterable[str]] = ..., registered_id: _Optional[str] = ...) -> None: ...

class RegisterSpeakerRequest(_message.Message):
    __slots__ = ("dub_id", "speaker_id", "revision", "name")
    DUB_ID_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    dub_id: str
    speaker_id: str
    revision: int
    name: str
    def __init__(self, dub_id: _Optional[str] = ..., speaker_id: _Optional[str] = ..., revision: _Optional[int] = ..., name: _Optional[str] = ...) -> None: ...

class MergeSpeakersRequest(_message.Message):
    __slots__ = ("dub_id", "speaker_id", "revision", "into")
    DUB_ID_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    INTO_FIELD_NUMBER: _ClassVar[int]
    dub_id: str
    speaker_id: str
    revision: int
    into: str
    def __init__(self, dub_id: _Optional[str] = ..., speaker_id: _Optional[str] = ..., revision: _Optional[int] = ..., into: _Optional[str] = ...) -> None: ...

class SuggestWordingsRequest(_message.Message):
    __slots__ = ("dub_id", "segment_id", "language", "ratio")
    DUB_ID_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    RATIO_FIELD_NUMBER: _ClassVar[int]
    dub_id: str
    segment_id: str
    language: str
    ratio: float
    def __init__(self, dub_id: _Optional[str] = ..., segment_id: _Optional[str] = ..., language: _Optional[str] = ..., ratio: _Optional[float] = ...) -> None: ...

class SuggestWordingsResponse(_message.Message):
    __slots__ = ("suggestions",)
    SUGGESTIONS_FIELD_NUMBER: _ClassVar[int]
    suggestions: _containers.RepeatedCompositeFieldContainer[Suggestion]
    def __init__(self, suggestions: _Optional[_Iterable[_Union[Suggestion, _Mapping]]] = ...) -> None: ...

class Suggestion(_message.Message):
    __slots__ = ("text", "origin")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    text: str
    origin: str
    def __init__(self, text: _Optional[str] = ..., origin: _Optional[str] = ...) -> None: ...

class PreviewSegmentRequest(_message.Message):
    __slots__ = ("dub_id", "segment_id", "language", "text", "voice_id")
    DUB_ID_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_ID_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    VOICE_ID_FIELD_NUMBER: _ClassVar[int]
    dub_id: str
    segment_id: str
    language: str
    text: str
    voice_id: str
    def __init__(self, dub_id: _Optional[str] = ..., segment_id: _Optional[str] = ..., language: _Optional[str] = ..., text: _Optional[str] = ..., voice_id: _Optional[str] = ...) -> None: ...

class PreviewSegmentResponse(_message.Message):
    __slots__ = ("audio", "duration_ms")
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    audio: bytes
    duration_ms: int
    def __init__(self, audio: _Optional[bytes] = ..., duration_ms: _Optional[int] = ...) -> None: ...

class RegenerateDubRequest(_message.Message):
    __slots__ = ("dub_id",)
    DUB_ID_FIELD_NUMBER: _ClassVar[int]
    dub_id: str
    def __init__(self, dub_id: _Optional[str] = ...) -> None: ...

class RegenerateDubResponse(_message.Message):
    __slots__ = ("dub", "affected")
    DUB_FIELD_NUMBER: _ClassVar[int]
    AFFECTED_FIELD_NUMBER: _ClassVar[int]
    dub: _dubbing_pb2.Dub
    affected: _containers.RepeatedCompositeFieldContainer[AffectedLines]
    def __init__(self, dub: _Optional[_Union[_dubbing_pb2.Dub, _Mapping]] = ..., affected: _Optional[_Iterable[_Union[AffectedLines, _Mapping]]] = ...) -> None: ...

class AffectedLines(_message.Message):
    __slots__ = ("language", "segment_ids")
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    SEGMENT_IDS_FIELD_NUMBER: _ClassVar[int]
    language: str
    segment_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, language: _Optional[str] = ..., segment_ids: _Optional[_Iterable[str]] = ...) -> None: ...
