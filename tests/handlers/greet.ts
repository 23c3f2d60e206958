/** Answers at once; the text is what reload tests change. */
export default {
  name: "greet",
  run: (_ctx: unknown, payload: { to: string }) => ({ greeting: `Hello, ${payload.to}!` }),
};
