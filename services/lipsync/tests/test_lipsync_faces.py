"""The real detector on pictures that are drawn here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lipsync_clips import face_image, make_clip, write_pgm

from polydub_lipsync.faces import FaceDetector, HaarFaces, face_share

pytest.importorskip("cv2", reason="the extra `faces` is not installed")
pytestmark = pytest.mark.integration


async def _unwatched(fraction: float) -> None:
    assert 0 <= fraction <= 1


@pytest.fixture(scope="module")
def detector() -> HaarFaces:
    return HaarFaces()


def test_a_face_is_seen_and_its_negative_is_not(tmp_path: Path, detector: HaarFaces) -> None:
    image = face_image()
    assert detector.sees_face(write_pgm(tmp_path / "face.pgm", image))
    assert not detector.sees_face(write_pgm(tmp_path / "negative.pgm", 255 - image))


def test_a_small_face_in_a_large_picture_is_none(tmp_path: Path, detector: HaarFaces) -> None:
    wide = np.full((1800, 2400), 90, np.uint8)
    wide[:90, :120] = face_image()[::4, ::4]
    assert not detector.sees_face(write_pgm(tmp_path / "far.pgm", wide))


def test_noise_grey_and_what_is_no_picture(tmp_path: Path, detector: HaarFaces) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (360, 480)).astype(np.uint8)
    assert not detector.sees_face(write_pgm(tmp_path / "noise.pgm", noise))
    assert not detector.sees_face(write_pgm(tmp_path / "grey.pgm", np.full_like(noise, 128)))
    (tmp_path / "junk.pgm").write_bytes(b"no picture")
    assert not detector.sees_face(tmp_path / "junk.pgm")


def test_it_can_work_here(detector: HaarFaces) -> None:
    assert detector.available().ok


@pytest.mark.parametrize("face", [True, False])
async def test_the_share_of_a_clip(tmp_path: Path, detector: HaarFaces, face: bool) -> None:
    clip = make_clip(tmp_path / "clip.mp4", face=face)
    share = await face_share(
        clip, (200, 1000, 1800), detector, scratch=tmp_path, on_progress=_unwatched
    )
    assert share == (1.0 if face else 0.0)


class EverySecond(FaceDetector):
    """Sees a face in every second picture that it is shown."""

    def __init__(self) -> None:
        self.shown = 0

    available = HaarFaces.available

    def sees_face(self, picture: Path) -> bool:
        self.shown += 1
        return self.shown % 2 == 1


async def test_moments_beyond_the_end_do_not_count(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=1)
    detector = EverySecond()
    share = await face_share(
        clip, (100, 500, 90_000), detector, scratch=tmp_path, on_progress=_unwatched
    )
    assert (share, detector.shown) == (0.5, 2)
    assert not (tmp_path / "frame.pgm").exists()
