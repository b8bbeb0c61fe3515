// Progressive enhancement only: every page works without this file.
(() => {
  const root = document.documentElement;

  // What was typed into a form and not sent stays on this device, for its person, and is offered
  // again; app.js lets go of it.
  const draftKey = (form) => `draft ${form.dataset.draft} ${location.pathname}`;
  const typedIn = (form) => [...form.elements].filter((field) => field.name && field.matches("textarea, [type=text], [type=number]"));

  function keepDraft(form) {
    const values = {};
    for (const [name, value] of new FormData(form)) {
      if (typeof value === "string" && form.elements[name].type !== "hidden") values[name] = value;
    }
    localStorage.setItem(draftKey(form), JSON.stringify({ at: Date.now(), version: form.elements.version?.value, values }));
  }

  function offerDraft(form) {
    const draft = JSON.parse(localStorage.getItem(draftKey(form)));
    const missing = draft ? typedIn(form).filter((field) => draft.values[field.name] && draft.values[field.name] !== field.value) : [];
    if (!missing.length) return;
    const offer = document.getElementById("draft").content.firstElementChild.cloneNode(true);
    offer.querySelector("[data-when]").textContent = new Date(draft.at).toLocaleString(root.lang === "en" ? "en-GB" : root.lang, { dateStyle: "medium", timeStyle: "short" });
    offer.querySelector("[data-older]").hidden = draft.version === form.elements.version?.value;
    offer.querySelector("[data-take]").addEventListener("click", () => {
      for (const [name, value] of Object.entries(draft.values)) if (form.elements[name]) form.elements[name].value = value;
      offer.remove();
      missing[0].focus();
    });
    offer.querySelector("[data-drop]").addEventListener("click", () => {
      localStorage.removeItem(draftKey(form));
      offer.remove();
      missing[0].focus();
    });
    form.before(offer);
  }

  for (const form of document.querySelectorAll("form[data-draft]")) {
    offerDraft(form);
    form.addEventListener("input", () => keepDraft(form));
  }

  // Nothing is signed without a connection, and nothing later by itself.
  function showConnection() {
    for (const line of document.querySelectorAll("[data-offline]")) line.hidden = navigator.onLine;
    for (const button of document.querySelectorAll("form[data-draft] [type=submit]")) button.disabled = !navigator.onLine;
  }
  addEventListener("online", showConnection);
  addEventListener("offline", showConnection);
  showConnection();
})();
