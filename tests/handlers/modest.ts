/** Always fails, and wants to be tried twice in all. */
export default {
  name: "modest",
  retry: { attempts: 2, base: 20, jitter: 0 },
  run() {
    throw new Error("not today");
  },
};
