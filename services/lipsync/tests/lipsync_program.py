"""A lip sync program for the tests: ``lipsync_program.py MODE VIDEO AUDIO OUTPUT``."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path


def main() -> int:
    mode, video, audio, output = sys.argv[1:5]
    Path("pid").write_text(str(os.getpid()))
    if mode == "fail":
        print("Traceback: secrets\n/home/me/model.pt: no GPU", file=sys.stderr)
        return 3
    if mode == "hang":
        time.sleep(60)
    for percent in (10, 50, 100):
        print(f"syncing: {percent}% done", end="\r", flush=True)
    assert Path(audio).stat().st_size > 0
    leaked = [name for name in os.environ if name.startswith("POLYDUB_")]
    assert not leaked, leaked
    if mode != "nothing":
        shutil.copyfile(os.environ.get("LIPSYNC_RESULT", video), output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
