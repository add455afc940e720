"""Whether a face is seen while someone speaks."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from polydub import media
from polydub.blocking import OnProgress, run_blocking
from polydub.engines import Availability
from polydub.errors import StageError

FRAME_WIDTH = 640
"""Pixels; faces that matter are large enough in a picture of this width."""
SMALLEST_FACE = 0.08
"""Of the picture's shorter side. What is smaller has no lips that anyone reads."""
_SCALE_STEP = 1.1
_NEIGHBOURS = 5
"""Hits on top of each other that make a face; fewer find faces in foliage and in text."""
_FRAME_TIMEOUT_S = 60.0


class FaceDetector(ABC):
    """Says of one picture whether a face looks at us."""

    @abstractmethod
    def available(self) -> Availability:
        """Whether it can work here, or what to install."""

    @abstractmethod
    def sees_face(self, picture: Path) -> bool:
        """Whether a face is in a greyscale image file. May be called from several threads."""


class HaarFaces(FaceDetector):
    """OpenCV's cascade for frontal faces (Viola and Jones 2001, trained by Lienhart 2002).

    Faces in profile are not looked for: lip sync has little to move there.
    """

    def __init__(self) -> None:
        self._per_thread = threading.local()

    def available(self) -> Availability:
        if _cascade_file() is None:
            return Availability.no(
                "OpenCV with its cascades is not installed, so that no face can be found",
                "Install the extra: pip install 'polydub-lipsync[faces]'.",
            )
        return Availability.yes()

    def sees_face(self, picture: Path) -> bool:
        import cv2

        image = cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE)
        if image is None:
            return False
        smallest = max(24, round(SMALLEST_FACE * min(image.shape)))
        faces = self._cascade().detectMultiScale(
            cv2.equalizeHist(image),
            scaleFactor=_SCALE_STEP,
            minNeighbors=_NEIGHBOURS,
            minSize=(smallest, smallest),
        )
        return len(faces) > 0

    def _cascade(self) -> Any:
        """A cascade keeps state while it looks, so that each thread needs its own."""
        import cv2

        if not hasattr(self._per_thread, "cascade"):
            self._per_thread.cascade = cv2.CascadeClassifier(str(_cascade_file()))
        return self._per_thread.cascade


def _cascade_file() -> Path | None:
    """The cascade in the installed OpenCV; version 5 has none any more."""
    package = find_spec("cv2")
    if package is None or package.origin is None:
        return None
    file = Path(package.origin).parent / "data" / "haarcascade_frontalface_alt2.xml"
    return file if file.exists() else None


async def face_share(
    video: Path,
    moments_ms: Sequence[int],
    detector: FaceDetector,
    *,
    scratch: Path,
    on_progress: OnProgress,
) -> float:
    """Of the frames at these moments, how many show a face: 0 to 1.

    Memory and disk hold one frame at a time. Frames that can't be decoded do not count.
    """
    frame = scratch / "frame.pgm"
    seen = looked = 0
    for done, moment_ms in enumerate(moments_ms):
        await on_progress(done / len(moments_ms))
        if await _grab(video, moment_ms, frame):
            looked += 1
            seen += await run_blocking(lambda _: detector.sees_face(frame))
    frame.unlink(missing_ok=True)
    return seen / looked if looked else 0.0


async def _grab(video: Path, moment_ms: int, frame: Path) -> bool:
    """Writes the frame that is seen at a moment; whether there is one."""
    frame.unlink(missing_ok=True)
    with suppress(StageError):
        await media.run_ffmpeg(
            [
                "-ss", f"{moment_ms / 1000:.3f}", *media.input_file(video),
                "-map", "0:v:0", "-frames:v", "1",
                "-vf", f"scale='min({FRAME_WIDTH},iw)':-2", "-pix_fmt", "gray",
                "-c:v", "pgm", "-f", "image2", "-update", "1", f"file:{frame}",
            ],
            timeout_s=_FRAME_TIMEOUT_S,
        )  # fmt: skip
    return frame.exists() and frame.stat().st_size > 0
