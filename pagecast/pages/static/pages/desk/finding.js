// Adding a content that is here already, found by the beginning of its title: a combobox as ARIA describes it
// (https://www.w3.org/WAI/ARIA/apg/patterns/combobox/).
import { NotLoggedIn, ask } from "./asking.js";
import { announce, config, say } from "./words.js";

const PAUSE = 150;

/** @param {HTMLElement} desk @param {import("./rows.js").Rows} rows */
export function finding(desk, rows) {
  const field = desk.querySelector("[data-find]");
  const list = desk.querySelector("[data-found]");
  let timer = 0;
  let asked = 0;

  const options = () => [...list.querySelectorAll("[data-content]")];
  const chosen = () => list.querySelector("[aria-selected=true]");

  /** Said where it is seen, too. */
  function warn(error) {
    const text = error instanceof NotLoggedIn ? error.message : say("away");
    const line = document.createElement("li");
    line.className = "desk-none";
    line.setAttribute("role", "option");
    line.setAttribute("aria-disabled", "true");
    line.textContent = text;
    list.replaceChildren(line);
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    announce(text);
  }

  function close() {
    clearTimeout(timer);
    asked += 1;
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }

  function choose(option) {
    chosen()?.setAttribute("aria-selected", "false");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", option.id);
  }

  async function look() {
    const term = field.value.trim();
    const mine = ++asked;
    if (!term) return close();
    let html = "";
    try {
      html = await (await ask(`${config.find}?q=${encodeURIComponent(term)}`)).text();
    } catch (error) {
      if (mine === asked) warn(error);
      return;
    }
    // An answer that comes late must not take the place of a newer one.
    if (mine !== asked) return;
    list.innerHTML = html;
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    const first = options()[0];
    if (first) choose(first);
    else announce(say("nothingFound"));
  }

  async function take(option) {
    close();
    field.value = "";
    field.focus();
    try {
      await rows.add(option.dataset.content, option.dataset.title);
    } catch (error) {
      warn(error);
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  });
  field.addEventListener("keydown", (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter") {
      // It never sends the form.
      event.preventDefault();
      if (!list.hidden && chosen()) take(chosen());
      else look();
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (by && !list.hidden && options().length) {
      event.preventDefault();
      const all = options();
      choose(all[(all.indexOf(chosen()) + by + all.length) % all.length]);
    } else if (by === 1 && list.hidden) {
      look();
    }
  });
  // Before the field loses the focus.
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const option = event.target.closest("[data-content]");
    if (option) take(option);
  });
  field.addEventListener("blur", close);
}
