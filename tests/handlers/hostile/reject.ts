/** Leaves a rejection that nobody handles, and goes on. */
export default {
  name: "reject",
  async run() {
    Promise.reject(new RangeError("nobody catches this"));
    await new Promise((resume) => setTimeout(resume, 5_000));
  },
};
