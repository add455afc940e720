"""Examples of answers that are made of many parts, as the API's description shows them."""

from __future__ import annotations

from typing import Any

DUB_ID = "dub_9a7d24c8e6105b1c0e3f"
VIDEO_ID = "vid_5b1c0e3f9a7d24c8e610"

VIDEO: dict[str, Any] = {
    "id": VIDEO_ID,
    "filename": "talk.mp4",
    "size_bytes": 7340032,
    "duration_s": 63.4,
    "container": "mov,mp4,m4a,3gp,3g2,mj2",
    "frame_rate": 29.97,
    "width": 1280,
    "height": 720,
    "channels": 2,
    "sample_rate_hz": 48000,
    "streams": {"audio": [], "video": []},
    "thumbnail_url": f"/v1/videos/{VIDEO_ID}/thumbnail",
    "estimate": {
        "is_measured": True,
        "seconds": 48.2,
        "cost": 0.02,
        "seconds_per_further_language": 11.5,
        "cost_per_further_language": 0.02,
        "currency": "USD",
    },
    "created_at": "2026-01-05T09:30:00Z",
}
LISTED_VIDEO: dict[str, Any] = {**VIDEO, "dubs": 2, "storage_bytes": 25165824}

USAGE: dict[str, Any] = {
    "stage": "translation",
    "engine": "deepl",
    "unit": "characters",
    "quantity": 1200.0,
    "cost": 0.024,
}
ARTIFACT: dict[str, Any] = {
    "name": "talk.es.mp4",
    "kind": "video",
    "language": "es",
    "size_bytes": 7811072,
    "media_type": "video/mp4",
    "url": f"/v1/dubs/{DUB_ID}/artifacts/talk.es.mp4",
}
DUB: dict[str, Any] = {
    "id": DUB_ID,
    "video_id": VIDEO_ID,
    "filename": "talk.mp4",
    "duration_s": 63.4,
    "thumbnail_url": f"/v1/videos/{VIDEO_ID}/thumbnail",
    "state": "completed",
    "progress": 1.0,
    "stage": None,
    "stage_progress": 0.0,
    "message": "",
    "eta_s": None,
    "expected_s": 254.5,
    "revision": 0,
    "source_language": "auto",
    "detected_language": "en",
    "target_languages": ["es"],
    "speakers": 0,
    "detected_speakers": ["S1", "S2"],
    "speaker_names": {"S1": "Ada"},
    "fit_mode": "balanced",
    "engines": {"translation": "deepl"},
    "engines_used": [{"stage": "translation", "id": "deepl", "version": "2"}],
    "glossary": [{"source": "bed", "target": "fondo", "target_language": "es"}],
    "clone_consent": None,
    "lipsync": False,
    "extras": ["hls"],
    "min_quality": 0.0,
    "keep_background": True,
    "voice_over": False,
    "noise_reduction": False,
    "match_voices": True,
    "subtitles": [],
    "priority": "normal",
    "usage": [USAGE],
    "cost": 0.024,
    "currency": "USD",
    "languages": [
        {
            "language": "es",
            "state": "completed",
            "progress": 1.0,
            "artifacts": [ARTIFACT],
            "error": None,
            "report": {"lines": 18, "onset_offset_p95_ms": 120.0},
        }
    ],
    "artifacts": [],
    "hls_url": f"/v1/dubs/{DUB_ID}/hls/master.m3u8",
    "warnings": [
        {
            "code": "line_shortened",
            "message": "Fillers were left out of a line to fit.",
            "stage": "muxing",
            "line_id": "u0012",
            "language": "es",
        }
    ],
    "error": None,
    "created_at": "2026-01-05T09:30:00Z",
    "finished_at": "2026-01-05T09:34:20Z",
}
PROGRESS: dict[str, Any] = {
    "type": "progress",
    "job_id": DUB_ID,
    "timestamp": "2026-01-05T09:31:10Z",
    "state": "processing",
    "progress": 0.42,
    "stage": "tts",
    "stage_progress": 0.5,
    "message": "Speaking",
    "eta_s": 96.0,
    "languages": [{"language": "es", "state": "processing", "progress": 0.42}],
    "metrics": {
        "pieces": {"tts": {"done": 1, "total": 2}},
        "seconds": {"separation": 4.1, "tts": 12.5},
        "lines_spoken": 9,
        "lines_reused": 0,
    },
    "detected_language": "en",
    "detected_speakers": ["S1", "S2"],
    "error": None,
}
ENGINE: dict[str, Any] = {
    "id": "apertium",
    "name": "Apertium",
    "version": "3.8",
    "available": True,
    "unavailable_reason": "",
    "remedy": "",
    "quality": "draft",
    "languages": [],
    "pairs": [{"source": "en", "target": "fr", "via": ["es"]}],
    "neural": False,
    "cloning": False,
    "device": "cpu",
    "licence": "GPL-3.0-or-later",
    "commercial_use": True,
    "limits": [],
}
PAIR: dict[str, Any] = {
    "source": "en",
    "target": "fr",
    "via": ["es"],
    "source_name": "English",
    "target_name": "French",
}
