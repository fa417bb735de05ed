/** What a page gets beside its HTML: for each thing that it shows, the module for it, and no other. */

const MODULES = {
  "video, audio": "./players.js",
  "a[data-embed]": "./embeds.js",
  "[data-page] [data-content]": "./counters.js",
  "[data-results]": "./search.js",
};

for (const [what, module] of Object.entries(MODULES)) {
  if (document.querySelector(what)) {
    // Without it the page works as without scripts.
    import(module).catch(() => {});
  }
}
