/** Takes memory outside of V8's heap, a little at a time, and gives its thread back in between. */
export default {
  name: "hoard_slowly",
  async run() {
    const hoard: Uint8Array[] = [];
    while (true) {
      hoard.push(new Uint8Array(16 * 1024 * 1024).fill(1));
      await new Promise((resume) => setTimeout(resume, 1));
    }
  },
};
