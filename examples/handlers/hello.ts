/** The smallest handler there is: `{"name": "hello", "payload": {"to": "world"}}`. */
export default {
  name: "hello",
  run(_ctx: unknown, payload: { to?: string } | null) {
    return { greeting: `Hello, ${payload?.to ?? "world"}!` };
  },
};
