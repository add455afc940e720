import { useCallback, useEffect, useState } from "react";

/** Phones that show nothing but videos on the whole screen. */
interface OnlyVideos {
  webkitEnterFullscreen?: () => void;
}

/**
 * Whether the player fills the screen, and what changes that. The whole page does, and the player
 * lies above it: menus open beside it and would not be seen if it were alone.
 */
export function useFullscreen(video: HTMLVideoElement): [boolean, () => void] {
  const [isFull, setIsFull] = useState(false);
  useEffect(() => {
    const look = () => setIsFull(document.fullscreenElement !== null);
    document.addEventListener("fullscreenchange", look);
    return () => document.removeEventListener("fullscreenchange", look);
  }, []);
  const toggle = useCallback(() => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else if (document.fullscreenEnabled) void document.documentElement.requestFullscreen();
    else (video as OnlyVideos).webkitEnterFullscreen?.();
  }, [video]);
  return [isFull, toggle];
}
