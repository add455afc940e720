/** Line icons on a 24 grid. Decoration: what they stand beside says what is meant. */
const PATHS = {
  alert: "M12 8.5v4.5m0 3.2v.1M10.4 4.2 2.9 17.4A1.8 1.8 0 0 0 4.5 20h15a1.8 1.8 0 0 0 1.6-2.6L13.6 4.2a1.8 1.8 0 0 0-3.2 0Z",
  arrow: "M5 12h14m-6-6 6 6-6 6",
  back: "M19 12H5m6-6-6 6 6 6",
  bell: "M6 16V11a6 6 0 1 1 12 0v5l1.5 2h-15L6 16Zm4 4.5h4",
  book: "M5 4.5h10.5a3 3 0 0 1 3 3v12H8a3 3 0 0 1-3-3zM5 16.5a3 3 0 0 1 3-3h10.5M9 8.5h5",
  chart: "M4.5 20h15M7 16.5v-5m5 5v-10m5 10v-7",
  check: "m5 12.5 4.5 4.5L19 7.5",
  chevron: "m7 10 5 5 5-5",
  close: "M6 6l12 12M18 6 6 18",
  download: "M12 4v11m-4.5-4.5L12 15l4.5-4.5M5 19.5h14",
  edit: "M5 19l1-4.5L16.5 4l3.5 3.5L9.5 18zM14 6.5l3.5 3.5",
  film: "M4 5h16v14H4zM8 5v14M16 5v14M4 9.7h4m8 0h4M4 14.3h4m8 0h4",
  globe: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17Zm0 0c2.3 2.2 3.4 5 3.4 8.5s-1.1 6.3-3.4 8.5m0-17C9.7 5.7 8.6 8.5 8.6 12s1.1 6.3 3.4 8.5M3.8 12h16.4",
  here: "M12 4v3m0 10v3m-8-8h3m10 0h3M12 8.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7Z",
  keyboard: "M3.5 6.5h17v11h-17zM7 10h.1m3.2 0h.1m3.2 0h.1m3.2 0h.1M8.5 14h7",
  library: "M4 6.5h16M4 12h16M4 17.5h10",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1m2 3.7a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1",
  merge: "M4 12h6m-2.5-2.5L10 12l-2.5 2.5M20 12h-6m2.5-2.5L14 12l2.5 2.5M12 5v14",
  moon: "M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10Z",
  pause: "M9 6v12m6-12v12",
  play: "M8 5.5v13l11-6.5z",
  plus: "M12 5v14M5 12h14",
  redo: "M15 5.5 19 9.5l-4 4M19 9.5H10a5 5 0 0 0 0 10h3",
  report: "M6 3.5h9l4 4v13H6zM9.5 12h6m-6 4h6m-6-8h2",
  retry: "M19.5 12a7.5 7.5 0 1 1-2.3-5.4M19.5 4v4h-4",
  search: "M11 4.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Zm4.8 11.3L20 20",
  settings: "M4 7h9m4 0h3M4 17h3m4 0h9M15 4.8v4.4M9 14.8v4.4",
  sound: "M4.5 9.5v5h3.5l5 4v-13l-5 4zM16.5 9a4.2 4.2 0 0 1 0 6M18.8 6.5a8 8 0 0 1 0 11",
  split: "M10 12H4m2.5-2.5L4 12l2.5 2.5M14 12h6m-2.5-2.5L20 12l-2.5 2.5M12 5v14",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8Zm0-5v2m0 14v2M3 12h2m14 0h2M5.6 5.6 7 7m10 10 1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4",
  system: "M4 5h16v11H4zM9 20h6m-3-4v4",
  trash: "M5 7h14m-9 4v6m4-6v6M7 7l1 13h8l1-13M9.5 7V4.5h5V7",
  undo: "M9 5.5 5 9.5l4 4M5 9.5h9a5 5 0 0 1 0 10h-3",
  up: "m7 14 5-5 5 5",
  upload: "M12 16V5m-4.5 4.5L12 5l4.5 4.5M5 19.5h14",
  user: "M12 4.5a3.7 3.7 0 1 0 0 7.4 3.7 3.7 0 0 0 0-7.4ZM5 20c.600-3.6 3.5-5.5 7-5.5s6.4 1.9 7 5.5",
  zoomIn: "M11 4.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Zm4.8 11.3L20 20M8.5 11h5M11 8.5v5",
  zoomOut: "M11 4.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Zm4.8 11.3L20 20M8.5 11h5",
  captions: "M4 6h16v12H4zm3.5 7.5h4m2.5 0h3m-9.5-3h2m2.5 0h5",
  copy: "M9 9h10.5v10.5H9zM5.5 15H4.5V4.5H15v1",
  fullscreen: "M4.5 9V4.5H9m6 0h4.5V9m0 6v4.5H15m-6 0H4.5V15",
  muted: "M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zm12 .5 4 4m0-4-4 4",
  pictureInPicture: "M4 5.5h16v13H4zm8.5 6.5h5v4h-5z",
  share: "M14.5 6.5 9 10.5m0 3 5.5 4M7 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5Zm10-6a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5Zm0 12a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5Z",
  speed: "M4.8 17.5a8.5 8.5 0 1 1 14.4 0M12 13.5l4-4",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.75}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
