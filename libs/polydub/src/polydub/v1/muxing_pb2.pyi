from polydub.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FitMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FIT_MODE_UNSPECIFIED: _ClassVar[FitMode]
    FIT_MODE_BALANCED: _ClassVar[FitMode]
    FIT_MODE_STRICT: _ClassVar[FitMode]
    FIT_MODE_NATURAL: _ClassVar[FitMode]
    FIT_MODE_SLOW_PICTURE: _ClassVar[FitMode]

class Extra(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EXTRA_UNSPECIFIED: _ClassVar[Extra]
    EXTRA_MKV: _ClassVar[Extra]
    EXTRA_MULTITRACK: _ClassVar[Extra]
    EXTRA_STEMS: _ClassVar[Extra]
    EXTRA_BURNED: _ClassVar[Extra]
    EXTRA_BURNED_BILINGUAL: _ClassVar[Extra]
    EXTRA_HLS: _ClassVar[Extra]

class FitStep(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FIT_STEP_UNSPECIFIED: _ClassVar[FitStep]
    FIT_STEP_AS_SPOKEN: _ClassVar[FitStep]
    FIT_STEP_BORROWED: _ClassVar[FitStep]
    FIT_STEP_STRETCHED: _ClassVar[FitStep]
    FIT_STEP_HARD_CAP: _ClassVar[FitStep]
    FIT_STEP_OVERLAPPED: _ClassVar[FitStep]
    FIT_STEP_MOVED: _ClassVar[FitStep]
    FIT_STEP_ORIGINAL_KEPT: _ClassVar[FitStep]

class HlsKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HLS_KIND_UNSPECIFIED: _ClassVar[HlsKind]
    HLS_KIND_PICTURE: _ClassVar[HlsKind]
    HLS_KIND_SOUND: _ClassVar[HlsKind]
    HLS_KIND_SUBTITLES: _ClassVar[HlsKind]
FIT_MODE_UNSPECIFIED: FitMode
FIT_MODE_BALANCED: FitMode
FIT_MODE_STRICT: FitMode
FIT_MODE_NATURAL: FitMode
FIT_MODE_SLOW_PICTURE: FitMode
EXTRA_UNSPECIFIED: Extra
EXTRA_MKV: Extra
EXTRA_MULTITRACK: Extra
EXTRA_STEMS: Extra
EXTRA_BURNED: Extra
EXTRA_BURNED_BILINGUAL: Extra
EXTRA_HLS: Extra
FIT_STEP_UNSPECIFIED: FitStep
FIT_STEP_AS_SPOKEN: FitStep
FIT_STEP_BORROWED: FitStep
FIT_STEP_STRETCHED: FitStep
FIT_STEP_HARD_CAP: FitStep
FIT_STEP_OVERLAPPED: FitStep
FIT_STEP_MOVED: FitStep
FIT_STEP_ORIGINAL_KEPT: FitStep
HLS_KIND_UNSPECIFIED: HlsKind
HLS_KIND_PICTURE: HlsKind
HLS_KIND_SOUND: HlsKind
HLS_KIND_SUBTITLES: HlsKind

class SoundOptions(_message.Message):
    __slots__ = ("drop_background", "voice_over", "noise_reduction", "plain_voices")
    DROP_BACKGROUND_FIELD_NUMBER: _ClassVar[int]
    VOICE_OVER_FIELD_NUMBER: _ClassVar[int]
    NOISE_REDUCTION_FIELD_NUMBER: _ClassVar[int]
    PLAIN_VOICES_FIELD_NUMBER: _ClassVar[int]
    drop_background: bool
    voice_over: bool
    noise_reduction: bool
    plain_voices: bool
    def __init__(self, drop_background: _Optional[bool] = ..., voice_over: _Optional[bool] = ..., noise_reduction: _Optional[bool] = ..., plain_voices: _Optional[bool] = ...) -> None: ...

class OwnSubtitles(_message.Message):
    __slots__ = ("key", "language", "digest", "mended")
    KEY_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    MENDED_FIELD_NUMBER: _ClassVar[int]
    key: str
    language: str
    digest: str
    mended: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, key: _Optional[str] = ..., language: _Optional[str] = ..., digest: _Optional[str] = ..., mended: _Optional[_Iterable[str]] = ...) -> None: ...

class Cue(_message.Message):
    __slots__ = ("start_ms", "end_ms", "text", "speaker")
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_FIELD_NUMBER: _ClassVar[int]
    start_ms: int
    end_ms: int
    text: str
    speaker: str
    def __init__(self, start_ms: _Optional[int] = ..., end_ms: _Optional[int] = ..., text: _Optional[str] = ..., speaker: _Optional[str] = ...) -> None: ...

class CueDocument(_message.Message):
    __slots__ = ("schema_version", "language", "cues")
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    CUES_FIELD_NUMBER: _ClassVar[int]
    schema_version: int
    language: str
    cues: _containers.RepeatedCompositeFieldContainer[Cue]
    def __init__(self, schema_version: _Optional[int] = ..., language: _Optional[str] = ..., cues: _Optional[_Iterable[_Union[Cue, _Mapping]]] = ...) -> None: ...

class PlanLine(_message.Message):
    __slots__ = ("id", "speaker_id", "start_ms", "end_ms", "duration_ms", "overlaps")
    ID_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_ID_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    OVERLAPS_FIELD_NUMBER: _ClassVar[int]
    id: str
    speaker_id: str
    start_ms: int
    end_ms: int
    duration_ms: int
    overlaps: bool
    def __init__(self, id: _Optional[str] = ..., speaker_id: _Optional[str] = ..., start_ms: _Optional[int] = ..., end_ms: _Optional[int] = ..., duration_ms: _Optional[int] = ..., overlaps: _Optional[bool] = ...) -> None: ...

class PlanRequest(_message.Message):
    __slots__ = ("lines", "fit_mode", "timeline_ms")
    LINES_FIELD_NUMBER: _ClassVar[int]
    FIT_MODE_FIELD_NUMBER: _ClassVar[int]
    TIMELINE_MS_FIELD_NUMBER: _ClassVar[int]
    lines: _containers.RepeatedCompositeFieldContainer[PlanLine]
    fit_mode: FitMode
    timeline_ms: int
    def __init__(self, lines: _Optional[_Iterable[_Union[PlanLine, _Mapping]]] = ..., fit_mode: _Optional[_Union[FitMode, str]] = ..., timeline_ms: _Optional[int] = ...) -> None: ...

class Placement(_message.Message):
    __slots__ = ("line_id", "start_ms", "duration_ms", "tempo", "step", "reason", "flags")
    LINE_ID_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    TEMPO_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    line_id: str
    start_ms: int
    duration_ms: int
    tempo: float
    step: FitStep
    reason: str
    flags: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, line_id: _Optional[str] = ..., start_ms: _Optional[int] = ..., duration_ms: _Optional[int] = ..., tempo: _Optional[float] = ..., step: _Optional[_Union[FitStep, str]] = ..., reason: _Optional[str] = ..., flags: _Optional[_Iterable[str]] = ...) -> None: ...

class PlanResponse(_message.Message):
    __slots__ = ("placements",)
    PLACEMENTS_FIELD_NUMBER: _ClassVar[int]
    placements: _containers.RepeatedCompositeFieldContainer[Placement]
    def __init__(self, placements: _Optional[_Iterable[_Union[Placement, _Mapping]]] = ...) -> None: ...

class Distribution(_message.Message):
    __slots__ = ("p50", "p95", "max")
    P50_FIELD_NUMBER: _ClassVar[int]
    P95_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    p50: float
    p95: float
    max: float
    def __init__(self, p50: _Optional[float] = ..., p95: _Optional[float] = ..., max: _Optional[float] = ...) -> None: ...

class LineReport(_message.Message):
    __slots__ = ("id", "speaker_id", "source_start_ms", "source_end_ms", "placed_start_ms", "placed_end_ms", "onset_offset_ms", "tempo", "step", "reason", "flags", "source_confidence", "voice_id", "source_text", "text", "recognition_error", "heard_text", "takes")
    ID_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_START_MS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_END_MS_FIELD_NUMBER: _ClassVar[int]
    PLACED_START_MS_FIELD_NUMBER: _ClassVar[int]
    PLACED_END_MS_FIELD_NUMBER: _ClassVar[int]
    ONSET_OFFSET_MS_FIELD_NUMBER: _ClassVar[int]
    TEMPO_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    VOICE_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_TEXT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    RECOGNITION_ERROR_FIELD_NUMBER: _ClassVar[int]
    HEARD_TEXT_FIELD_NUMBER: _ClassVar[int]
    TAKES_FIELD_NUMBER: _ClassVar[int]
    id: str
    speaker_id: str
    source_start_ms: int
    source_end_ms: int
    placed_start_ms: int
    placed_end_ms: int
    onset_offset_ms: int
    tempo: float
    step: FitStep
    reason: str
    flags: _containers.RepeatedScalarFieldContainer[str]
    source_confidence: float
    voice_id: str
    source_text: str
    text: str
    recognition_error: float
    heard_text: str
    takes: int
    def __init__(self, id: _Optional[str] = ..., speaker_id: _Optional[str] = ..., source_start_ms: _Optional[int] = ..., source_end_ms: _Optional[int] = ..., placed_start_ms: _Optional[int] = ..., placed_end_ms: _Optional[int] = ..., onset_offset_ms: _Optional[int] = ..., tempo: _Optional[float] = ..., step: _Optional[_Union[FitStep, str]] = ..., reason: _Optional[str] = ..., flags: _Optional[_Iterable[str]] = ..., source_confidence: _Optional[float] = ..., voice_id: _Optional[str] = ..., source_text: _Optional[str] = ..., text: _Optional[str] = ..., recognition_error: _Optional[float] = ..., heard_text: _Optional[str] = ..., takes: _Optional[int] = ...) -> None: ...

class ReportDocument(_message.Message):
    __slots__ = ("schema_version", "target_language", "lines", "onset_offset_ms", "tempo", "overflow_ms", "truncated_ms", "clashes", "original_lufs", "dub_lufs", "loudness_delta_lu", "true_peak_dbtp", "source_duration_s", "dub_duration_s", "duration_delta_ms", "av_duration_delta_ms", "picture", "low_confidence_lines", "line_reports", "warnings", "engines", "last_line_offset_ms", "heard_onset_offset_ms", "speech_overlap", "drift_start_ms", "drift_middle_ms", "drift_end_ms", "bed_stereo_width", "back_recognition_error", "source_leakage", "quality", "raw_recognition_error", "recognized_lines", "source_layout", "layout", "drift_lines", "bed_sides_under_lines", "reference_recognition_error")
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    TARGET_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    ONSET_OFFSET_MS_FIELD_NUMBER: _ClassVar[int]
    TEMPO_FIELD_NUMBER: _ClassVar[int]
    OVERFLOW_MS_FIELD_NUMBER: _ClassVar[int]
    TRUNCATED_MS_FIELD_NUMBER: _ClassVar[int]
    CLASHES_FIELD_NUMBER: _ClassVar[int]
    ORIGINAL_LUFS_FIELD_NUMBER: _ClassVar[int]
    DUB_LUFS_FIELD_NUMBER: _ClassVar[int]
    LOUDNESS_DELTA_LU_FIELD_NUMBER: _ClassVar[int]
    TRUE_PEAK_DBTP_FIELD_NUMBER: _ClassVar[int]
    SOURCE_DURATION_S_FIELD_NUMBER: _ClassVar[int]
    DUB_DURATION_S_FIELD_NUMBER: _ClassVar[int]
    DURATION_DELTA_MS_FIELD_NUMBER: _ClassVar[int]
    AV_DURATION_DELTA_MS_FIELD_NUMBER: _ClassVar[int]
    PICTURE_FIELD_NUMBER: _ClassVar[int]
    LOW_CONFIDENCE_LINES_FIELD_NUMBER: _ClassVar[int]
    LINE_REPORTS_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    ENGINES_FIELD_NUMBER: _ClassVar[int]
    LAST_LINE_OFFSET_MS_FIELD_NUMBER: _ClassVar[int]
    HEARD_ONSET_OFFSET_MS_FIELD_NUMBER: _ClassVar[int]
    SPEECH_OVERLAP_FIELD_NUMBER: _ClassVar[int]
    DRIFT_START_MS_FIELD_NUMBER: _ClassVar[int]
    DRIFT_MIDDLE_MS_FIELD_NUMBER: _ClassVar[int]
    DRIFT_END_MS_FIELD_NUMBER: _ClassVar[int]
    BED_STEREO_WIDTH_FIELD_NUMBER: _ClassVar[int]
    BACK_RECOGNITION_ERROR_FIELD_NUMBER: _ClassVar[int]
    SOURCE_LEAKAGE_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    RAW_RECOGNITION_ERROR_FIELD_NUMBER: _ClassVar[int]
    RECOGNIZED_LINES_FIELD_NUMBER: _ClassVar[int]
    SOURCE_LAYOUT_FIELD_NUMBER: _ClassVar[int]
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    DRIFT_LINES_FIELD_NUMBER: _ClassVar[int]
    BED_SIDES_UNDER_LINES_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_RECOGNITION_ERROR_FIELD_NUMBER: _ClassVar[int]
    schema_version: int
    target_language: str
    lines: int
    onset_offset_ms: Distribution
    tempo: Distribution
    overflow_ms: int
    truncated_ms: int
    clashes: int
    original_lufs: float
    dub_lufs: float
    loudness_delta_lu: float
    true_peak_dbtp: float
    source_duration_s: float
    dub_duration_s: float
    duration_delta_ms: float
    av_duration_delta_ms: float
    picture: str
    low_confidence_lines: int
    line_reports: _containers.RepeatedCompositeFieldContainer[LineReport]
    warnings: _containers.RepeatedCompositeFieldContainer[_common_pb2.Warning]
    engines: _containers.RepeatedCompositeFieldContainer[EngineOfStage]
    last_line_offset_ms: int
    heard_onset_offset_ms: Distribution
    speech_overlap: float
    drift_start_ms: float
    drift_middle_ms: float
    drift_end_ms: float
    bed_stereo_width: float
    back_recognition_error: float
    source_leakage: float
    quality: float
    raw_recognition_error: float
    recognized_lines: int
    source_layout: str
    layout: str
    drift_lines: int
    bed_sides_under_lines: float
    reference_recognition_error: float
    def __init__(self, schema_version: _Optional[int] = ..., target_language: _Optional[str] = ..., lines: _Optional[int] = ..., onset_offset_ms: _Optional[_Union[Distribution, _Mapping]] = ..., tempo: _Optional[_Union[Distribution, _Mapping]] = ..., overflow_ms: _Optional[int] = ..., truncated_ms: _Optional[int] = ..., clashes: _Optional[int] = ..., original_lufs: _Optional[float] = ..., dub_lufs: _Optional[float] = ..., loudness_delta_lu: _Optional[float] = ..., true_peak_dbtp: _Optional[float] = ..., source_duration_s: _Optional[float] = ..., dub_duration_s: _Optional[float] = ..., duration_delta_ms: _Optional[float] = ..., av_duration_delta_ms: _Optional[float] = ..., picture: _Optional[str] = ..., low_confidence_lines: _Optional[int] = ..., line_reports: _Optional[_Iterable[_Union[LineReport, _Mapping]]] = ..., warnings: _Optional[_Iterable[_Union[_common_pb2.Warning, _Mapping]]] = ..., engines: _Optional[_Iterable[_Union[EngineOfStage, _Mapping]]] = ..., last_line_offset_ms: _Optional[int] = ..., heard_onset_offset_ms: _Optional[_Union[Distribution, _Mapping]] = ..., speech_overlap: _Optional[float] = ..., drift_start_ms: _Optional[float] = ..., drift_middle_ms: _Optional[float] = ..., drift_end_ms: _Optional[float] = ..., bed_stereo_width: _Optional[float] = ..., back_recognition_error: _Optional[float] = ..., source_leakage: _Optional[float] = ..., quality: _Optional[float] = ..., raw_recognition_error: _Optional[float] = ..., recognized_lines: _Optional[int] = ..., source_layout: _Optional[str] = ..., layout: _Optional[str] = ..., drift_lines: _Optional[int] = ..., bed_sides_under_lines: _Optional[float] = ..., reference_recognition_error: _Optional[float] = ...) -> None: ...

class HlsRendition(_message.Message):
    __slots__ = ("schema_version", "kind", "language", "codecs", "bandwidth", "width", "height", "frame_rate", "channels", "init_key", "segments", "complete")
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    CODECS_FIELD_NUMBER: _ClassVar[int]
    BANDWIDTH_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    FRAME_RATE_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    INIT_KEY_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    schema_version: int
    kind: HlsKind
    language: str
    codecs: str
    bandwidth: int
    width: int
    height: int
    frame_rate: float
    channels: int
    init_key: str
    segments: _containers.RepeatedCompositeFieldContainer[HlsSegment]
    complete: bool
    def __init__(self, schema_version: _Optional[int] = ..., kind: _Optional[_Union[HlsKind, str]] = ..., language: _Optional[str] = ..., codecs: _Optional[str] = ..., bandwidth: _Optional[int] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., frame_rate: _Optional[float] = ..., channels: _Optional[int] = ..., init_key: _Optional[str] = ..., segments: _Optional[_Iterable[_Union[HlsSegment, _Mapping]]] = ..., complete: _Optional[bool] = ...) -> None: ...

class HlsSegment(_message.Message):
    __slots__ = ("key", "duration_s")
    KEY_FIELD_NUMBER: _ClassVar[int]
    DURATION_S_FIELD_NUMBER: _ClassVar[int]
    key: str
    duration_s: float
    def __init__(self, key: _Optional[str] = ..., duration_s: _Optional[float] = ...) -> None: ...

class EngineOfStage(_message.Message):
    __slots__ = ("stage", "engine")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    stage: str
    engine: _common_pb2.EngineUse
    def __init__(self, stage: _Optional[str] = ..., engine: _Optional[_Union[_common_pb2.EngineUse, _Mapping]] = ...) -> None: ...

class OutputFile(_message.Message):
    __slots__ = ("name", "kind", "key", "media_type", "size_bytes", "target_language", "languages")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    TARGET_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: str
    key: str
    media_type: str
    size_bytes: int
    target_language: str
    languages: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[str] = ..., key: _Optional[str] = ..., media_type: _Optional[str] = ..., size_bytes: _Optional[int] = ..., target_language: _Optional[str] = ..., languages: _Optional[_Iterable[str]] = ...) -> None: ...

class MuxingProducts(_message.Message):
    __slots__ = ("files", "headline", "digest")
    FILES_FIELD_NUMBER: _ClassVar[int]
    HEADLINE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedCompositeFieldContainer[OutputFile]
    headline: ReportDocument
    digest: str
    def __init__(self, files: _Optional[_Iterable[_Union[OutputFile, _Mapping]]] = ..., headline: _Optional[_Union[ReportDocument, _Mapping]] = ..., digest: _Optional[str] = ...) -> None: ...
