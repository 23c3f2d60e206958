/** Reads the environment without permission. */
export default {
  name: "peek",
  run: () => Deno.env.toObject(),
};
