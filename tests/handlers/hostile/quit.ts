/** Ends the process it runs in. */
export default {
  name: "quit",
  run() {
    Deno.exit(7);
  },
};
