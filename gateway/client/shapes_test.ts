import assert from "node:assert/strict";
import type { BulkJob, Client } from "../client.ts";
import type { JobHandle } from "./job_handle.ts";
import type { AsJson, PayloadOf, ResultOf } from "./shapes.ts";

/** True when the two types are the same, `any` and `unknown` told apart. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;

interface Invoice {
  readonly customer: string;
  readonly cents: number;
}

interface Handlers {
  readonly "send-invoice": {
    run(ctx: unknown, payload: Invoice): Promise<{ at: Date; total: bigint | undefined }>;
  };
  readonly "module": { readonly default: { run(ctx: unknown, payload: string): number } };
  readonly "clean-up": { run(): void };
}

/** Fails to compile where a type is not what it should be; there is nothing to run. */
function holds(...claims: readonly true[]): void {
  assert.ok(claims.every((claim) => claim));
}

type Submit = Client<Handlers>["submit"];

Deno.test("payloads are typed as the handlers take them", () => {
  holds(
    true satisfies Same<PayloadOf<Handlers["send-invoice"]>, Invoice>,
    true satisfies Same<PayloadOf<Handlers["module"]>, string>,
    true satisfies Same<PayloadOf<Handlers["clean-up"]>, unknown>,
  );
});

Deno.test("results are typed as JSON keeps them", () => {
  holds(
    true satisfies Same<ResultOf<Handlers["send-invoice"]>["at"], string>,
    true satisfies Same<ResultOf<Handlers["module"]>, number>,
    true satisfies Same<ResultOf<Handlers["clean-up"]>, null>,
    true satisfies Same<AsJson<{ a: Date[]; b: undefined }>, { a: string[]; b: null }>,
    true satisfies Same<AsJson<unknown>, unknown>,
  );
});

Deno.test("submit takes the handlers' names and payloads, and no others", () => {
  const submitted = (client: Client<Handlers>) =>
    client.submit("send-invoice", { customer: "c", cents: 1 });
  type Handle = Awaited<ReturnType<typeof submitted>>;
  holds(
    true satisfies Same<Handle, JobHandle<Invoice, ResultOf<Handlers["send-invoice"]>>>,
    true satisfies Same<Parameters<Submit>[0], keyof Handlers>,
    true satisfies "nobody" extends Parameters<Submit>[0] ? false : true,
  );
});

Deno.test("submitMany ties each payload to its name", () => {
  type Right = { readonly name: "module"; readonly payload: string };
  type Wrong = { readonly name: "module"; readonly payload: Invoice };
  type Unknown = { readonly name: "nobody"; readonly payload: string };
  holds(
    true satisfies Right extends BulkJob<Handlers> ? true : false,
    true satisfies Wrong extends BulkJob<Handlers> ? false : true,
    true satisfies Unknown extends BulkJob<Handlers> ? false : true,
  );
});
