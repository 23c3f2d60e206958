/** Takes memory until its process dies. */
export default {
  name: "hoard",
  run() {
    const hoard: unknown[] = [];
    while (true) hoard.push(Array.from({ length: 1_000 }, (_, at) => ({ at })));
  },
};
