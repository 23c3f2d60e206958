/** Opens a socket without permission. */
export default {
  name: "phone",
  run: async (_ctx: unknown, { port }: { port: number }) => {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    return connection.remoteAddr;
  },
};
