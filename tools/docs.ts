/**
 * `deno task docs`: writes what the documentation takes from the code: the table of fields in
 * `docs/configuration.md`, and `docs/cluster.schema.json` for editors. Unit tests fail while either
 * is out of date.
 * @module
 */
import { schemaFileText, withReferenceTable } from "../config/reference.ts";

const CONFIGURATION = "docs/configuration.md";
const SCHEMA = "docs/cluster.schema.json";

Deno.writeTextFileSync(CONFIGURATION, withReferenceTable(Deno.readTextFileSync(CONFIGURATION)));
Deno.writeTextFileSync(SCHEMA, schemaFileText());
console.log(`wrote ${CONFIGURATION} and ${SCHEMA}`);
