from polydub.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PitchClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PITCH_CLASS_UNSPECIFIED: _ClassVar[PitchClass]
    PITCH_CLASS_LOW: _ClassVar[PitchClass]
    PITCH_CLASS_MID: _ClassVar[PitchClass]
    PITCH_CLASS_HIGH: _ClassVar[PitchClass]

class VoiceGender(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VOICE_GENDER_UNSPECIFIED: _ClassVar[VoiceGender]
    VOICE_GENDER_MALE: _ClassVar[VoiceGender]
    VOICE_GENDER_FEMALE: _ClassVar[VoiceGender]
PITCH_CLASS_UNSPECIFIED: PitchClass
PITCH_CLASS_LOW: PitchClass
PITCH_CLASS_MID: PitchClass
PITCH_CLASS_HIGH: PitchClass
VOICE_GENDER_UNSPECIFIED: VoiceGender
VOICE_GENDER_MALE: VoiceGender
VOICE_GENDER_FEMALE: VoiceGender

class DiarizeRequest(_message.Message):
    __slots__ = ("video_id", "analysis_key", "speakers", "engine")
    VIDEO_ID_FIELD_NUMBER: _ClassVar[int]
    ANALYSIS_KEY_FIELD_NUMBER: _ClassVar[int]
    SPEAKERS_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    video_id: str
    analysis_key: str
    speakers: int
    engine: str
    def __init__(self, video_id: _Optional[str] = ..., analysis_key: _Optional[str] = ..., speakers: _Optional[int] = ..., engine: _Optional[str] = ...) -> None: ...

class DiarizeResponse(_message.Message):
    __slots__ = ("products", "document")
    PRODUCTS_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    products: DiarizationProducts
    document: DiarizationDocument
    def __init__(self, products: _Optional[_Union[DiarizationProducts, _Mapping]] = ..., document: _Optional[_Union[DiarizationDocument, _Mapping]] = ...) -> None: ...

class VoiceProfile(_message.Message):
    __slots__ = ("f0_median_hz", "f0_low_hz", "f0_high_hz", "pitch_class", "gender")
    F0_MEDIAN_HZ_FIELD_NUMBER: _ClassVar[int]
    F0_LOW_HZ_FIELD_NUMBER: _ClassVar[int]
    F0_HIGH_HZ_FIELD_NUMBER: _ClassVar[int]
    PITCH_CLASS_FIELD_NUMBER: _ClassVar[int]
    GENDER_FIELD_NUMBER: _ClassVar[int]
    f0_median_hz: float
    f0_low_hz: float
    f0_high_hz: float
    pitch_class: PitchClass
    gender: VoiceGender
    def __init__(self, f0_median_hz: _Optional[float] = ..., f0_low_hz: _Optional[float] = ..., f0_high_hz: _Optional[float] = ..., pitch_class: _Optional[_Union[PitchClass, str]] = ..., gender: _Optional[_Union[VoiceGender, str]] = ...) -> None: ...

class Speaker(_message.Message):
    __slots__ = ("id", "profile", "reference_key", "speech_ms")
    ID_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_KEY_FIELD_NUMBER: _ClassVar[int]
    SPEECH_MS_FIELD_NUMBER: _ClassVar[int]
    id: str
    profile: VoiceProfile
    reference_key: str
    speech_ms: int
    def __init__(self, id: _Optional[str] = ..., profile: _Optional[_Union[VoiceProfile, _Mapping]] = ..., reference_key: _Optional[str] = ..., speech_ms: _Optional[int] = ...) -> None: ...

class Utterance(_message.Message):
    __slots__ = ("id", "speaker_id", "start_ms", "end_ms", "part", "overlaps", "prosody")
    ID_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_ID_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    OVERLAPS_FIELD_NUMBER: _ClassVar[int]
    PROSODY_FIELD_NUMBER: _ClassVar[int]
    id: str
    speaker_id: str
    start_ms: int
    end_ms: int
    part: int
    overlaps: bool
    prosody: _common_pb2.Prosody
    def __init__(self, id: _Optional[str] = ..., speaker_id: _Optional[str] = ..., start_ms: _Optional[int] = ..., end_ms: _Optional[int] = ..., part: _Optional[int] = ..., overlaps: _Optional[bool] = ..., prosody: _Optional[_Union[_common_pb2.Prosody, _Mapping]] = ...) -> None: ...

class Part(_message.Message):
    __slots__ = ("index", "start_ms", "end_ms")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    index: int
    start_ms: int
    end_ms: int
    def __init__(self, index: _Optional[int] = ..., start_ms: _Optional[int] = ..., end_ms: _Optional[int] = ...) -> None: ...

class DiarizationDocument(_message.Message):
    __slots__ = ("schema_version", "engine", "speakers", "utterances", "parts", "duration_ms", "warnings")
    SCHEMA_VERSION_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    SPEAKERS_FIELD_NUMBER: _ClassVar[int]
    UTTERANCES_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    schema_version: int
    engine: _common_pb2.EngineUse
    speakers: _containers.RepeatedCompositeFieldContainer[Speaker]
    utterances: _containers.RepeatedCompositeFieldContainer[Utterance]
    parts: _containers.RepeatedCompositeFieldContainer[Part]
    duration_ms: int
    warnings: _containers.RepeatedCompositeFieldContainer[_common_pb2.Warning]
    def __init__(self, schema_version: _Optional[int] = ..., engine: _Optional[_Union[_common_pb2.EngineUse, _Mapping]] = ..., speakers: _Optional[_Iterable[_Union[Speaker, _Mapping]]] = ..., utterances: _Optional[_Iterable[_Union[Utterance, _Mapping]]] = ..., parts: _Optional[_Iterable[_Union[Part, _Mapping]]] = ..., duration_ms: _Optional[int] = ..., warnings: _Optional[_Iterable[_Union[_common_pb2.Warning, _Mapping]]] = ...) -> None: ...

class DiarizationProducts(_message.Message):
    __slots__ = ("document_key", "parts", "engine", "digest", "speaker_ids")
    DOCUMENT_KEY_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    SPEAKER_IDS_FIELD_NUMBER: _ClassVar[int]
    document_key: str
    parts: int
    engine: _common_pb2.EngineUse
    digest: str
    speaker_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, document_key: _Optional[str] = ..., parts: _Optional[int] = ..., engine: _Optional[_Union[_common_pb2.EngineUse, _Mapping]] = ..., digest: _Optional[str] = ..., speaker_ids: _Optional[_Iterable[str]] = ...) -> None: ...
