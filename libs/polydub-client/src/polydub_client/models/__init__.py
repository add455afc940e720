"""What the server speaks of, as frozen dataclasses. Field names are the wire's."""

from polydub_client.models.accounts import (
    ApiKey,
    AuditEntry,
    AuditPage,
    Invitation,
    Me,
    Member,
    Place,
    SignInWays,
    Tokens,
)
from polydub_client.models.asking import CloneConsent, Extra, FitMode, Priority, SubtitleFile, Term
from polydub_client.models.deployment import Engine, LanguagePair, Languages, StageEngines, Voice
from polydub_client.models.dubs import (
    Artifact,
    Dub,
    DubLanguage,
    DubPage,
    DubWarning,
    EngineUsed,
    Usage,
)
from polydub_client.models.estimates import Estimate, StageEstimate, VideoEstimate
from polydub_client.models.progress import FeedMessage, LanguageProgress, Progress
from polydub_client.models.reports import Distribution, Report
from polydub_client.models.scripts import (
    Fit,
    Preview,
    Regenerated,
    Script,
    Segment,
    Speaker,
    Suggestion,
    Wording,
)
from polydub_client.models.sharing import NewShare, Share
from polydub_client.models.speakers import RegisteredSpeaker
from polydub_client.models.states import DubState, Problem
from polydub_client.models.traces import DubTrace, PieceOfWork
from polydub_client.models.usage import (
    DubUsage,
    DubUsagePage,
    MonthUsage,
    OrganisationUsage,
    Quotas,
)
from polydub_client.models.videos import Import, ImportState, Refusal, Upload, UploadState, Video
from polydub_client.models.webhooks import (
    Delivery,
    DeliveryAttempt,
    DeliveryPage,
    Webhook,
    WebhookSecret,
)
from polydub_client.models.words import Glossary, MemoryEntry, MemoryPage

__all__ = [
    "ApiKey",
    "Artifact",
    "AuditEntry",
    "AuditPage",
    "CloneConsent",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryPage",
    "Distribution",
    "Dub",
    "DubLanguage",
    "DubPage",
    "DubState",
    "DubTrace",
    "DubUsage",
    "DubUsagePage",
    "DubWarning",
    "Engine",
    "EngineUsed",
    "Estimate",
    "Extra",
    "FeedMessage",
    "Fit",
    "FitMode",
    "Glossary",
    "Import",
    "ImportState",
    "Invitation",
    "LanguagePair",
    "LanguageProgress",
    "Languages",
    "Me",
    "Member",
    "MemoryEntry",
    "MemoryPage",
    "MonthUsage",
    "NewShare",
    "OrganisationUsage",
    "PieceOfWork",
    "Place",
    "Preview",
    "Priority",
    "Problem",
    "Progress",
    "Quotas",
    "Refusal",
    "Regenerated",
    "RegisteredSpeaker",
    "Report",
    "Script",
    "Segment",
    "Share",
    "SignInWays",
    "Speaker",
    "StageEngines",
    "StageEstimate",
    "SubtitleFile",
    "Suggestion",
    "Term",
    "Tokens",
    "Upload",
    "UploadState",
    "Usage",
    "Video",
    "VideoEstimate",
    "Voice",
    "Webhook",
    "WebhookSecret",
    "Wording",
]
