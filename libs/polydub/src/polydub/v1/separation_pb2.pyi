from polydub.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ProbeRequest(_message.Message):
    __slots__ = ("source_key", "source_language")
    SOURCE_KEY_FIELD_NUMBER: _ClassVar[int]
    SOURCE_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    source_key: str
    source_language: str
    def __init__(self, source_key: _Optional[str] = ..., source_language: _Optional[str] = ...) -> None: ...

class ProbeResponse(_message.Message):
    __slots__ = ("media",)
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    media: _common_pb2.MediaInfo
    def __init__(self, media: _Optional[_Union[_common_pb2.MediaInfo, _Mapping]] = ...) -> None: ...

class ThumbnailRequest(_message.Message):
    __slots__ = ("source_key", "at_s")
    SOURCE_KEY_FIELD_NUMBER: _ClassVar[int]
    AT_S_FIELD_NUMBER: _ClassVar[int]
    source_key: str
    at_s: float
    def __init__(self, source_key: _Optional[str] = ..., at_s: _Optional[float] = ...) -> None: ...

class ThumbnailResponse(_message.Message):
    __slots__ = ("jpeg",)
    JPEG_FIELD_NUMBER: _ClassVar[int]
    jpeg: bytes
    def __init__(self, jpeg: _Optional[bytes] = ...) -> None: ...

class SeparateRequest(_message.Message):
    __slots__ = ("video_id", "source_key", "engine", "source_language")
    VIDEO_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_KEY_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    video_id: str
    source_key: str
    engine: str
    source_language: str
    def __init__(self, video_id: _Optional[str] = ..., source_key: _Optional[str] = ..., engine: _Optional[str] = ..., source_language: _Optional[str] = ...) -> None: ...

class SeparateResponse(_message.Message):
    __slots__ = ("products",)
    PRODUCTS_FIELD_NUMBER: _ClassVar[int]
    products: SeparationProducts
    def __init__(self, products: _Optional[_Union[SeparationProducts, _Mapping]] = ...) -> None: ...

class SeparationProducts(_message.Message):
    __slots__ = ("source_key", "media", "original_key", "analysis_key", "voice_key", "bed_key", "duration_ms", "snr_db", "audio_offset_s", "engine", "digest", "warnings")
    SOURCE_KEY_FIELD_NUMBER: _ClassVar[int]
    MEDIA_FIELD_NUMBER: _ClassVar[int]
    ORIGINAL_KEY_FIELD_NUMBER: _ClassVar[int]
    ANALYSIS_KEY_FIELD_NUMBER: _ClassVar[int]
    VOICE_KEY_FIELD_NUMBER: _ClassVar[int]
    BED_KEY_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    SNR_DB_FIELD_NUMBER: _ClassVar[int]
    AUDIO_OFFSET_S_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    source_key: str
    media: _common_pb2.MediaInfo
    original_key: str
    analysis_key: str
    voice_key: str
    bed_key: str
    duration_ms: int
    snr_db: float
    audio_offset_s: float
    engine: _common_pb2.EngineUse
    digest: str
    warnings: _containers.RepeatedCompositeFieldContainer[_common_pb2.Warning]
    def __init__(self, source_key: _Optional[str] = ..., media: _Optional[_Union[_common_pb2.MediaInfo, _Mapping]] = ..., original_key: _Optional[str] = ..., analysis_key: _Optional[str] = ..., voice_key: _Optional[str] = ..., bed_key: _Optional[str] = ..., duration_ms: _Optional[int] = ..., snr_db: _Optional[float] = ..., audio_offset_s: _Optional[float] = ..., engine: _Optional[_Union[_common_pb2.EngineUse, _Mapping]] = ..., digest: _Optional[str] = ..., warnings: _Optional[_Iterable[_Union[_common_pb2.Warning, _Mapping]]] = ...) -> None: ...
