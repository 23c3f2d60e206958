import assert from "node:assert/strict";
import { parseInstant } from "./instant.ts";

Deno.test("parseInstant() reads dates with a zone", () => {
  const cases: [string, string][] = [
    ["2027-01-01T00:00:00Z", "2027-01-01T00:00:00.000Z"],
    ["2027-01-01T00:00Z", "2027-01-01T00:00:00.000Z"],
    ["2027-01-01T02:00:00.5+02:00", "2027-01-01T00:00:00.500Z"],
    ["2026-12-31T19:00:00-05:00", "2027-01-01T00:00:00.000Z"],
    ["2028-02-29T12:00:00Z", "2028-02-29T12:00:00.000Z"],
    ["1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"],
    ["2199-12-31T23:59:59.999Z", "2199-12-31T23:59:59.999Z"],
  ];
  for (const [text, iso] of cases) assert.equal(parseInstant(text), Date.parse(iso), text);
});

Deno.test("parseInstant() rounds fractions of a millisecond up", () => {
  assert.equal(
    parseInstant("2027-01-01T00:00:00.0000001Z"),
    Date.parse("2027-01-01T00:00:00.001Z"),
  );
  assert.equal(parseInstant("2027-01-01T00:00:00.999999999Z"), Date.parse("2027-01-01T00:00:01Z"));
});

Deno.test("parseInstant() refuses dates that do not exist, lack a zone or lie too far", () => {
  const cases = [
    ...["2027-02-30T00:00:00Z", "2027-02-29T00:00:00Z", "2027-13-01T00:00:00Z"],
    ...["2027-00-01T00:00:00Z", "2027-01-00T00:00:00Z", "2027-01-01T24:00:00Z"],
    ...["2027-01-01T23:60:00Z", "2027-06-30T23:59:60Z", "2027-01-01T00:00:00"],
    ...["2027-01-01", "2027-01-01 00:00:00Z", "2027-1-1T00:00:00Z", "2027-01-01T00:00:00+25:00"],
    ...["2027-01-01T00:00:00+01:60", "2027-01-01T00:00:00+0100", "1969-12-31T23:59:59Z"],
    ...["2200-01-01T00:00:00Z", "9999-01-01T00:00:00Z", "+012027-01-01T00:00:00Z", "", "now"],
    ...["1970-01-01T00:00:00+00:01", "0000-01-01T00:00:00Z", "2027-01-01T00:00:00Z\n"],
  ];
  for (const text of cases) assert.equal(parseInstant(text), undefined, text);
});
