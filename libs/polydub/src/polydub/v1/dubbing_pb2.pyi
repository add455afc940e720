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

class Priority(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRIORITY_UNSPECIFIED: _ClassVar[Priority]
    PRIORITY_LOW: _ClassVar[Priority]
    PRIORITY_NORMAL: _ClassVar[Priority]
    PRIORITY_HIGH: _ClassVar[Priority]

class DubState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DUB_STATE_UNSPECIFIED: _ClassVar[DubState]
    DUB_STATE_QUEUED: _ClassVar[DubState]
    DUB_STATE_PROCESSING: _ClassVar[DubState]
    DUB_STATE_COMPLETED: _ClassVar[DubState]
    DUB_STATE_COMPLETED_WITH_WARNINGS: _ClassVar[DubState]
    DUB_STATE_FAILED: _ClassVar[DubState]
    DUB_STATE_CANCELED: _ClassVar[DubState]
PRIORITY_UNSPECIFIED: Priority
PRIORITY_LOW: Priority
PRIORITY_NORMAL: Priority
PRIORITY_HIGH: Priority
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
    __slots__ = ("filename", "size_bytes")
    FILENAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    filename: str
    size_bytes: int
    def __init__(self, filename: _Optional[str] = ..., size_bytes: _Optional[int] = ...) -> None: ...

class Video(_message.Message):
    __slots__ = ("id", "filename", "media", "created_at_ms", "estimate", "thumbnail_url")
    ID_FIELD_NUMBER: _ClassVar[int]
    FILENAME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    ESTIMATE_FIELD_NUMBER: _ClassVar[int]
    THUMBNAIL_URL_FIELD_NUMBER: _ClassVar[int]
    id: str
    filename: str
    media: _common_pb2.MediaInfo
    created_at_ms: int
    estimate: VideoEstimate
    thumbnail_url: str
    def __init__(self, id: _Optional[str] = ..., filename: _Optional[str] = ..., media: _Optional[_Union[_common_pb2.MediaInfo, _Mapping]] = ..., created_at_ms: _Optional[int] = ..., estimate: _Optional[_Union[VideoEstimate, _Mapping]] = ..., thumbnail_url: _Optional[str] = ...) -> None: ...

class VideoEstimate(_message.Message):
    __slots__ = ("is_measured", "seconds", "cost", "seconds_per_further_language", "cost_per_further_language", "currency")
    IS_MEASURED_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    SECONDS_PER_FURTHER_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    COST_PER_FURTHER_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    is_measured: bool
    seconds: float
    cost: float
    seconds_per_further_language: float
    cost_per_further_language: float
    currency: str
    def __init__(self, is_measured: _Optional[bool] = ..., seconds: _Optional[float] = ..., cost: _Optional[float] = ..., seconds_per_further_language: _Optional[float] = ..., cost_per_further_language: _Optional[float] = ..., currency: _Optional[str] = ...) -> None: ...

class Estimate(_message.Message):
    __slots__ = ("is_measured", "seconds", "seconds_at_most", "cost", "currency", "stages")
    IS_MEASURED_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    SECONDS_AT_MOST_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    STAGES_FIELD_NUMBER: _ClassVar[int]
    is_measured: bool
    seconds: float
    seconds_at_most: float
    cost: float
    currency: str
    stages: _containers.RepeatedCompositeFieldContainer[StageEstimate]
    def __init__(self, is_measured: _Optional[bool] = ..., seconds: _Optional[float] = ..., seconds_at_most: _Optional[float] = ..., cost: _Optional[float] = ..., currency: _Optional[str] = ..., stages: _Optional[_Iterable[_Union[StageEstimate, _Mapping]]] = ...) -> None: ...

class StageEstimate(_message.Message):
    __slots__ = ("stage", "engines", "seconds", "worker_seconds", "cost")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    ENGINES_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    WORKER_SECONDS_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    stage: str
    engines: _containers.RepeatedScalarFieldContainer[str]
    seconds: float
    worker_seconds: float
    cost: float
    def __init__(self, stage: _Optional[str] = ..., engines: _Optional[_Iterable[str]] = ..., seconds: _Optional[float] = ..., worker_seconds: _Optional[float] = ..., cost: _Optional[float] = ...) -> None: ...

class GetVideoRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class ListVideosRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "text")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    text: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class ListVideosResponse(_message.Message):
    __slots__ = ("videos", "next_page_token")
    VIDEOS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    videos: _containers.RepeatedCompositeFieldContainer[ListedVideo]
    next_page_token: str
    def __init__(self, videos: _Optional[_Iterable[_Union[ListedVideo, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListedVideo(_message.Message):
    __slots__ = ("video", "dubs", "storage_bytes")
    VIDEO_FIELD_NUMBER: _ClassVar[int]
    DUBS_FIELD_NUMBER: _ClassVar[int]
    STORAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    video: Video
    dubs: int
    storage_bytes: int
    def __init__(self, video: _Optional[_Union[Video, _Mapping]] = ..., dubs: _Optional[int] = ..., storage_bytes: _Optional[int] = ...) -> None: ...

class DeleteVideoRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DeleteVideoResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CreateDubRequest(_message.Message):
    __slots__ = ("video_id", "source_language", "target_languages", "speakers", "fit_mode", "engines", "glossary", "clone_consent", "lipsync", "extras", "subtitles", "min_quality", "sound", "glossary_ids", "use_memory", "priority")
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
    GLOSSARY_IDS_FIELD_NUMBER: _ClassVar[int]
    USE_MEMORY_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
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
    glossary_ids: _containers.RepeatedScalarFieldContainer[str]
    use_memory: bool
    priority: Priority
    def __init__(self, video_id: _Optional[str] = ..., source_language: _Optional[str] = ..., target_languages: _Optional[_Iterable[str]] = ..., speakers: _Optional[int] = ..., fit_mode: _Optional[_Union[_muxing_pb2.FitMode, str]] = ..., engines: _Optional[_Mapping[str, str]] = ..., glossary: _Optional[_Iterable[_Union[_translation_pb2.GlossaryTerm, _Mapping]]] = ..., clone_consent: _Optional[_Union[CloneConsent, _Mapping]] = ..., lipsync: _Optional[bool] = ..., extras: _Optional[_Iterable[_Union[_muxing_pb2.Extra, str]]] = ..., subtitles: _Optional[_Iterable[_Union[SubtitleFile, _Mapping]]] = ..., min_quality: _Optional[float] = ..., sound: _Optional[_Union[_muxing_pb2.SoundOptions, _Mapping]] = ..., glossary_ids: _Optional[_Iterable[str]] = ..., use_memory: _Optional[bool] = ..., priority: _Optional[_Union[Priority, str]] = ...) -> None: ...

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
    __slots__ = ("stage", "usage", "cost", "unpriced")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    UNPRICED_FIELD_NUMBER: _ClassVar[int]
    stage: str
    usage: _common_pb2.Usage
    cost: float
    unpriced: bool
    def __init__(self, stage: _Optional[str] = ..., usage: _Optional[_Union[_common_pb2.Usage, _Mapping]] = ..., cost: _Optional[float] = ..., unpriced: _Optional[bool] = ...) -> None: ...

class AddLanguagesRequest(_message.Message):
    __slots__ = ("id", "target_languages")
    ID_FIELD_NUMBER: _ClassVar[int]
    TARGET_LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    id: str
    target_languages: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., target_languages: _Optional[_Iterable[str]] = ...) -> None: ...

class GetDubRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class ListDubsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "states", "video_id", "target_language", "created_from_ms", "created_before_ms", "text", "oldest_first")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    VIDEO_ID_FIELD_NUMBER: _ClassVar[int]
    TARGET_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    CREATED_FROM_MS_FIELD_NUMBER: _ClassVar[int]
    CREATED_BEFORE_MS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    OLDEST_FIRST_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    states: _containers.RepeatedScalarFieldContainer[DubState]
    video_id: str
    target_language: str
    created_from_ms: int
    created_before_ms: int
    text: str
    oldest_first: bool
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., states: _Optional[_Iterable[_Union[DubState, str]]] = ..., video_id: _Optional[str] = ..., target_language: _Optional[str] = ..., created_from_ms: _Optional[int] = ..., created_before_ms: _Optional[int] = ..., text: _Optional[str] = ..., oldest_first: _Optional[bool] = ...) -> None: ...

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
    __slots__ = ("dub_id", "name", "start", "end")
    DUB_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    dub_id: str
    name: str
    start: int
    end: int
    def __init__(self, dub_id: _Optional[str] = ..., name: _Optional[str] = ..., start: _Optional[int] = ..., end: _Optional[int] = ...) -> None: ...

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

class WatchDubsRequest(_message.Message):
    __slots__ = ("after_sequence",)
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    after_sequence: int
    def __init__(self, after_sequence: _Optional[int] = ...) -> None: ...

class WatchDubsResponse(_message.Message):
    __slots__ = ("start", "change")
    START_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    start: FeedStart
    change: DubChange
    def __init__(self, start: _Optional[_Union[FeedStart, _Mapping]] = ..., change: _Optional[_Union[DubChange, _Mapping]] = ...) -> None: ...

class FeedStart(_message.Message):
    __slots__ = ("sequence", "missed")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    MISSED_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    missed: bool
    def __init__(self, sequence: _Optional[int] = ..., missed: _Optional[bool] = ...) -> None: ...

class DubChange(_message.Message):
    __slots__ = ("sequence", "timestamp_ms", "job_id", "video_id", "state", "deleted", "progress", "languages")
    class LanguagesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: DubState
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[DubState, str]] = ...) -> None: ...
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_MS_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    VIDEO_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    timestamp_ms: int
    job_id: str
    video_id: str
    state: DubState
    deleted: bool
    progress: float
    languages: _containers.ScalarMap[str, DubState]
    def __init__(self, sequence: _Optional[int] = ..., timestamp_ms: _Optional[int] = ..., job_id: _Optional[str] = ..., video_id: _Optional[str] = ..., state: _Optional[_Union[DubState, str]] = ..., deleted: _Optional[bool] = ..., progress: _Optional[float] = ..., languages: _Optional[_Mapping[str, DubState]] = ...) -> None: ...

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
    __slots__ = ("language", "state", "progress", "files", "error", "stale", "report")
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    STALE_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    language: str
    state: DubState
    progress: float
    files: _containers.RepeatedCompositeFieldContainer[_muxing_pb2.OutputFile]
    error: DubError
    stale: bool
    report: _muxing_pb2.ReportDocument
    def __init__(self, language: _Optional[str] = ..., state: _Optional[_Union[DubState, str]] = ..., progress: _Optional[float] = ..., files: _Optional[_Iterable[_Union[_muxing_pb2.OutputFile, _Mapping]]] = ..., error: _Optional[_Union[DubError, _Mapping]] = ..., stale: _Optional[bool] = ..., report: _Optional[_Union[_muxing_pb2.ReportDocument, _Mapping]] = ...) -> None: ...

class RecordedConsent(_message.Message):
    __slots__ = ("id", "given_by", "statement", "recorded_at_ms")
    ID_FIELD_NUMBER: _ClassVar[int]
    GIVEN_BY_FIELD_NUMBER: _ClassVar[int]
    STATEMENT_FIELD_NUMBER: _ClassVar[int]
    RECORDED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    id: str
    given_by: str
    statement: str
    recorded_at_ms: int
    def __init__(self, id: _Optional[str] = ..., given_by: _Optional[str] = ..., statement: _Optional[str] = ..., recorded_at_ms: _Optional[int] = ...) -> None: ...

class Dub(_message.Message):
    __slots__ = ("id", "video_id", "state", "progress", "source_language", "languages", "files", "error", "warnings", "created_at_ms", "finished_at_ms", "usage", "cost", "currency", "sound", "filename", "stage", "stage_progress", "message", "eta_s", "revision", "engines_used", "clone_consent", "hls_url", "asked_source_language", "target_languages", "speakers", "fit_mode", "engines", "glossary", "lipsync", "extras", "min_quality", "subtitles", "expected_s", "duration_s", "thumbnail_url", "detected_speakers", "speaker_names", "priority")
    class EnginesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class SpeakerNamesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
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
    FILENAME_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    STAGE_PROGRESS_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ETA_S_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    ENGINES_USED_FIELD_NUMBER: _ClassVar[int]
    CLONE_CONSENT_FIELD_NUMBER: _ClassVar[int]
    HLS_URL_FIELD_NUMBER: _ClassVar[int]
    ASKED_SOURCE_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TARGET_LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    SPEAKERS_FIELD_NUMBER: _ClassVar[int]
    FIT_MODE_FIELD_NUMBER: _ClassVar[int]
    ENGINES_FIELD_NUMBER: _ClassVar[int]
    GLOSSARY_FIELD_NUMBER: _ClassVar[int]
    LIPSYNC_FIELD_NUMBER: _ClassVar[int]
    EXTRAS_FIELD_NUMBER: _ClassVar[int]
    MIN_QUALITY_FIELD_NUMBER: _ClassVar[int]
    SUBTITLES_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_S_FIELD_NUMBER: _ClassVar[int]
    DURATION_S_FIELD_NUMBER: _ClassVar[int]
    THUMBNAIL_URL_FIELD_NUMBER: _ClassVar[int]
    DETECTED_SPEAKERS_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_NAMES_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
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
    filename: str
    stage: str
    stage_progress: float
    message: str
    eta_s: float
    revision: int
    engines_used: _containers.RepeatedCompositeFieldContainer[_muxing_pb2.EngineOfStage]
    clone_consent: RecordedConsent
    hls_url: str
    asked_source_language: str
    target_languages: _containers.RepeatedScalarFieldContainer[str]
    speakers: int
    fit_mode: _muxing_pb2.FitMode
    engines: _containers.ScalarMap[str, str]
    glossary: _containers.RepeatedCompositeFieldContainer[_translation_pb2.GlossaryTerm]
    lipsync: bool
    extras: _containers.RepeatedScalarFieldContainer[_muxing_pb2.Extra]
    min_quality: float
    subtitles: _containers.RepeatedScalarFieldContainer[str]
    expected_s: float
    duration_s: float
    thumbnail_url: str
    detected_speakers: _containers.RepeatedScalarFieldContainer[str]
    speaker_names: _containers.ScalarMap[str, str]
    priority: Priority
    def __init__(self, id: _Optional[str] = ..., video_id: _Optional[str] = ..., state: _Optional[_Union[DubState, str]] = ..., progress: _Optional[float] = ..., source_language: _Optional[str] = ..., languages: _Optional[_Iterable[_Union[DubLanguage, _Mapping]]] = ..., files: _Optional[_Iterable[_Union[_muxing_pb2.OutputFile, _Mapping]]] = ..., error: _Optional[_Union[DubError, _Mapping]] = ..., warnings: _Optional[_Iterable[_Union[_common_pb2.Warning, _Mapping]]] = ..., created_at_ms: _Optional[int] = ..., finished_at_ms: _Optional[int] = ..., usage: _Optional[_Iterable[_Union[UsageCost, _Mapping]]] = ..., cost: _Optional[float] = ..., currency: _Optional[str] = ..., sound: _Optional[_Union[_muxing_pb2.SoundOptions, _Mapping]] = ..., filename: _Optional[str] = ..., stage: _Optional[str] = ..., stage_progress: _Optional[float] = ..., message: _Optional[str] = ..., eta_s: _Optional[float] = ..., revision: _Optional[int] = ..., engines_used: _Optional[_Iterable[_Union[_muxing_pb2.EngineOfStage, _Mapping]]] = ..., clone_consent: _Optional[_Union[RecordedConsent, _Mapping]] = ..., hls_url: _Optional[str] = ..., asked_source_language: _Optional[str] = ..., target_languages: _Optional[_Iterable[str]] = ..., speakers: _Optional[int] = ..., fit_mode: _Optional[_Union[_muxing_pb2.FitMode, str]] = ..., engines: _Optional[_Mapping[str, str]] = ..., glossary: _Optional[_Iterable[_Union[_translation_pb2.GlossaryTerm, _Mapping]]] = ..., lipsync: _Optional[bool] = ..., extras: _Optional[_Iterable[_Union[_muxing_pb2.Extra, str]]] = ..., min_quality: _Optional[float] = ..., subtitles: _Optional[_Iterable[str]] = ..., expected_s: _Optional[float] = ..., duration_s: _Optional[float] = ..., thumbnail_url: _Optional[str] = ..., detected_speakers: _Optional[_Iterable[str]] = ..., speaker_names: _Optional[_Mapping[str, str]] = ..., priority: _Optional[_Union[Priority, str]] = ...) -> None: ...

class DubProgress(_message.Message):
    __slots__ = ("sequence", "job_id", "timestamp_ms", "state", "progress", "stage", "stage_progress", "message", "eta_s", "ended", "languages", "pieces", "seconds", "lines_spoken", "lines_reused", "error", "detected_language", "detected_speakers")
    class PiecesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: Pieces
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[Pieces, _Mapping]] = ...) -> None: ...
    class SecondsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_MS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    STAGE_PROGRESS_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ETA_S_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    PIECES_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    LINES_SPOKEN_FIELD_NUMBER: _ClassVar[int]
    LINES_REUSED_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    DETECTED_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    DETECTED_SPEAKERS_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    job_id: str
    timestamp_ms: int
    state: DubState
    progress: float
    stage: str
    stage_progress: float
    message: str
    eta_s: float
    ended: bool
    languages: _containers.RepeatedCompositeFieldContainer[LanguageProgress]
    pieces: _containers.MessageMap[str, Pieces]
    seconds: _containers.ScalarMap[str, float]
    lines_spoken: int
    lines_reused: int
    error: DubError
    detected_language: str
    detected_speakers: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, sequence: _Optional[int] = ..., job_id: _Optional[str] = ..., timestamp_ms: _Optional[int] = ..., state: _Optional[_Union[DubState, str]] = ..., progress: _Optional[float] = ..., stage: _Optional[str] = ..., stage_progress: _Optional[float] = ..., message: _Optional[str] = ..., eta_s: _Optional[float] = ..., ended: _Optional[bool] = ..., languages: _Optional[_Iterable[_Union[LanguageProgress, _Mapping]]] = ..., pieces: _Optional[_Mapping[str, Pieces]] = ..., seconds: _Optional[_Mapping[str, float]] = ..., lines_spoken: _Optional[int] = ..., lines_reused: _Optional[int] = ..., error: _Optional[_Union[DubError, _Mapping]] = ..., detected_language: _Optional[str] = ..., detected_speakers: _Optional[_Iterable[str]] = ...) -> None: ...

class LanguageProgress(_message.Message):
    __slots__ = ("language", "state", "progress")
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    language: str
    state: DubState
    progress: float
    def __init__(self, language: _Optional[str] = ..., state: _Optional[_Union[DubState, str]] = ..., progress: _Optional[float] = ...) -> None: ...

class Pieces(_message.Message):
    __slots__ = ("done", "total")
    DONE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    done: int
    total: int
    def __init__(self, done: _Optional[int] = ..., total: _Optional[int] = ...) -> None: ...

class GetDubTraceRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DubTrace(_message.Message):
    __slots__ = ("job_id", "revision", "accepted_at_ms", "took_ms", "trace_id", "trace_url", "pieces")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    TOOK_MS_FIELD_NUMBER: _ClassVar[int]
    TRACE_ID_FIELD_NUMBER: _ClassVar[int]
    TRACE_URL_FIELD_NUMBER: _ClassVar[int]
    PIECES_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    revision: int
    accepted_at_ms: int
    took_ms: int
    trace_id: str
    trace_url: str
    pieces: _containers.RepeatedCompositeFieldContainer[PieceOfWork]
    def __init__(self, job_id: _Optional[str] = ..., revision: _Optional[int] = ..., accepted_at_ms: _Optional[int] = ..., took_ms: _Optional[int] = ..., trace_id: _Optional[str] = ..., trace_url: _Optional[str] = ..., pieces: _Optional[_Iterable[_Union[PieceOfWork, _Mapping]]] = ...) -> None: ...

class PieceOfWork(_message.Message):
    __slots__ = ("stage", "part", "language", "ready_ms", "waited_ms", "worked_ms", "engine_ms", "engines", "reused", "error")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    READY_MS_FIELD_NUMBER: _ClassVar[int]
    WAITED_MS_FIELD_NUMBER: _ClassVar[int]
    WORKED_MS_FIELD_NUMBER: _ClassVar[int]
    ENGINE_MS_FIELD_NUMBER: _ClassVar[int]
    ENGINES_FIELD_NUMBER: _ClassVar[int]
    REUSED_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    stage: str
    part: int
    language: str
    ready_ms: int
    waited_ms: int
    worked_ms: int
    engine_ms: int
    engines: _containers.RepeatedScalarFieldContainer[str]
    reused: bool
    error: str
    def __init__(self, stage: _Optional[str] = ..., part: _Optional[int] = ..., language: _Optional[str] = ..., ready_ms: _Optional[int] = ..., waited_ms: _Optional[int] = ..., worked_ms: _Optional[int] = ..., engine_ms: _Optional[int] = ..., engines: _Optional[_Iterable[str]] = ..., reused: _Optional[bool] = ..., error: _Optional[str] = ...) -> None: ...

class ListAllEnginesResponse(_message.Message):
    __slots__ = ("stages", "silent_stages")
    STAGES_FIELD_NUMBER: _ClassVar[int]
    SILENT_STAGES_FIELD_NUMBER: _ClassVar[int]
    stages: _containers.RepeatedCompositeFieldContainer[_common_pb2.ListEnginesResponse]
    silent_stages: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, stages: _Optional[_Iterable[_Union[_common_pb2.ListEnginesResponse, _Mapping]]] = ..., silent_stages: _Optional[_Iterable[str]] = ...) -> None: ...

class ListLanguagesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListLanguagesResponse(_message.Message):
    __slots__ = ("pairs", "silent_stages")
    PAIRS_FIELD_NUMBER: _ClassVar[int]
    SILENT_STAGES_FIELD_NUMBER: _ClassVar[int]
    pairs: _containers.RepeatedCompositeFieldContainer[DubbablePair]
    silent_stages: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, pairs: _Optional[_Iterable[_Union[DubbablePair, _Mapping]]] = ..., silent_stages: _Optional[_Iterable[str]] = ...) -> None: ...

class DubbablePair(_message.Message):
    __slots__ = ("source", "target", "via", "source_name", "target_name")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    VIA_FIELD_NUMBER: _ClassVar[int]
    SOURCE_NAME_FIELD_NUMBER: _ClassVar[int]
    TARGET_NAME_FIELD_NUMBER: _ClassVar[int]
    source: str
    target: str
    via: _containers.RepeatedScalarFieldContainer[str]
    source_name: str
    target_name: str
    def __init__(self, source: _Optional[str] = ..., target: _Optional[str] = ..., via: _Optional[_Iterable[str]] = ..., source_name: _Optional[str] = ..., target_name: _Optional[str] = ...) -> None: ...
