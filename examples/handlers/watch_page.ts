/**
 * Fetches a page and says whether it has changed since the last attempt.
 *
 *     {"name": "watch-page", "payload": {"path": "/"}}
 *
 * It may reach exactly one host. Anything else that it tries is refused by its sandbox.
 */
import { defineJob } from "orrery";

export default defineJob<{ readonly path: string }>({
  name: "watch-page",
  timeout: "15s",
  permissions: { net: ["example.com"] },

  async run(ctx, { path }) {
    const response = await fetch(new URL(path, "https://example.com"), { signal: ctx.signal });
    if (response.status === 429) {
      const seconds = Number(response.headers.get("retry-after") ?? 60);
      throw Object.assign(new Error("asked too often"), { retryAfter: seconds * 1_000 });
    }
    const digest = await crypto.subtle.digest("SHA-256", await response.arrayBuffer());
    const seen = new Uint8Array(digest).toHex();
    const changed = seen !== ctx.lastCheckpoint;
    await ctx.checkpoint(seen);
    return { status: response.status, changed };
  },
});
