from polydub.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LipsyncOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIPSYNC_OUTCOME_UNSPECIFIED: _ClassVar[LipsyncOutcome]
    LIPSYNC_OUTCOME_SYNCED: _ClassVar[LipsyncOutcome]
    LIPSYNC_OUTCOME_NO_PICTURE: _ClassVar[LipsyncOutcome]
    LIPSYNC_OUTCOME_NO_FACE: _ClassVar[LipsyncOutcome]
    LIPSYNC_OUTCOME_FAILED: _ClassVar[LipsyncOutcome]
LIPSYNC_OUTCOME_UNSPECIFIED: LipsyncOutcome
LIPSYNC_OUTCOME_SYNCED: LipsyncOutcome
LIPSYNC_OUTCOME_NO_PICTURE: LipsyncOutcome
LIPSYNC_OUTCOME_NO_FACE: LipsyncOutcome
LIPSYNC_OUTCOME_FAILED: LipsyncOutcome

class SyncRequest(_message.Message):
    __slots__ = ("video_id", "source_key", "engine")
    VIDEO_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_KEY_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    video_id: str
    source_key: str
    engine: str
    def __init__(self, video_id: _Optional[str] = ..., source_key: _Optional[str] = ..., engine: _Optional[str] = ...) -> None: ...

class SyncResponse(_message.Message):
    __slots__ = ("products",)
    PRODUCTS_FIELD_NUMBER: _ClassVar[int]
    products: LipsyncProducts
    def __init__(self, products: _Optional[_Union[LipsyncProducts, _Mapping]] = ...) -> None: ...

class LipsyncProducts(_message.Message):
    __slots__ = ("video_key", "outcome", "face_share", "engine", "digest", "reason")
    VIDEO_KEY_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    FACE_SHARE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    video_key: str
    outcome: LipsyncOutcome
    face_share: float
    engine: _common_pb2.EngineUse
    digest: str
    reason: str
    def __init__(self, video_key: _Optional[str] = ..., outcome: _Optional[_Union[LipsyncOutcome, str]] = ..., face_share: _Optional[float] = ..., engine: _Optional[_Union[_common_pb2.EngineUse, _Mapping]] = ..., digest: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...
