from polydub.v1 import dubbing_pb2 as _dubbing_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetUsageRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class OrganisationUsage(_message.Message):
    __slots__ = ("months", "storage_bytes", "quotas", "currency")
    MONTHS_FIELD_NUMBER: _ClassVar[int]
    STORAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    QUOTAS_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    months: _containers.RepeatedCompositeFieldContainer[MonthUsage]
    storage_bytes: int
    quotas: Quotas
    currency: str
    def __init__(self, months: _Optional[_Iterable[_Union[MonthUsage, _Mapping]]] = ..., storage_bytes: _Optional[int] = ..., quotas: _Optional[_Union[Quotas, _Mapping]] = ..., currency: _Optional[str] = ...) -> None: ...

class MonthUsage(_message.Message):
    __slots__ = ("month", "minutes", "languages", "jobs", "usage", "cost")
    MONTH_FIELD_NUMBER: _ClassVar[int]
    MINUTES_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    JOBS_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    month: str
    minutes: float
    languages: int
    jobs: _containers.RepeatedCompositeFieldContainer[JobCount]
    usage: _containers.RepeatedCompositeFieldContainer[_dubbing_pb2.UsageCost]
    cost: float
    def __init__(self, month: _Optional[str] = ..., minutes: _Optional[float] = ..., languages: _Optional[int] = ..., jobs: _Optional[_Iterable[_Union[JobCount, _Mapping]]] = ..., usage: _Optional[_Iterable[_Union[_dubbing_pb2.UsageCost, _Mapping]]] = ..., cost: _Optional[float] = ...) -> None: ...

class JobCount(_message.Message):
    __slots__ = ("state", "jobs")
    STATE_FIELD_NUMBER: _ClassVar[int]
    JOBS_FIELD_NUMBER: _ClassVar[int]
    state: _dubbing_pb2.DubState
    jobs: int
    def __init__(self, state: _Optional[_Union[_dubbing_pb2.DubState, str]] = ..., jobs: _Optional[int] = ...) -> None: ...

class Quotas(_message.Message):
    __slots__ = ("minutes_per_month", "storage_bytes", "concurrent_jobs")
    MINUTES_PER_MONTH_FIELD_NUMBER: _ClassVar[int]
    STORAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    CONCURRENT_JOBS_FIELD_NUMBER: _ClassVar[int]
    minutes_per_month: float
    storage_bytes: int
    concurrent_jobs: int
    def __init__(self, minutes_per_month: _Optional[float] = ..., storage_bytes: _Optional[int] = ..., concurrent_jobs: _Optional[int] = ...) -> None: ...

class ListUsageOfDubsRequest(_message.Message):
    __slots__ = ("month", "page_size", "page_token")
    MONTH_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    month: str
    page_size: int
    page_token: str
    def __init__(self, month: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListUsageOfDubsResponse(_message.Message):
    __slots__ = ("dubs", "next_page_token", "currency")
    DUBS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    dubs: _containers.RepeatedCompositeFieldContainer[DubUsage]
    next_page_token: str
    currency: str
    def __init__(self, dubs: _Optional[_Iterable[_Union[DubUsage, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., currency: _Optional[str] = ...) -> None: ...

class DubUsage(_message.Message):
    __slots__ = ("dub_id", "video_id", "month", "state", "minutes", "languages", "usage", "cost", "created_at_ms")
    DUB_ID_FIELD_NUMBER: _ClassVar[int]
    VIDEO_ID_FIELD_NUMBER: _ClassVar[int]
    MONTH_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    MINUTES_FIELD_NUMBER: _ClassVar[int]
    LANGUAGES_FIELD_NUMBER: _ClassVar[int]
    USAGE_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    dub_id: str
    video_id: str
    month: str
    state: _dubbing_pb2.DubState
    minutes: float
    languages: int
    usage: _containers.RepeatedCompositeFieldContainer[_dubbing_pb2.UsageCost]
    cost: float
    created_at_ms: int
    def __init__(self, dub_id: _Optional[str] = ..., video_id: _Optional[str] = ..., month: _Optional[str] = ..., state: _Optional[_Union[_dubbing_pb2.DubState, str]] = ..., minutes: _Optional[float] = ..., languages: _Optional[int] = ..., usage: _Optional[_Iterable[_Union[_dubbing_pb2.UsageCost, _Mapping]]] = ..., cost: _Optional[float] = ..., created_at_ms: _Optional[int] = ...) -> None: ...
