/** Has a permission, and so a profile and workers of its own. */
export default {
  name: "reader",
  permissions: { env: ["ORRERY_TEST_VISIBLE", "HOME"] },
  run: () => ({ home: Deno.env.get("HOME") ?? null }),
};
