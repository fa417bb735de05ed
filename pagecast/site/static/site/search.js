/** The list shows what is searched for as one types. What is asked is what the form would ask. */

const QUIET = 250;

const results = document.querySelector("[data-results]");
const fields = document.querySelectorAll("[role=search] input[name=search], search input[name=search]");

const said = document.createElement("p");
said.className = "away";
said.setAttribute("role", "status");
results.before(said);

let timer = 0;
let asked = new AbortController();

function addressFor(form) {
  const address = new URL(form.action);
  address.search = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  return address;
}

async function show(address) {
  asked.abort();
  asked = new AbortController();
  const { signal } = asked;
  results.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(address, { signal });
    const found = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = response.ok && found.querySelector("[data-results]");
    if (fresh && !signal.aborted) {
      results.replaceChildren(...fresh.childNodes);
      said.textContent = (results.querySelector("[data-found]") ?? results.querySelector("h1"))?.textContent.trim();
      history.replaceState(null, "", address);
      document.title = found.title;
      // Whoever chooses another language from here wants to find the same.
      for (const next of document.querySelectorAll("input[name=next]")) {
        next.value = address.pathname + address.search;
      }
    }
  } catch {
    // What is shown stays; the form can still be sent.
  }
  if (!signal.aborted) {
    results.removeAttribute("aria-busy");
  }
}

fields.forEach((field) => {
  const typed = ({ isComposing }) => {
    clearTimeout(timer);
    if (!isComposing) {
      timer = setTimeout(() => show(addressFor(field.form)), QUIET);
    }
  };
  field.addEventListener("input", typed);
  field.addEventListener("compositionend", typed);
  // Sent by hand: the browser goes there itself.
  field.form.addEventListener("submit", () => clearTimeout(timer));
});
