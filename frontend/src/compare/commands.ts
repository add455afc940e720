import { useEffect, useRef } from "react";
import { latinKey } from "../app/latinKey";
import { commandOf, nextSpeed, type Command } from "./keys";
import type { Line } from "./lines";
import type { Playback } from "./playback";

interface Elsewhere {
  toggleFull: () => void;
  nextSubtitles: () => void;
  toggleHelp: () => void;
}

/** Does what keys say, wherever the focus is, unless something else needs the key. */
export function useCommands(
  playback: Playback,
  lines: readonly Line[],
  current: number,
  elsewhere: Elsewhere,
): void {
  const latest = useRef({ lines, current, elsewhere });
  useEffect(() => {
    latest.current = { lines, current, elsewhere };
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const command = commandOfEvent(event);
      if (!command) return;
      event.preventDefault();
      obey(command, playback, latest.current);
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [playback]);
}

function commandOfEvent(event: KeyboardEvent): Command | null {
  const { target } = event;
  if (event.defaultPrevented || !(target instanceof HTMLElement)) return null;
  // Dialogs and menus lie above the player, and keys in them are theirs.
  if (target.closest('[role="dialog"], [role="alertdialog"], [role="menu"]')) return null;
  return commandOf({
    key: latinKey(event),
    hasModifier: event.ctrlKey || event.metaKey || event.altKey,
    on: kindOf(target),
    type: target instanceof HTMLInputElement ? target.type : undefined,
  });
}

function kindOf(target: HTMLElement): string {
  if (target.isContentEditable) return "EDITABLE";
  return target.role === "slider" ? "SLIDER" : target.tagName;
}

interface Situation {
  lines: readonly Line[];
  current: number;
  elsewhere: Elsewhere;
}

function obey(command: Command, playback: Playback, { lines, current, elsewhere }: Situation): void {
  const shown = playback.shown();
  switch (command.do) {
    case "toggle":
      return playback.toggle();
    case "move":
      return playback.moveTo(shown.timeS + command.byS);
    case "jump":
      return playback.moveTo(shown.durationS * command.share);
    case "line": {
      const line = lines[Math.max(0, current + command.by)];
      return line && playback.moveToLine(line);
    }
    case "volume":
      return playback.setVolume(shown.volume + command.by);
    case "mute":
      return playback.setVolume(shown.volume, !shown.isMuted);
    case "speed":
      return playback.setSpeed(nextSpeed(shown.speed, command.by));
    case "swap":
      return playback.listenTo(shown.ear === "dub" ? "original" : "dub");
    case "picture":
      return togglePicture(playback.video);
    case "fullscreen":
      return elsewhere.toggleFull();
    case "subtitles":
      return elsewhere.nextSubtitles();
    case "help":
      return elsewhere.toggleHelp();
  }
}

/** The picture in a small window above all others, where the browser can. */
export function togglePicture(video: HTMLVideoElement): void {
  if (document.pictureInPictureElement === video) void document.exitPictureInPicture();
  else if (document.pictureInPictureEnabled) {
    void video.requestPictureInPicture().catch(() => undefined);
  }
}
