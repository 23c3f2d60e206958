/**
 * Dom: makes elements, and the few widgets that every page has. User text only ever becomes text nodes.
 * @module
 */

/**
 * What an element may hold; lists may nest, null and false are left out.
 * @typedef {Node | string | number | null | undefined | false | any[]} Child
 */

/**
 * Attributes; `on…` are listeners, null and false are left out.
 * @typedef {Record<string, any>} Attributes
 */

/**
 * A column: its heading, and classes of its cells: "num", "mono", "wrap", and, where it is narrow, "lead" and "bare"
 * (without the heading), "full" (a line of its own), "minor" (left out).
 * @typedef {{label: string, kind?: string}} Column
 */

/**
 * A row; one with `href` can be opened.
 * @typedef {{cells: Child[], href?: string | null, key?: string}} Row
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element.
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {any} typed by its use: a tag's name says more to people than to checkers
 */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/**
 * The same within an SVG.
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {any}
 */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...flat(children));
  return node;
}

function flat(children) {
  return children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false)
    .map((one) => one instanceof Node ? one : String(one));
}

/**
 * The first element of the document that is meant; null when there is none.
 * @param {string} selector
 * @returns {any}
 */
export function find(selector) {
  return document.querySelector(selector);
}

/**
 * Replaces what `node` holds.
 * @param {Element} node
 * @param {...Child} children
 */
export function show(node, ...children) {
  node.replaceChildren(...flat(children));
  return node;
}

/**
 * A button; `kind` is "", "primary" or "danger"; `needs`: it is only there for keys with that scope.
 * @param {string} label
 * @param {() => unknown} onclick
 * @param {{kind?: string, needs?: "write" | "admin" | "cluster"} & Attributes} [options]
 */
export function button(label, onclick, { kind = "", needs, ...more } = {}) {
  const attributes = { type: "button", class: `button ${kind}`, onclick, "data-needs": needs };
  return el("button", { ...attributes, ...more }, label);
}

/**
 * A link to a page of the dashboard.
 * @param {string} path
 * @param {Child} label
 * @param {Attributes} [attributes]
 */
export function link(path, label, attributes = {}) {
  return el("a", { href: `#${path}`, ...attributes }, label);
}

/**
 * A labelled form control.
 * @param {string} label
 * @param {Element} control
 */
export function field(label, control) {
  return el("label", { class: "field" }, el("span", {}, label), control);
}

/**
 * A select of `[value, label]` pairs.
 * @param {string[][]} options
 * @param {string} value
 * @param {Attributes} [attributes]
 */
export function select(options, value, attributes = {}) {
  const node = el(
    "select",
    attributes,
    options.map(([key, label]) => el("option", { value: key }, label)),
  );
  node.value = value;
  return node;
}

/**
 * Shows what was read again: the focus stays on what stands in the same place.
 * @param {HTMLElement} node
 * @param {...Child} children
 */
export function refresh(node, ...children) {
  /** @returns {any[]} */
  const places = () => [...node.querySelectorAll("a[href], button, [tabindex]")];
  const before = places();
  const at = before.findIndex((one) => one === document.activeElement);
  show(node, ...children);
  const after = places();
  if (at !== -1 && after.length === before.length) after[at].focus({ preventScroll: true });
}

/**
 * Does what was asked for, says how it went, and reads again.
 * @param {() => Promise<unknown>} work
 * @param {string | ((answer: any) => string)} said
 * @param {() => unknown} load
 */
export async function act(work, said, load) {
  try {
    const answer = await work();
    toast(typeof said === "string" ? said : said(answer));
  } catch (error) {
    toast(error.message, "bad");
  }
  await load();
}

/**
 * The way back to the list, before a page's heading.
 * @param {string} path
 * @param {string} label
 * @param {...Child} more
 */
export function crumb(path, label, ...more) {
  return el(
    "nav",
    { class: "crumb row", "aria-label": "Where this is" },
    link(path, label),
    "/",
    more,
  );
}

/**
 * A card with a heading; `aside` stands at its right.
 * @param {string} title
 * @param {{aside?: Child, wide?: boolean}} [options]
 * @param {...Child} children
 */
export function card(title, { aside = null, wide = false } = {}, ...children) {
  const head = el("header", { class: "card-head" }, el("h2", {}, title), aside);
  return el("section", { class: wide ? "card wide" : "card" }, head, ...children);
}

/**
 * A table.
 * @param {string} caption
 * @param {Column[]} columns
 * @param {Row[]} rows
 */
export function table(caption, columns, rows) {
  const head = columns.map(({ label, kind = "" }) =>
    el("th", { scope: "col", class: kind }, label)
  );
  const body = rows.map(({ cells, href, key }) =>
    el(
      "tr",
      { "data-href": href, "data-key": key },
      cells.map((cell, at) =>
        el("td", { class: columns[at].kind ?? "", "data-label": columns[at].label }, whole(cell))
      ),
    )
  );
  return el(
    "div",
    { class: "table-wrap", tabindex: "0", role: "region", "aria-label": caption },
    el(
      "table",
      {},
      el("caption", { class: "unseen" }, caption),
      el("thead", {}, el("tr", {}, head)),
      el("tbody", {}, body),
    ),
  );
}

/** What a cell holds as one thing, which stands beside the column's name where it is narrow. */
function whole(cell) {
  return Array.isArray(cell) ? el("div", {}, cell) : cell;
}

/**
 * The foot of a list that is only paged forwards.
 * @param {import("../app.js").Page} page
 * @param {string} told
 * @param {string | null} cursor
 */
export function pagerOf({ query, filter }, told, cursor) {
  const first = () => filter({ ...query, cursor: "" });
  const next = () => filter({ ...query, cursor });
  return [
    el("span", {}, told),
    el(
      "div",
      { class: "row" },
      button("First", first, { disabled: query.cursor === undefined, "data-page": "p" }),
      button("Next", next, { disabled: cursor === null, "data-page": "n" }),
    ),
  ];
}

/**
 * Names and values. Null values are left out.
 * @param {[name: string, value: Child][]} pairs
 */
export function facts(pairs) {
  return el(
    "dl",
    { class: "facts" },
    pairs.filter(([, value]) => value !== null && value !== undefined && value !== "").map(
      ([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)),
    ),
  );
}

/**
 * What is shown where there is nothing to show.
 * @param {string} title
 * @param {...Child} hint
 */
export function empty(title, ...hint) {
  return el(
    "div",
    { class: "empty" },
    el("p", { class: "empty-title" }, title),
    el("p", {}, ...hint),
  );
}

/**
 * A refusal or a failure, with a way to try again; without a key, to sign in.
 * @param {{title?: string, message: string, status?: number}} error
 * @param {() => unknown} [again]
 */
export function failure(error, again) {
  return el(
    "div",
    { class: "failure", role: "alert" },
    el("p", { class: "empty-title" }, error.title ?? "Something went wrong"),
    el("p", {}, error.message),
    error.status === 401
      ? button("Sign in", () => location.reload(), { kind: "primary" })
      : again
      ? button("Try again", again)
      : null,
  );
}

/**
 * Grey bars where something will be.
 * @param {number} [lines]
 */
export function loading(lines = 6) {
  return el(
    "div",
    { class: "loading", "aria-busy": "true" },
    el("span", { class: "unseen" }, "Loading"),
    Array.from({ length: lines }, () => el("div", { class: "bone" })),
  );
}

/**
 * A state as a dot and a word; `kind` is the class of its colour.
 * @param {string} state
 * @param {string} [kind]
 */
export function badge(state, kind = state) {
  return el("span", { class: `badge ${kind}` }, el("i", { "aria-hidden": "true" }), state);
}

/** @type {any} */
let toasts = null;

/**
 * Says something for some seconds. `kind` is "good" or "bad".
 * @param {string} text
 * @param {string} [kind]
 */
export function toast(text, kind = "good") {
  if (toasts === null) {
    toasts = el("div", { class: "toasts", role: "status", "aria-live": "polite" });
    document.body.append(toasts);
  }
  const one = el("div", { class: `toast ${kind}` }, text);
  toasts.append(one);
  setTimeout(() => one.remove(), kind === "bad" ? 8_000 : 4_000);
}

/**
 * A dialog with a form. Resolves with the form's values when it is confirmed, with null when it is
 * left. The confirming button has the focus only where nothing can be lost.
 * @param {string} title
 * @param {{text?: string, fields?: ({label: string} & Attributes)[], confirm?: string, kind?: string}} [options]
 * @returns {Promise<any>}
 */
export function ask(title, { text = "", fields = [], confirm = "OK", kind = "primary" } = {}) {
  const { promise, resolve } = Promise.withResolvers();
  const dialog = el("dialog", { class: "dialog", "aria-labelledby": "dialog-title" });
  const leave = (value) => {
    dialog.close();
    dialog.remove();
    resolve(value);
  };
  const cancel = button("Cancel", () => leave(null), { autofocus: kind === "danger" });
  const form = el(
    "form",
    {
      onsubmit: (event) => {
        event.preventDefault();
        leave(Object.fromEntries(new FormData(form)));
      },
    },
    el("h2", { id: "dialog-title" }, title),
    text === "" ? null : el("p", {}, text),
    fields.map(({ label, ...attributes }) => field(label, el("input", attributes))),
    el(
      "div",
      { class: "row end" },
      cancel,
      el("button", { type: "submit", class: `button ${kind}` }, confirm),
    ),
  );
  dialog.append(form);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    leave(null);
  });
  document.body.append(dialog);
  dialog.showModal();
  return promise;
}

/**
 * JSON as indented text; long ones are cut until somebody wants them whole.
 * @param {unknown} value
 * @param {string} [label]
 */
export function code(value, label = "JSON") {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2) ?? "";
  const pre = el("pre", { tabindex: "0", role: "region", "aria-label": label });
  const SHOWN = 20_000;
  pre.textContent = text.slice(0, SHOWN);
  if (text.length <= SHOWN) return pre;
  const whole = button(`Show all ${text.length.toLocaleString("en")} characters`, () => {
    pre.textContent = text;
    whole.remove();
  });
  return el("div", {}, pre, whole);
}

/**
 * Text in the width-saving face, with a button that copies it.
 * @param {string} text
 */
export function copyable(text) {
  const copy = el("button", {
    type: "button",
    class: "copy",
    "aria-label": `Copy ${text}`,
    onclick: async () => {
      await navigator.clipboard.writeText(text).then(
        () => toast("Copied"),
        () => toast("The browser does not allow copying here", "bad"),
      );
    },
  }, "Copy");
  return el("span", { class: "mono" }, text, " ", copy);
}
