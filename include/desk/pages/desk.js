// Inside Airflow the desk is a sandboxed frame of the same origin: it follows Airflow's theme, and asks the page around it to
// open Airflow's own pages, which the frame itself may not do. Without this script every page works in a tab of its own.
(() => {
  "use strict";
  const own = document.currentScript.src;
  let outer = null;
  try {
    if (window.parent !== window && window.parent.document) outer = window.parent;
  } catch {
    outer = null;
  }

  const theme = () => {
    const classes = (outer ? outer.document.documentElement : document.createElement("i")).classList;
    const kept = localStorage.getItem("theme");
    const chosen = classes.contains("dark") ? "dark" : classes.contains("light") ? "light" : kept;
    if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
    else delete document.documentElement.dataset.theme;
  };
  theme();
  window.addEventListener("storage", theme);
  if (outer) new MutationObserver(theme).observe(outer.document.documentElement, { attributes: true, attributeFilter: ["class"] });

  // "/" goes to the search field from anywhere but a field that takes text.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]")) return;
    const field = document.getElementById("find");
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  });

  document.addEventListener("change", (event) => {
    const name = event.target.dataset.all;
    if (!name) return;
    for (const box of event.target.closest("form").querySelectorAll(`input[type=checkbox][name=${name}]`)) box.checked = event.target.checked;
  });

  // A letter is previewed beside the list without leaving it: what is ticked and written stays.
  document.addEventListener("click", (event) => {
    const chosen = event.target.closest("a[data-preview]");
    const frame = document.querySelector("#preview iframe");
    if (!chosen || !frame || event.button !== 0 || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    const shown = (name) => document.querySelector(`#preview [data-shown=${name}]`);
    for (const other of document.querySelectorAll("a[data-preview][aria-current]")) other.removeAttribute("aria-current");
    chosen.setAttribute("aria-current", "true");
    frame.src = `${chosen.dataset.preview}/mail`;
    shown("letter").href = chosen.dataset.preview;
    shown("letter").textContent = chosen.textContent;
    shown("subject").textContent = chosen.dataset.subject;
    shown("pdf").href = `${chosen.dataset.preview}/files/pdf`;
    if (!window.matchMedia("(min-width: 1180px)").matches) document.getElementById("preview").scrollIntoView();
  });

  document.addEventListener("click", (event) => {
    const copier = event.target.closest("button[data-copy]");
    if (!copier || !navigator.clipboard) return;
    navigator.clipboard.writeText(copier.dataset.copy).then(() => { copier.textContent = copier.dataset.done; });
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-airflow]");
    if (!link || !outer || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    if (link.dataset.dialog) {
      // Within Airflow's page, which is not loaded anew: so dialog.js, put into it here, is still there on the DAG page.
      const presser = outer.document.createElement("script");
      presser.src = new URL("dialog.js", own).href;
      presser.dataset.dialog = link.dataset.dialog;
      presser.dataset.path = new URL(link.href).pathname;
      outer.document.body.append(presser);
      outer.history.pushState(null, "", link.href);
      outer.dispatchEvent(new outer.PopStateEvent("popstate", { state: null }));
      return;
    }
    const opener = outer.document.createElement("a");
    opener.href = link.href;
    if (link.dataset.airflow === "new") {
      opener.target = "_blank";
      opener.rel = "noopener";
    }
    outer.document.body.append(opener);
    opener.click();
    opener.remove();
  });
})();
