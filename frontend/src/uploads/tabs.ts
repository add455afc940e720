/** What tabs tell each other of uploads: which of them sends one can't be read from what is kept. */
type Told = { asked: string } | { held: string } | { left: string };

interface Listener {
  isHeld: (id: string) => boolean;
  onHeld: (id: string) => void;
  onLeft: (id: string) => void;
}

export class Tabs {
  readonly #channel = new BroadcastChannel("polydub.uploads");

  constructor({ isHeld, onHeld, onLeft }: Listener) {
    this.#channel.onmessage = ({ data }: MessageEvent<Told>) => {
      if ("asked" in data && isHeld(data.asked)) this.hold(data.asked);
      if ("held" in data) onHeld(data.held);
      if ("left" in data) onLeft(data.left);
    };
  }

  /** Who holds an upload answers. */
  ask(id: string): void {
    this.#tell({ asked: id });
  }

  hold(id: string): void {
    this.#tell({ held: id });
  }

  leave(id: string): void {
    this.#tell({ left: id });
  }

  #tell(told: Told): void {
    this.#channel.postMessage(told);
  }
}
