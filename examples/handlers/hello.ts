/**
 * The smallest handler there is: a plain object with a name and a function.
 *
 *     {"name": "hello", "payload": {"to": "world"}}
 *
 * It declares no permissions, so it can touch nothing: no files, no network, no environment.
 */
export default {
  name: "hello",
  run(_ctx: unknown, payload: { readonly to?: string } | null) {
    return { greeting: `Hello, ${payload?.to ?? "world"}!` };
  },
};
