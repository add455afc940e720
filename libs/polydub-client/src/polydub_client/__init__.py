"""Polydub's Python SDK: upload a video, have it dubbed, watch, and fetch what came of it."""

from polydub_client.async_client import AsyncPolydub
from polydub_client.client import Polydub
from polydub_client.connection import DEFAULT_URL
from polydub_client.errors import ConnectionLost, PolydubError, ServerUnreachable
from polydub_client.models import (
    Artifact,
    CloneConsent,
    Dub,
    DubLanguage,
    DubPage,
    DubState,
    DubWarning,
    Engine,
    Extra,
    FitMode,
    LanguagePair,
    Languages,
    Problem,
    Progress,
    Report,
    StageEngines,
    SubtitleFile,
    Term,
    Usage,
    Video,
)
from polydub_client.options import DubOptions
from polydub_client.retry import RetryPolicy

__all__ = [
    "DEFAULT_URL",
    "Artifact",
    "AsyncPolydub",
    "CloneConsent",
    "ConnectionLost",
    "Dub",
    "DubLanguage",
    "DubOptions",
    "DubPage",
    "DubState",
    "DubWarning",
    "Engine",
    "Extra",
    "FitMode",
    "LanguagePair",
    "Languages",
    "Polydub",
    "PolydubError",
    "Problem",
    "Progress",
    "Report",
    "RetryPolicy",
    "ServerUnreachable",
    "StageEngines",
    "SubtitleFile",
    "Term",
    "Usage",
    "Video",
]
