/** Starts a program without permission. */
export default {
  name: "spawn",
  run: async () => (await new Deno.Command("id").output()).code,
};
