"""How a dub is to sound, as a job asks for it."""

from __future__ import annotations

from dataclasses import dataclass

from polydub.v1 import muxing_pb2


@dataclass(frozen=True)
class SoundOptions:
    """The choices of one job; what nobody chose is False."""

    drop_background: bool = False
    """The voices alone: nothing of the bed is heard."""
    voice_over: bool = False
    """The original stays, low, under the dub."""
    noise_reduction: bool = False
    """Steady noise is taken out of all that is kept of the original."""
    plain_voices: bool = False
    """Voices sound as they were made: neither colour nor room of the original's."""

    @classmethod
    def of(cls, message: muxing_pb2.SoundOptions) -> SoundOptions:
        """The options of a job's specification."""
        return cls(
            drop_background=message.drop_background,
            voice_over=message.voice_over,
            noise_reduction=message.noise_reduction,
            plain_voices=message.plain_voices,
        )

    @property
    def leaves_background(self) -> bool:
        """Whether what lies behind the voices is kept as it is."""
        return not (self.drop_background or self.voice_over or self.noise_reduction)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The names of what was chosen: empty for a job that leaves all as it is."""
        return tuple(name for name, value in vars(self).items() if value)


AS_IT_IS = SoundOptions()
"""Nothing was chosen."""
