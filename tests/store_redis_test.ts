import { storeContract } from "../runtime/store/contract.ts";
import { RedisStore } from "../runtime/store/redis/driver.ts";
import { startRedis } from "../bench/harness/redis.ts";

const redis = await startRedis();
if (redis === undefined) {
  console.log("no redis-server on this machine: apt-get install redis-server");
} else {
  addEventListener("unload", () => void redis.stop());
  storeContract("redis", async (birth) => {
    await redis.flush();
    return await RedisStore.open({
      url: `redis://127.0.0.1:${redis.port}`,
      ...birth,
      warn: () => {},
    });
  });
}
