"""Lip sync models that Replicate hosts, and what each calls its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

InputValue = str | int | float | bool


@dataclass(frozen=True)
class Inputs:
    """What a model calls its video and its sound, and what else it should be told."""

    video: str
    audio: str
    more: Mapping[str, InputValue] = field(default_factory=dict)


# The sound is exactly as long as the picture; should they differ by a frame, nothing is repeated.
_SYNC = Inputs("video", "audio", {"sync_mode": "cut_off"})
_RETALKING = Inputs("face", "input_audio")

KNOWN: Mapping[str, Inputs] = {
    "bytedance/latentsync": Inputs("video", "audio"),
    "skallagrimr/latentsync": Inputs("input_source", "audio"),
    "sync/lipsync-2": _SYNC,
    "sync/lipsync-2-pro": _SYNC,
    "cjwbw/video-retalking": _RETALKING,
    "chenxwh/video-retalking": _RETALKING,
}
"""From the input schemas and examples on the models' pages at replicate.com."""


@dataclass(frozen=True)
class HostedModel:
    """The model that the operator has chosen.

    Args:
        ref: ``owner/name``, or ``owner/name:version``; empty: none is chosen.
        inputs: what it calls them; empty names where that is not known.
    """

    ref: str
    inputs: Inputs

    @classmethod
    def named(
        cls, ref: str, *, video_input: str, audio_input: str, inputs: Mapping[str, InputValue]
    ) -> HostedModel:
        """A model with what is known of it; what is given here goes before that."""
        known = KNOWN.get(ref.partition(":")[0], Inputs("", ""))
        return cls(
            ref,
            Inputs(
                video=video_input or known.video,
                audio=audio_input or known.audio,
                more={**known.more, **inputs},
            ),
        )
