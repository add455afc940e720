/** Where the playing is, in milliseconds, and how to get elsewhere. */
export class PlayClock {
  readonly #listeners = new Set<() => void>();
  #media: HTMLMediaElement | null = null;
  #stopAtMs = Infinity;
  #frame = 0;
  #left = { atS: 0, isPlaying: false };

  /** For React's `ref`: the element that plays. It goes on where the one before was left. */
  readonly attach = (media: HTMLMediaElement | null): (() => void) => {
    this.#media = media;
    if (media && this.#left.atS > 0) media.currentTime = this.#left.atS;
    if (media && this.#left.isPlaying) this.#play();
    const tell = () => this.#tell();
    const events = ["seeked", "pause", "loadedmetadata", "timeupdate"] as const;
    const start = () => this.#follow();
    media?.addEventListener("play", start);
    for (const event of events) media?.addEventListener(event, tell);
    return () => {
      media?.removeEventListener("play", start);
      for (const event of events) media?.removeEventListener(event, tell);
      cancelAnimationFrame(this.#frame);
      this.#left = { atS: media?.currentTime ?? 0, isPlaying: this.isPlaying() };
      if (this.#media === media) this.#media = null;
    };
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly nowMs = (): number => Math.round((this.#media?.currentTime ?? 0) * 1000);

  readonly isPlaying = (): boolean => this.#media !== null && !this.#media.paused;

  seek(ms: number): void {
    this.#stopAtMs = Infinity;
    if (this.#media) this.#media.currentTime = Math.max(0, ms) / 1000;
    this.#tell();
  }

  /** Plays a span and stops at its end; asked for while it plays, stops. */
  playSpan(fromMs: number, toMs: number): void {
    if (this.isPlaying()) {
      this.pause();
      return;
    }
    this.seek(fromMs);
    this.#stopAtMs = toMs;
    this.#play();
  }

  toggle(): void {
    this.#stopAtMs = Infinity;
    if (this.isPlaying()) this.pause();
    else this.#play();
  }

  pause(): void {
    this.#media?.pause();
  }

  #play(): void {
    // Refused where the browser lets nothing sound yet, or another place is sought meanwhile.
    this.#media?.play().catch(() => this.#tell());
  }

  #follow(): void {
    cancelAnimationFrame(this.#frame);
    const step = () => {
      if (this.nowMs() >= this.#stopAtMs) {
        this.#stopAtMs = Infinity;
        this.pause();
      }
      this.#tell();
      if (this.isPlaying()) this.#frame = requestAnimationFrame(step);
    };
    step();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
