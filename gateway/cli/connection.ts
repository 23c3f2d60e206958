/**
 * Connection: how a command reaches the node that it asks.
 * @module
 */
import { type Client, createClient } from "../client.ts";
import type { AnyHandlers } from "../client.ts";
import type { Asking } from "./command.ts";
import { chosenKey } from "./credentials.ts";
import type { World } from "./world.ts";

/** Where a node is asked when nobody says. */
export const URL_DEFAULT = "http://127.0.0.1:8080";

/** The header with the key, if there is one. Throws when a key is named that is none. */
export function keyHeader(
  asking: Asking,
  world: Pick<World, "env" | "readText">,
): Readonly<Record<string, string>> {
  const key = keyOf(asking, world);
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
}

/** A client for what is more than one request. Throws when a key is named that is none. */
export function connect(asking: Asking, world: World): Client<AnyHandlers> {
  const key = keyOf(asking, world);
  return createClient({
    ...{ url: asking.url, fetch: world.fetch, wait: world.wait },
    ...(key !== undefined && { key }),
  });
}

function keyOf(
  { credentials }: Asking,
  { env, readText }: Pick<World, "env" | "readText">,
): string | undefined {
  const [ORRERY_KEY, ORRERY_KEY_FILE] = [env("ORRERY_KEY"), env("ORRERY_KEY_FILE")];
  return chosenKey(credentials, { ORRERY_KEY, ORRERY_KEY_FILE }, readText);
}
