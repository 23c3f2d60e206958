/** Never gives its thread back. */
export default {
  name: "spin",
  timeout: "1s",
  run() {
    while (true);
  },
};
