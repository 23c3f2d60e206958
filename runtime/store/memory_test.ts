import { MemoryStore } from "./memory.ts";
import { storeContract } from "./contract.ts";

storeContract("memory", (birth) => {
  return Promise.resolve(new MemoryStore({ wallMs: () => 1_800_000_000_000 }, birth));
});
