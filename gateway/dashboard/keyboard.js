/**
 * Keyboard: shortcuts of one or two keys. They can be switched off, and never act while somebody types.
 * @module
 */
import { el, find } from "./parts/dom.js";

const OFF = "orrery.shortcuts-off";
const GO = {
  o: "/",
  j: "/jobs",
  s: "/schedules",
  q: "/queues",
  f: "/flows",
  c: "/cluster",
  a: "/alerts",
};
const HELP = [
  ["g o", "Overview"],
  ["g j", "Jobs"],
  ["g s", "Schedules"],
  ["g q", "Queues"],
  ["g f", "Flows"],
  ["g c", "Cluster"],
  ["g a", "Alerts"],
  ["/", "Search"],
  ["j k", "Next, previous row"],
  ["Enter", "Open the row"],
  ["n p", "Next, previous page"],
  ["t", "Theme"],
  ["?", "This help"],
];

/**
 * Listens; `toggleTheme` is what `t` does.
 * @param {{toggleTheme: () => void}} commands
 */
export function listenToKeys({ toggleTheme }) {
  let before = "";
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (document.querySelector("dialog[open]") || localStorage.getItem(OFF) === "1") return;
    const { key } = event;
    if (before === "g" && GO[key] !== undefined) location.hash = GO[key];
    else if (key === "/") focusSearch(event);
    else if (key === "?") showHelp();
    else if (key === "t") toggleTheme();
    else if (key === "j" || key === "k") moveRow(key === "j" ? 1 : -1);
    else if (key === "n" || key === "p") find(`[data-page="${key}"]`)?.click();
    else if (key === "Enter" && event.target === document.body) openRow();
    before = key;
  });
}

/** The help, with the switch. */
export function showHelp() {
  const off = el("input", {
    type: "checkbox",
    onchange: () => localStorage.setItem(OFF, off.checked ? "0" : "1"),
  });
  off.checked = localStorage.getItem(OFF) !== "1";
  const dialog = el(
    "dialog",
    { class: "dialog", "aria-labelledby": "help-title", onclose: () => dialog.remove() },
    el("h2", { id: "help-title" }, "Keyboard"),
    el(
      "dl",
      {},
      HELP.map(([keys, what]) => [
        el("dt", {}, keys.split(" ").map((key) => [el("kbd", {}, key), " "])),
        el("dd", {}, what),
      ]),
    ),
    el("p", {}, el("label", {}, off, " Shortcuts are on")),
    el(
      "form",
      { method: "dialog", class: "row end" },
      el("button", { class: "button primary" }, "Close"),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
}

function typing(target) {
  return target instanceof Element && target.closest("input, select, textarea") !== null;
}

function focusSearch(event) {
  const search = find("[data-search]");
  if (search === null) return;
  event.preventDefault();
  search.focus();
  search.select();
}

function moveRow(step) {
  const rows = [...document.querySelectorAll("tbody tr[data-href]")];
  const at = rows.findIndex((row) => row.classList.contains("at"));
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
  if (next === undefined) return;
  rows[at]?.classList.remove("at");
  next.classList.add("at");
  next.scrollIntoView({ block: "nearest" });
}

function openRow() {
  const row = find("tbody tr.at");
  if (row !== null) location.hash = row.dataset.href;
}
