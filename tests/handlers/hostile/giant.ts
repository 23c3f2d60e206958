/** Returns a gigabyte of JSON. */
export default {
  name: "giant",
  run() {
    const megabyte = "x".repeat(1024 * 1024);
    return Array.from({ length: 1_024 }, () => megabyte);
  },
};
