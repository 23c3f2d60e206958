// Before the first paint: the theme that was chosen, so that no page flashes in the other one. And what no module
// can do: to notice that one of them has not come, as when the node restarts, or behind a proxy the next version
// answers for some files. The page is loaded again until they have.
(() => {
  const RETRY_MS = 2_000;
  const chosen = localStorage.getItem("orrery.theme");
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
  addEventListener("error", ({ target }) => {
    if (!(target instanceof HTMLScriptElement)) return;
    const text = document.createElement("p");
    text.className = "lone";
    text.textContent = "The dashboard did not load completely. Trying again…";
    document.getElementById("app")?.replaceChildren(text);
    setTimeout(() => location.reload(), RETRY_MS);
  }, true);
})();
