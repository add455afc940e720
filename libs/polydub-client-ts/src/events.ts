/** One server-sent event. */
export interface ServerEvent {
  id: string;
  data: string;
}

/**
 * The events of a stream, as https://html.spec.whatwg.org/multipage/server-sent-events.html has
 * them; comments are left out.
 *
 * @param onBytes is called for whatever comes, comments too: the connection stands.
 */
export async function* serverEvents(
  body: ReadableStream<Uint8Array>,
  onBytes: () => void = () => undefined,
): AsyncGenerator<ServerEvent> {
  let event: ServerEvent = { id: "", data: "" };
  for await (const line of lines(body, onBytes)) {
    if (line === "") {
      if (event.data) yield { ...event, data: event.data.slice(0, -1) };
      event = { id: event.id, data: "" };
      continue;
    }
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (field === "data") event.data += `${value}\n`;
    if (field === "id") event.id = value ?? "";
  }
}

async function* lines(
  body: ReadableStream<Uint8Array>,
  onBytes: () => void,
): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      // A line break that is cut in two is put together again with the next bytes.
      const parts = (rest + decoder.decode(value, { stream: true })).split(/\r\n|\n|\r(?!$)/);
      rest = parts.pop() ?? "";
      yield* parts;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
