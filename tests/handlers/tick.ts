/** Tells when it was really called: what start lag is measured with. */
export default {
  name: "tick",
  run: () => ({ calledAtMs: Date.now() }),
};
