/**
 * Bounds: what one GraphQL document may ask for, judged before anything of it is executed.
 *
 * Intuition: a short document can mean much work: aliases ask the same many times, lists multiply what is below
 * them, fragments what is within. So it is counted what an answer could hold at most, with fragments counted where
 * they are spread, each read only once however often it is spread.
 *
 * Invariants: B1. The cost of judging grows with the document, not with what it means. B2. A list counts as many
 * times as its `limit` or `count` says, or the most that is allowed where a variable says it.
 *
 * Not here: depth of introspection, and rings of fragments, which graphql-js refuses by itself.
 * @module
 */
import { LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX } from "../limits.ts";
import { ASKING } from "./asks.ts";
import {
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "./deps.ts";

/** Words of a document; introspection by the usual tools has some 250. */
export const TOKENS_MAX = 2_000;
/** Fields within fields; the deepest that is of use has 7. */
export const DEPTH_MAX = 10;
/** Aliases in a document. */
export const ALIASES_MAX = 30;
/** Fields at an operation's root: each asks. */
export const ROOT_FIELDS_MAX = 20;
/** Operations of a document. */
export const OPERATIONS_MAX = 10;
/** A field that asks costs as much as reading this many that are there. */
export const ASK_COST = 20;
/** The longest page of jobs with half of their fields fits, not with all their logs. */
export const COST_MAX = 20_000;

const LISTS: ReadonlySet<string> = new Set([
  ...["jobs", "schedules", "flows", "alerts", "occurrences", "logs", "next"],
]);

/** What a part of a document could mean at most. */
interface Weight {
  readonly cost: number;
  readonly depth: number;
  /** Fields at its top. */
  readonly fields: number;
  readonly aliases: number;
}

const NOTHING: Weight = { cost: 0, depth: 0, fields: 0, aliases: 0 };

/** Why `document` is not executed; null when it may be. */
export function whyTooMuch(document: DocumentNode): GraphQLError | null {
  const scales = new Scales(document);
  const operations = document.definitions.filter((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION
  ) as OperationDefinitionNode[];
  const weights = operations.map(({ selectionSet }) => scales.weigh(selectionSet));
  const most = (part: keyof Weight) => Math.max(0, ...weights.map((weight) => weight[part]));
  const bounds: readonly [what: string, is: number, max: number][] = [
    ["operations", operations.length, OPERATIONS_MAX],
    ["aliases", most("aliases"), ALIASES_MAX],
    ["fields at the root", most("fields"), ROOT_FIELDS_MAX],
    ["levels of fields", most("depth"), DEPTH_MAX],
    ["the cost", most("cost"), COST_MAX],
  ];
  const over = bounds.find(([, is, max]) => is > max);
  if (over === undefined) return null;
  const [what, is, max] = over;
  return refusal(`the document asks for too much: ${what}: ${Math.min(is, 1e9)}, at most ${max}`);
}

/** A refusal of a document as such. */
export function refusal(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: "too-large" } });
}

/** Weighs parts of one document; each fragment once (B1). */
class Scales {
  readonly #fragments: ReadonlyMap<string, SelectionSetNode>;
  readonly #weighed = new Map<string, Weight>();

  constructor(document: DocumentNode) {
    this.#fragments = new Map(
      document.definitions.flatMap((definition) =>
        definition.kind === Kind.FRAGMENT_DEFINITION
          ? [[definition.name.value, definition.selectionSet] as const]
          : []
      ),
    );
  }

  weigh({ selections }: SelectionSetNode): Weight {
    return selections.reduce((sum, selection) => {
      const one = selection.kind === Kind.FIELD
        ? this.#field(selection)
        : selection.kind === Kind.INLINE_FRAGMENT
        ? this.weigh(selection.selectionSet)
        : this.#fragment(selection.name.value);
      return {
        cost: sum.cost + one.cost,
        depth: Math.max(sum.depth, one.depth),
        fields: sum.fields + one.fields,
        aliases: sum.aliases + one.aliases,
      };
    }, NOTHING);
  }

  #field(field: FieldNode): Weight {
    const name = field.name.value;
    const within = field.selectionSet === undefined ? NOTHING : this.weigh(field.selectionSet);
    const own = ASKING.has(name) && (field.selectionSet !== undefined) ? ASK_COST : 1;
    return {
      cost: own + times(field) * within.cost,
      // Introspection has its own bound.
      depth: name.startsWith("__") ? 1 : within.depth + 1,
      fields: 1,
      aliases: within.aliases + (field.alias === undefined ? 0 : 1),
    };
  }

  /** A fragment within itself weighs nothing: graphql-js refuses it. */
  #fragment(name: string): Weight {
    const known = this.#weighed.get(name);
    if (known !== undefined) return known;
    const fragment = this.#fragments.get(name);
    if (fragment === undefined) return NOTHING;
    this.#weighed.set(name, NOTHING);
    const weight = this.weigh(fragment);
    this.#weighed.set(name, weight);
    return weight;
  }
}

/** How often what is below `field` can be there (B2). */
function times({ name, arguments: given }: FieldNode): number {
  if (!LISTS.has(name.value)) return 1;
  const limit = given?.find((argument) => ["limit", "count"].includes(argument.name.value));
  if (limit === undefined) return LIST_LIMIT_DEFAULT;
  return limit.value.kind === Kind.INT ? Math.max(1, Number(limit.value.value)) : LIST_LIMIT_MAX;
}
