"""Settings of the translation stage."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from polydub.settings import ModelSettings


class TranslationSettings(ModelSettings):
    """What this stage reads beside the common settings, prefix ``POLYDUB_TRANSLATION_``."""

    model_config = SettingsConfigDict(
        env_prefix="POLYDUB_TRANSLATION_", extra="ignore", frozen=True
    )

    models_mb: int = Field(default=8192, ge=1)
    """How large the loaded models' files may be together."""

    candidates: int = Field(default=2, ge=1, le=8)
    """How many translations of a line are kept at most, for the fit to choose from."""
    line_timeout_s: float = Field(default=20.0, gt=0)
    """How long one line may take one language pair; the first one loads its dictionaries."""
    apertium_modes_dir: Path = Path("/usr/share/apertium/modes")
    apertium_children: int = Field(default=12, ge=2, le=64)
    """Language pairs kept running; each takes 50 to 170 MB."""
    glossary_file: Path | None = None
    """Terms of all jobs, JSON: source tag -> target tag -> term -> its translation."""

    # neural models
    compute_type: str = "auto"
    threads: int = Field(default=0, ge=0)
    batch_tokens: int = Field(default=1024, ge=16)
    """Tokens translated at once, of all jobs together; more is quicker and takes more memory."""

    # services
    request_timeout_s: float = Field(default=60.0, gt=0)
    """For one answer of DeepL, Google or a language model."""
    request_retries: int = Field(default=2, ge=0, le=10)
    deepl_key: SecretStr = SecretStr("")
    deepl_key_file: Path | None = None
    deepl_url: str = ""
    """Empty: the one that belongs to the key (free or paid)."""
    llm_url: str = ""
    """Where the server's API begins, as ``http://host:8000/v1``; empty: OpenAI's."""
    llm_model: str = ""
    llm_key: SecretStr = SecretStr("")
    llm_key_file: Path | None = None
