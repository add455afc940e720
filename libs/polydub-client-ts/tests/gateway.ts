import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** A gateway on loopback that answers one request after the other as a test says. */
export class PlayedGateway {
  readonly seen: { method: string; url: string; headers: IncomingMessage["headers"]; body: string }[] =
    [];
  readonly #answers: Answer[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(): Promise<PlayedGateway> {
    const server = createServer();
    const played = new PlayedGateway(server);
    server.on("request", (request, response) => void played.#handle(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return played;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What comes next. */
  next(answer: Answer): this {
    this.#answers.push(answer);
    return this;
  }

  json(status: number, body: unknown, headers: Record<string, string> = {}): this {
    return this.next((_, response) => {
      response.writeHead(status, { "Content-Type": "application/json", ...headers });
      response.end(JSON.stringify(body));
    });
  }

  /** A stream of events that breaks off behind them. */
  events(...events: { id: number; data: unknown }[]): this {
    return this.next((_, response) => {
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      for (const { id, data } of events) {
        response.write(`id: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
      }
      response.end();
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const { method = "", url = "", headers } = request;
    this.seen.push({ method, url, headers, body });
    const answer = this.#answers.shift();
    if (answer) answer(request, response, body);
    else response.writeHead(500).end("The test says no answer to this.");
  }
}
