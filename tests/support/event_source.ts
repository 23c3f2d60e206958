/**
 * EventSource: reads server-sent events as a program does that comes back with Last-Event-ID.
 * @module
 */

/** One event. */
export interface ServerEvent {
  readonly event: string;
  readonly id: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * Reads events from `url` until `enough` of those read, or the stream's end, or `withinMs`.
 * Returns what was read; the connection is closed.
 */
export async function readEvents(
  url: string,
  { lastEventId, enough, withinMs = 10_000 }: {
    readonly lastEventId?: string;
    readonly enough: (events: readonly ServerEvent[]) => boolean;
    readonly withinMs?: number;
  },
): Promise<ServerEvent[]> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), withinMs);
  const events: ServerEvent[] = [];
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  try {
    const headers: Record<string, string> = lastEventId === undefined
      ? {}
      : { "last-event-id": lastEventId };
    const response = await fetch(url, { headers, signal: abort.signal });
    const type = response.headers.get("content-type");
    if (response.status !== 200 || type !== "text/event-stream" || response.body === null) {
      throw new Error(`no event stream: ${response.status} ${await response.text()}`);
    }
    reader = response.body.getReader();
    const decoder = new TextDecoder();
    let rest = "";
    while (!enough(events)) {
      const { done, value } = await reader.read();
      if (done) break;
      const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
      rest = blocks.pop() ?? "";
      events.push(...blocks.flatMap(parse));
    }
  } catch (error) {
    if (!abort.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    // The connection may break while it is given up: nobody wants to know.
    await reader?.cancel().catch(() => {});
    abort.abort();
  }
  return events;
}

function parse(block: string): ServerEvent[] {
  const fields = new Map(
    block.split("\n").map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trimStart()];
    }),
  );
  const data = fields.get("data");
  if (data === undefined) return [];
  return [{
    event: fields.get("event") ?? "message",
    id: fields.get("id") ?? null,
    data: JSON.parse(data),
  }];
}
