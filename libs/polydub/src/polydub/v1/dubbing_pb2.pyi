from polydub.v1 import common_pb2 as _common_pb2
from polydub.v1 import muxing_pb2 as _muxing_pb2
from polydub.v1 import translation_pb2 as _translation_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DubState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DUB_STATE_UNSPECIFIED: _ClassVar[DubState]
    DUB_STATE_QUEUED: _ClassVar[DubState]
    DUB_STATE_PROCESSING: _ClassVar[DubState]
    DUB_STATE_COMPLETED: _ClassVar[DubState]
    DUB_STATE_COMPLETED_WITH_WARNINGS: _ClassVar[DubState]
    DUB_STATE_FAILED: _ClassVar[DubState]
    DUB_STATE_CANCELED: _ClassVar[DubState]
DUB_STATE_UNSPECIFIED: DubState
DUB_STATE_QUEUED: DubState
DUB_STATE_PROCESSING: DubState
DUB_STATE_COMPLETED: DubState
DUB_STATE_COMPLETED_WITH_WARNINGS: DubState
DUB_STATE_FAILED: DubState
DUB_STATE_CANCELED: DubState

class UploadVideoRequest(_message.Message):
    __slots__ = ("header", "chunk")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    header: UploadHeader
    chunk: bytes
    def __init__(self, header: _Optional[_Union[UploadHeader, _Mapping]] = ..., chunk: _Optional[bytes] = ...) -> None: ...

class UploadHeader(_message.Message):
    __slots__ = ("filename",)
    FILENAME_FIELD_NUMBER: _ClassVar[int]
    filename: str
    def __init__(self, filename: _Optional[str] = ...) -> None: ...

class Video(_message.Message):
    __slots__ = ("id", "filename", "media", "created_at_ms")
    ID_FIELD_NUMBER: _ClassVar[int]
    FILENAME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    id: str
    filename: str
    media: _common_pb2.MediaInfo
    created_at_ms: int
    def __init__(self, id: _Optional[str] = ..., filename: _Optional[str] = ..., media: _Optional[_Union[_common_pb2.MediaInfo, _Mapping]] = ..., created_at_ms: _Optional[int] = ...) -> None: ...

class GetVideoRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DeleteVideoRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DeleteVideoResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CreateDubRequest(_message.Message):
    __slots__ = ("video_id", "source_language", "target_languages", "speakers", "fit_mode", "engines", "glossary", "clone_consent", "lipsync", "extras", "subtitles", "min_quality", "sound")
    class EnginesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    VIDEO_ID_FIELD_NUMBER: _ClassVar[int]
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
    video_id: str
    source_language: str
    target_languages: _containers.RepeatedScalarFieldContainer[str]
    speakers: int
    fit_mode: _muxing_pb2.FitMode
    engines: _containers.ScalarMap[str, str]
    glossary: _containers.RepeatedCompositeFieldContainer[_translation_pb2.GlossaryTerm]
    clone_consent: CloneConsent
    lipsync: bool
    extras: _containers.RepeatedScalarFieldContainer[_muxing_pb2.Extra]
    subtitles: _containers.RepeatedCompositeFieldContainer[SubtitleFile]
    min_quality: float
    sound: _muxing_pb2.SoundOptions
    def __init__(self, video_id: _Optional[str] = ..., source_language: _Optional[str] = ..., target_languages: _Optional[_Iterable[str]] = ..., speakers: _Optional[int] = ..., fit_mode: _Optional[_Union[_muxing_pb2.FitMode, str]] = ..., engines: _Optional[_Mapping[str, str]] = ..., glossary: _Optional[_Iterable[_Union[_translation_pb2.GlossaryTerm, _Mapping]]] = ..., clone_consent: _Optional[_Union[CloneConsent, _Mapping]] = ..., lipsync: _Optional[bool] = ..., extras: _Optional[_Iterable[_Union[_muxing_pb2.Extra, str]]] = ..., subtitles: _Optional[_Iterable[_Union[SubtitleFile, _Mapping]]] = ..., min_quality: _Optional[float] = ..., sound: _Optional[_Union[_muxing_pb2.SoundOptions, _Mapping]] = ...) -> None: ...

class SubtitleFile(_message.Message):
    __slots__ = ("language", "text")
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    language: str
    text: str
    def __init__(self, language: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class CloneConsent(_message.Message):
    __slots__ = ("given_by", "statement")
    GIVEN_BY_FIELD_NUMBER: _ClassVar[int]
    STATEMENT_FIELD_NUMBER: _ClassVar[int]
    given_by: str
    statement: str
    def __init__(self, given_by: _Optional[str] = ..., statement: _Optional[str] = ...) -> None: ...

class UsageCost(_message.Message):
    __slots__ = ("stage", "usage", "cost")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    stage: str
    usage: _common_pb2.Usage
    cost: float
    def __init__(self, stage: _Optional[str] = ..., usage: _Optional[_Union[_common_pb2.Usage, _Mapping]] = ..., cost: _Optional[float] = ...) -> None: ...

class GetDubRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class ListDubsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListDubsResponse(_message.Message):
    __slots__ = ("dubs", "next_page_token")
    DUBS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    dubs: _containers.RepeatedCompositeFieldContainer[Dub]
    next_page_token: str
    def __init__(self, dubs: _Optional[_Iterable[_Union[Dub, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CancelDubRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class RetryDubRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DeleteDubRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DeleteDubResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DownloadArtifactRequest(_message.Message):
    __slots__ = ("dub_id", "name", "start")
    DUB_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    dub_id: str
    name: str
    start: int
    def __init__(self, dub_id: _Optional[str] = ..., name: _Optional[str] = ..., start: _Optional[int] = ...) -> None: ...

class DownloadArtifactResponse(_message.Message):
    __slots__ = ("chunk",)
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    chunk: bytes
    def __init__(self, chunk: _Optional[bytes] = ...) -> None: ...

class WatchDubRequest(_message.Message):
    __slots__ = ("id", "after_sequence")
    ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    id: str
    after_sequence: int
    def __init__(self, id: _Optional[str] = ..., after_sequence: _Optional[int] = ...) -> None: ...

class DubError(_message.Message):
    __slots__ = ("code", "message", "hint", "stage", "retryable")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    RETRYABLE_FIELD_NUMBER: _ClassVar[int]
    code: str
    message: str
    hint: str
    stage: str
    retryable: bool
    def __init__(self, code: _Optional[str] = ..., message: _Optional[str] = ..., hint: _Optional[str] = ..., stage: _Optional[str] = ..., retryable: _Optional[bool] = ...) -> None: ...

class DubLanguage(_message.Message):
    __slots__ = ("language", "state", "progress", "files", "error")
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    language: str
    state: DubState
    progress: float
    files: _containers.RepeatedCompositeFieldContainer[_muxing_pb2.OutputFile]
    error: DubError
    def __init__(self, language: _Optional[str] = ..., state: _Optional[_Union[DubState, str]] = ..., progress: _Optional[float] = ..., files: _Optional[_Iterable[_Union[_muxing_pb2.OutputFile, _Mapping]]] = ..., error: _Optional[_Union[DubError, _Mapping]] = ...) -> None: ...

class Dub(_message.Message):
    __slots__ = ("id", "video_id", "state", "progress", "source_language", "languages", "files", "error", "warnings", "created_at_ms", "finished_at_ms", "usage", "cost", "currency", "sound")
    ID_FIELD_NUMBER: _ClassVar[int]
    VIDEO_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    FINISHED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    SOUND_FIELD_NUMBER: _ClassVar[int]
    id: str
    video_id: str
    state: DubState
    progress: float
    source_language: str
    languages: _containers.RepeatedCompositeFieldContainer[DubLanguage]
    files: _containers.RepeatedCompositeFieldContainer[_muxing_pb2.OutputFile]
    error: DubError
    warnings: _containers.RepeatedCompositeFieldContainer[_common_pb2.Warning]
    created_at_ms: int
    finished_at_ms: int
    usage: _containers.RepeatedCompositeFieldContainer[UsageCost]
    cost: float
    currency: str
    sound: _muxing_pb2.SoundOptions
    def __init__(self, id: _Optional[str] = ..., video_id: _Optional[str] = ..., state: _Optional[_Union[DubState, str]] = ..., progress: _Optional[float] = ..., source_language: _Optional[str] = ..., languages: _Optional[_Iterable[_Union[DubLanguage, _Mapping]]] = ..., files: _Optional[_Iterable[_Union[_muxing_pb2.OutputFile, _Mapping]]] = ..., error: _Optional[_Union[DubError, _Mapping]] = ..., warnings: _Optional[_Iterable[_Union[_common_pb2.Warning, _Mapping]]] = ..., created_at_ms: _Optional[int] = ..., finished_at_ms: _Optional[int] = ..., usage: _Optional[_Iterable[_Union[UsageCost, _Mapping]]] = ..., cost: _Optional[float] = ..., currency: _Optional[str] = ..., sound: _Optional[_Union[_muxing_pb2.SoundOptions, _Mapping]] = ...) -> None: ...

class DubProgress(_message.Message):
    __slots__ = ("sequence", "job_id", "timestamp_ms", "state", "progress", "stage", "stage_progress", "message", "eta_s")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_MS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    STAGE_PROGRESS_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ETA_S_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    job_id: str
    timestamp_ms: int
    state: DubState
    progress: float
    stage: str
    stage_progress: float
    message: str
    eta_s: float
    def __init__(self, sequence: _Optional[int] = ..., job_id: _Optional[str] = ..., timestamp_ms: _Optional[int] = ..., state: _Optional[_Union[DubState, str]] = ..., progress: _Optional[float] = ..., stage: _Optional[str] = ..., stage_progress: _Optional[float] = ..., message: _Optional[str] = ..., eta_s: _Optional[float] = ...) -> None: ...

class ListAllEnginesResponse(_message.Message):
    __slots__ = ("stages",)
    STAGES_FIELD_NUMBER: _ClassVar[int]
    stages: _containers.RepeatedCompositeFieldContainer[_common_pb2.ListEnginesResponse]
    def __init__(self, stages: _Optional[_Iterable[_Union[_common_pb2.ListEnginesResponse, _Mapping]]] = ...) -> None: ...

class ListLanguagesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListLanguagesResponse(_message.Message):
    __slots__ = ("pairs",)
    PAIRS_FIELD_NUMBER: _ClassVar[int]
    pairs: _containers.RepeatedCompositeFieldContainer[DubbablePair]
    def __init__(self, pairs: _Optional[_Iterable[_Union[DubbablePair, _Mapping]]] = ...) -> None: ...

class DubbablePair(_message.Message):
    __slots__ = ("source", "target", "via")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    VIA_FIELD_NUMBER: _ClassVar[int]
    source: str
    target: str
    via: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, source: _Optional[str] = ..., target: _Optional[str] = ..., via: _Optional[_Iterable[str]] = ...) -> None: ...
