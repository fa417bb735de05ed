/**
 * What the theme leaves undone for keyboards and screen readers, done in the browser.
 *
 * The theme's templates change from version to version, and what they leave out is the same everywhere: icons
 * that are read out as words, things that only a mouse can press, landmarks without names. So it is mended by
 * what a thing is, not by where it stands, for what is there and for whatever comes later.
 *
 * The words are data attributes of the script's own tag.
 */

const words = document.getElementById("accessible").dataset;

const ICON = ".material-symbols-outlined";
const PRESSED = "[x-on\\:click]";
const NATIVE = "a[href], button, input, select, textarea, label, summary";

// Closes what is open when the room beside it is pressed: Escape and a button do the same for a keyboard.
const BACKDROP = "#changelist-filter-close, #modal-overlay, [id=modal-content]";

/** Names of things that show only an icon, by what they do. */
const NAMES = [
  [/sidebar(Mobile|Desktop)Open|sidebarToggle/, words.menu],
  [/openRelatedWidgetWrapper|openActionsId|openTabsDropdown|showActions|ropdown/, words.actions],
  [/openTheme/, words.theme],
  [/filterOpen/, words.filters],
  [/Modal|handleClear|removeFrom/, words.close],
];

/** What people can read on it, icons aside. */
function textOf(element) {
  const copy = element.cloneNode(true);
  copy.querySelectorAll(`${ICON}, [aria-hidden=true]`).forEach((icon) => icon.remove());
  return copy.matches(ICON) ? "" : copy.textContent.trim();
}

function isNamed(element) {
  return element.hasAttribute("aria-label") || element.hasAttribute("title") || textOf(element) !== "";
}

function hideIcon(icon) {
  if (!icon.matches(PRESSED)) icon.setAttribute("aria-hidden", "true");
}

/** Tell whether the thing that `expression` opens is open, or whether what it chooses is chosen. */
function follow(element, expression) {
  const toggle = /^\s*(\w+) = !\1/.exec(expression) ?? /(\w+) = !\1/.exec(expression) ?? /^(filterOpen) = true/.exec(expression);
  const theme = /^(?:switchTheme\(|adminTheme = )'(\w+)'/.exec(expression);
  if (!toggle && !theme) return;
  const [attribute, question] = toggle ? ["aria-expanded", toggle[1]] : ["aria-pressed", `adminTheme == '${theme[1]}'`];
  const { Alpine } = window;
  Alpine.effect(() => element.setAttribute(attribute, String(Boolean(Alpine.evaluate(element, question)))));
}

/** Whatever a mouse can press, a keyboard can, and a screen reader knows it. */
function makePressable(element) {
  const expression = element.getAttribute("x-on:click");
  if (element.matches(BACKDROP) || element.dataset.pressable !== undefined) return;
  element.dataset.pressable = "";
  if (!element.matches(NATIVE)) {
    element.setAttribute("role", "button");
    element.tabIndex = 0;
    element.addEventListener("keydown", (event) => {
      if (event.target !== element || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      element.click();
    });
  }
  if (!isNamed(element)) {
    const [, name] = NAMES.find(([pattern]) => pattern.test(expression)) ?? [];
    if (name) element.setAttribute("aria-label", name);
  } else if (element.title && textOf(element) === "") {
    element.setAttribute("aria-label", element.title);
  }
  follow(element, expression);
}

/** Scrolled parts: no landmarks, and a stop for the keyboard only where nothing inside is one. */
function mendScroller(scroller) {
  scroller.removeAttribute("role");
  scroller.removeAttribute("aria-label");
  if (scroller.querySelector("a[href], button, input, select, textarea, [tabindex='0']")) {
    scroller.tabIndex = -1;
  }
}

/** A row of a form is removed by a box that is ticked: it is there for the keyboard, and has a name. */
function nameRemoval(box) {
  box.setAttribute("aria-label", words.remove);
}

function fillHeader(header) {
  if (header.textContent.trim() !== "" || header.querySelector("*")) return;
  const name = document.createElement("span");
  name.className = "sr-only";
  name.textContent = words.actions;
  header.append(name);
}

function nameSearch(field) {
  if (!field.labels?.length && !field.hasAttribute("aria-label")) {
    field.setAttribute("aria-label", field.placeholder || words.search);
  }
}

/** The menu that belongs to a button, named after it. */
function nameMenu(menu) {
  if (menu.hasAttribute("aria-label")) return;
  const isSidebar = menu.id === "nav-sidebar-inner";
  const inSidebar = menu.closest("#nav-sidebar-inner") !== null;
  menu.setAttribute("aria-label", isSidebar ? words.navigation : inSidebar ? words.account : words.actions);
}

/** Each language is named in itself. */
function nameLanguage(input) {
  const button = input.form?.querySelector("button");
  if (button) button.lang = input.value;
}

/** The name of a column, beside its cell on a narrow window. */
function capitalise(cell) {
  const { label } = cell.dataset;
  if (label) cell.dataset.label = label[0].toUpperCase() + label.slice(1);
}

const RULES = [
  [ICON, hideIcon],
  [PRESSED, makePressable],
  ["a[href='#']:not([aria-label]), button:not([aria-label])", nameBare],
  [".simplebar-content-wrapper", mendScroller],
  ["input.delete", nameRemoval],
  ["thead th", fillHeader],
  ["input[type=search], #searchbar, #search-input-command, .select2-search__field", nameSearch],
  ["nav", nameMenu],
  [`#nav-sidebar-inner > :first-child a:has(> ${ICON}:only-child)`, hideDouble],
  [".select2-results__options", nameChoices],
  ["[x-data='searchCommand()']", nameDialog],
  ["form input[name=language]", nameLanguage],
  ["td[data-label], th[data-label]", capitalise],
  [".help-tooltip[aria-label]", (tip) => tip.setAttribute("role", "img")],
];

/** A button that is nothing but an icon. */
function nameBare(element) {
  if (isNamed(element) || element.querySelector("img[alt]:not([alt=''])")) return;
  const name = { "searchbar-submit": words.search, "command-submit": words.search }[element.id] ?? words.actions;
  if (element.querySelector(ICON)) element.setAttribute("aria-label", name);
}

/** The same way stands beside it in words: one of the two is enough. */
function hideDouble(link) {
  link.setAttribute("aria-hidden", "true");
  link.tabIndex = -1;
}

/** What select2 opens is named by the attribute that WAI-ARIA 1.2 has for it. */
function nameChoices(choices) {
  document.querySelector(`[role=combobox][aria-owns="${choices.id}"]`)?.setAttribute("aria-controls", choices.id);
  const box = choices.closest("body > .select2-container");
  box?.setAttribute("role", "region");
  box?.setAttribute("aria-label", words.choices);
}

/** The search over everything lies above the screen. */
function nameDialog(dialog) {
  dialog.setAttribute("role", "dialog");
  dialog.setAttribute("aria-modal", "true");
  dialog.setAttribute("aria-label", words.search);
}

function mend(root) {
  for (const [selector, rule] of RULES) {
    if (root.matches?.(selector)) rule(root);
    root.querySelectorAll(selector).forEach(rule);
  }
}

/** The main part, the way straight to it, and the heading that the filters lack. */
function addLandmarks() {
  const main = document.getElementById("main") ?? document.querySelector("body > #page");
  if (!main || document.querySelector("main, [role=main]")) return;
  main.setAttribute("role", "main");
  main.tabIndex = -1;
  if (document.getElementById("nav-sidebar")) {
    const skip = document.createElement("a");
    skip.href = `#${main.id}`;
    skip.className = "skip-link";
    skip.textContent = words.skip;
    document.body.prepend(skip);
  }
  const firstFilter = document.querySelector("#changelist-filter h3");
  if (firstFilter) {
    const heading = document.createElement("h2");
    heading.className = "sr-only";
    heading.textContent = words.filters;
    firstFilter.before(heading);
  }
}

/** Escape closes the menu that is open, and the keyboard is back where it came from. */
function closeOnEscape(event) {
  if (event.key !== "Escape") return;
  const open = [...document.querySelectorAll("[data-pressable][aria-expanded=true]")]
    .filter((each) => !each.getAttribute("x-on:click").includes("sidebarDesktop")).at(-1);
  if (!open) return;
  if (!open.getAttribute("x-on:click").includes("filterOpen")) open.click();
  open.focus();
}

/** Whatever is brought in by the theme's own scripts is mended as it comes. */
function watch() {
  const observer = new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) if (node.nodeType === Node.ELEMENT_NODE) mend(node);
    }
  });
  observer.observe(document.body, { childList: true, subtree: true });
}

function start() {
  addLandmarks();
  mend(document.body);
  watch();
  document.addEventListener("keydown", closeOnEscape);
}

// Alpine tells what is open; it has started when this event was sent, or the page is complete.
if (window.Alpine?.version && document.readyState === "complete") start();
else window.addEventListener("load", start);
