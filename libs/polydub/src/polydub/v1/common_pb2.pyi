from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Quality(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    QUALITY_UNSPECIFIED: _ClassVar[Quality]
    QUALITY_DRAFT: _ClassVar[Quality]
    QUALITY_STANDARD: _ClassVar[Quality]
    QUALITY_STUDIO: _ClassVar[Quality]
QUALITY_UNSPECIFIED: Quality
QUALITY_DRAFT: Quality
QUALITY_STANDARD: Quality
QUALITY_STUDIO: Quality

class EngineUse(_message.Message):
    __slots__ = ("id", "version")
    ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    id: str
    version: str
    def __init__(self, id: _Optional[str] = ..., version: _Optional[str] = ...) -> None: ...

class LanguagePair(_message.Message):
    __slots__ = ("source", "target", "via")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    VIA_FIELD_NUMBER: _ClassVar[int]
    source: str
    target: str
    via: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, source: _Optional[str] = ..., target: _Optional[str] = ..., via: _Optional[_Iterable[str]] = ...) -> None: ...

class EngineInfo(_message.Message):
    __slots__ = ("id", "name", "version", "available", "unavailable_reason", "remedy", "quality", "languages", "pairs", "neural", "cloning", "device", "licence", "commercial_use", "limits")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    UNAVAILABLE_REASON_FIELD_NUMBER: _ClassVar[int]
    REMEDY_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    PAIRS_FIELD_NUMBER: _ClassVar[int]
    NEURAL_FIELD_NUMBER: _ClassVar[int]
    CLONING_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    LICENCE_FIELD_NUMBER: _ClassVar[int]
    COMMERCIAL_USE_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    version: str
    available: bool
    unavailable_reason: str
    remedy: str
    quality: Quality
    languages: _containers.RepeatedScalarFieldContainer[str]
    pairs: _containers.RepeatedCompositeFieldContainer[LanguagePair]
    neural: bool
    cloning: bool
    device: str
    licence: str
    commercial_use: bool
    limits: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., version: _Optional[str] = ..., available: _Optional[bool] = ..., unavailable_reason: _Optional[str] = ..., remedy: _Optional[str] = ..., quality: _Optional[_Union[Quality, str]] = ..., languages: _Optional[_Iterable[str]] = ..., pairs: _Optional[_Iterable[_Union[LanguagePair, _Mapping]]] = ..., neural: _Optional[bool] = ..., cloning: _Optional[bool] = ..., device: _Optional[str] = ..., licence: _Optional[str] = ..., commercial_use: _Optional[bool] = ..., limits: _Optional[_Iterable[str]] = ...) -> None: ...

class ListEnginesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListEnginesResponse(_message.Message):
    __slots__ = ("stage", "engines")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    ENGINES_FIELD_NUMBER: _ClassVar[int]
    stage: str
    engines: _containers.RepeatedCompositeFieldContainer[EngineInfo]
    def __init__(self, stage: _Optional[str] = ..., engines: _Optional[_Iterable[_Union[EngineInfo, _Mapping]]] = ...) -> None: ...

class Warning(_message.Message):
    __slots__ = ("code", "message", "stage", "line_id", "target_language")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    LINE_ID_FIELD_NUMBER: _ClassVar[int]
    TARGET_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    code: str
    message: str
    stage: str
    line_id: str
    target_language: str
    def __init__(self, code: _Optional[str] = ..., message: _Optional[str] = ..., stage: _Optional[str] = ..., line_id: _Optional[str] = ..., target_language: _Optional[str] = ...) -> None: ...

class Usage(_message.Message):
    __slots__ = ("engine", "unit", "quantity")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    engine: str
    unit: str
    quantity: float
    def __init__(self, engine: _Optional[str] = ..., unit: _Optional[str] = ..., quantity: _Optional[float] = ...) -> None: ...

class Prosody(_message.Message):
    __slots__ = ("f0_median_hz", "f0_range_semitones", "level_db", "characters_per_s")
    F0_MEDIAN_HZ_FIELD_NUMBER: _ClassVar[int]
    F0_RANGE_SEMITONES_FIELD_NUMBER: _ClassVar[int]
    LEVEL_DB_FIELD_NUMBER: _ClassVar[int]
    CHARACTERS_PER_S_FIELD_NUMBER: _ClassVar[int]
    f0_median_hz: float
    f0_range_semitones: float
    level_db: float
    characters_per_s: float
    def __init__(self, f0_median_hz: _Optional[float] = ..., f0_range_semitones: _Optional[float] = ..., level_db: _Optional[float] = ..., characters_per_s: _Optional[float] = ...) -> None: ...

class AudioStream(_message.Message):
    __slots__ = ("index", "codec", "sample_rate_hz", "channels", "channel_layout", "language", "title", "is_default", "start_s", "duration_s", "is_commentary")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    CODEC_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_HZ_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_LAYOUT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    IS_DEFAULT_FIELD_NUMBER: _ClassVar[int]
    START_S_FIELD_NUMBER: _ClassVar[int]
    DURATION_S_FIELD_NUMBER: _ClassVar[int]
    IS_COMMENTARY_FIELD_NUMBER: _ClassVar[int]
    index: int
    codec: str
    sample_rate_hz: int
    channels: int
    channel_layout: str
    language: str
    title: str
    is_default: bool
    start_s: float
    duration_s: float
    is_commentary: bool
    def __init__(self, index: _Optional[int] = ..., codec: _Optional[str] = ..., sample_rate_hz: _Optional[int] = ..., channels: _Optional[int] = ..., channel_layout: _Optional[str] = ..., language: _Optional[str] = ..., title: _Optional[str] = ..., is_default: _Optional[bool] = ..., start_s: _Optional[float] = ..., duration_s: _Optional[float] = ..., is_commentary: _Optional[bool] = ...) -> None: ...

class VideoStream(_message.Message):
    __slots__ = ("index", "codec", "width", "height", "frame_rate", "start_s", "duration_s", "is_variable_rate")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    CODEC_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    FRAME_RATE_FIELD_NUMBER: _ClassVar[int]
    START_S_FIELD_NUMBER: _ClassVar[int]
    DURATION_S_FIELD_NUMBER: _ClassVar[int]
    IS_VARIABLE_RATE_FIELD_NUMBER: _ClassVar[int]
    index: int
    codec: str
    width: int
    height: int
    frame_rate: str
    start_s: float
    duration_s: float
    is_variable_rate: bool
    def __init__(self, index: _Optional[int] = ..., codec: _Optional[str] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., frame_rate: _Optional[str] = ..., start_s: _Optional[float] = ..., duration_s: _Optional[float] = ..., is_variable_rate: _Optional[bool] = ...) -> None: ...

class MediaInfo(_message.Message):
    __slots__ = ("container", "duration_s", "size_bytes", "start_s", "audio", "video", "selected_audio")
    CONTAINER_FIELD_NUMBER: _ClassVar[int]
    DURATION_S_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    START_S_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    VIDEO_FIELD_NUMBER: _ClassVar[int]
    SELECTED_AUDIO_FIELD_NUMBER: _ClassVar[int]
    container: str
    duration_s: float
    size_bytes: int
    start_s: float
    audio: _containers.RepeatedCompositeFieldContainer[AudioStream]
    video: _containers.RepeatedCompositeFieldContainer[VideoStream]
    selected_audio: int
    def __init__(self, container: _Optional[str] = ..., duration_s: _Optional[float] = ..., size_bytes: _Optional[int] = ..., start_s: _Optional[float] = ..., audio: _Optional[_Iterable[_Union[AudioStream, _Mapping]]] = ..., video: _Optional[_Iterable[_Union[VideoStream, _Mapping]]] = ..., selected_audio: _Optional[int] = ...) -> None: ...
