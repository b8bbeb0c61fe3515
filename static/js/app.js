// Progressive enhancement only: every page works without this file.
(() => {
  const root = document.documentElement;
  const body = document.body;
  const typing = (element) => element.matches("input, textarea, select, [contenteditable]");

  // The search that can be reached: in the bar, or on a narrow board behind a button.
  const findSearch = () => [...document.querySelectorAll("[type=search]")].find((input) => input.offsetParent)
    ?? [...document.querySelectorAll("details:not([open]) [type=search]")].find((input) => input.closest("details").offsetParent);

  // The list of keys names the one for the search only where there is one.
  function openDialog(id) {
    for (const line of document.querySelectorAll("#keys [data-search]")) line.hidden = !findSearch();
    document.getElementById(id)?.showModal();
  }

  // Dialogs open from [data-dialog]; menus close on Escape and on a click elsewhere.
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) openDialog(opener.dataset.dialog);
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    const copy = event.target.closest("[data-copy]");
    if (copy && navigator.clipboard) {
      const text = document.getElementById(copy.dataset.copy)?.textContent.trim() ?? "";
      navigator.clipboard.writeText(text).then(() => toast("Copied"));
    }
    event.target.closest("[data-dismiss]")?.closest(".toast, .note")?.remove();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = event.target.closest?.("details.menu[open]");
      if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
    }
    if (body.dataset.shortcuts === "off" || typing(event.target)) return;
    if (event.metaKey || event.ctrlKey || event.altKey || document.querySelector("dialog[open]")) return;
    const rows = [...document.querySelectorAll("[data-row] a[data-main]")].filter((row) => row.offsetParent);
    const at = rows.indexOf(document.activeElement);
    if (event.key === "/") {
      const search = findSearch();
      if (search) { event.preventDefault(); search.closest("details")?.setAttribute("open", ""); search.focus(); }
    }
    if (event.key === "j" && rows.length) rows[Math.min(at + 1, rows.length - 1)].focus();
    if (event.key === "k" && rows.length) rows[Math.max(at - 1, 0)].focus();
    if (event.key === "?") openDialog("keys");
  });

  // A pressed button says that it works once the answer takes longer than a blink.
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || event.target.method === "dialog") return;
    const timer = setTimeout(() => button.setAttribute("aria-busy", "true"), 300);
    addEventListener("pageshow", () => { clearTimeout(timer); button.removeAttribute("aria-busy"); }, { once: true });
    body.addEventListener("htmx:afterRequest", () => { clearTimeout(timer); button.removeAttribute("aria-busy"); }, { once: true });
  });

  function toast(words) {
    const region = document.getElementById("toasts");
    if (!region) return;
    const box = document.createElement("div");
    box.className = "toast";
    box.textContent = words;
    region.append(box);
    setTimeout(() => box.remove(), 6000);
  }

  function note(title, words) {
    const region = document.getElementById("notes");
    if (!region) return;
    const box = document.createElement("div");
    const text = document.createElement("div");
    box.className = "note bad";
    for (const [part, strong] of [[title, true], [words, false]]) {
      const line = document.createElement("p");
      line.className = strong ? "strong" : "mut";
      line.textContent = part;
      text.append(line);
    }
    box.append(text);
    region.replaceChildren(box);
    box.scrollIntoView({ block: "nearest" });
  }

  // htmx: a toast by the HX-Trigger header, words for what failed, focus on the first error.
  body.addEventListener("toast", (event) => toast(event.detail.value ?? String(event.detail)));
  body.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status === 403) note("You may not do this.", "Nothing was changed. Ask a tenant admin for the role it needs.");
    else if (status === 404) note("This is no longer here.", "It may have been archived. Load the page again.");
    else note("The server could not answer.", "Nothing was saved. What you typed is still here: try again.");
  });
  body.addEventListener("htmx:sendError", () => note("No connection.", "Nothing was sent. What you typed is still here: try again when you are online."));
  body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.xhr?.status === 422) event.detail.target.querySelector("[aria-invalid=true]")?.focus();
  });

  // The board asks for news on this event; a filter in hx-trigger would need eval.
  setInterval(() => {
    if (document.visibilityState === "visible") body.dispatchEvent(new CustomEvent("tick", { bubbles: true }));
  }, 60000);

  // What was typed and kept (drafts.js) goes once the server says that it took it, or after two weeks.
  const KEPT_DAYS = 14;
  for (const note of document.querySelectorAll("[data-done]")) localStorage.removeItem(note.dataset.done);
  for (const key of Object.keys(localStorage).filter((key) => key.startsWith("draft "))) {
    if (Date.now() - JSON.parse(localStorage.getItem(key)).at > KEPT_DAYS * 864e5) localStorage.removeItem(key);
  }

  // A page that answers a refused form starts at its errors.
  document.querySelector("[data-errors]")?.focus();
  root.dataset.script = "on";
})();
