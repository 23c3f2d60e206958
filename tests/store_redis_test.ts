import { startRedis } from "../bench/harness/redis.ts";
import { storeContract } from "../runtime/store/contract.ts";
import { RedisStore } from "../runtime/store/redis/driver.ts";

// Without a Redis there is nothing to test; the test command says how to get one.
const redis = await startRedis();
if (redis !== undefined) {
  addEventListener("unload", () => void redis.stop());
  storeContract("redis", async (birth) => {
    await redis.flush();
    const url = `redis://127.0.0.1:${redis.port}`;
    return await RedisStore.open({ url, ...birth, warn: () => {} });
  });
}
