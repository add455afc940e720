"""AAC as its encoder gives it out: frames with ADTS heads (ISO/IEC 14496-3, 1.A.2). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from polydub.errors import StageError

RATES_HZ = (
    96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350,
)  # fmt: skip
"""By the index that stands in a frame's head (ISO/IEC 14496-3, table 1.18)."""
_HEAD_BYTES, _CHECKSUM_BYTES = 7, 2
_LOW_COMPLEXITY = 2
_SEVEN_ONE = 7
CODECS = "mp4a.40.2"
"""AAC of low complexity in RFC 6381's words."""


@dataclass(frozen=True)
class AacConfig:
    """What a decoder has to know of a stream."""

    rate_hz: int
    channel_configuration: int

    @property
    def channels(self) -> int:
        return 8 if self.channel_configuration == _SEVEN_ONE else self.channel_configuration

    @property
    def specific(self) -> bytes:
        """The AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1)."""
        rate = RATES_HZ.index(self.rate_hz)
        return (_LOW_COMPLEXITY << 11 | rate << 7 | self.channel_configuration << 3).to_bytes(2)


class AdtsReader:
    """Frames out of bytes that come in pieces of any size."""

    def __init__(self) -> None:
        self.config: AacConfig | None = None
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that are whole now, without their heads.

        Raises:
            StageError: ``engine_failed`` for what is no ADTS.
        """
        data = self._rest + data
        frames, at = [], 0
        while len(data) - at >= _HEAD_BYTES:
            head = int.from_bytes(data[at : at + _HEAD_BYTES])
            if head >> 44 != 0xFFF:
                raise StageError("engine_failed", "The encoder's AAC is damaged.", retryable=False)
            length = head >> 13 & 0x1FFF
            if len(data) - at < length:
                break
            if self.config is None:
                self.config = AacConfig(RATES_HZ[head >> 34 & 0xF], head >> 30 & 0x7)
            checked = not head >> 40 & 1
            frames.append(data[at + _HEAD_BYTES + _CHECKSUM_BYTES * checked : at + length])
            at += length
        self._rest = data[at:]
        return frames
