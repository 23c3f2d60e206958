/** Reads a file without permission. */
export default {
  name: "pry",
  run: () => Deno.readTextFile("/etc/passwd"),
};
