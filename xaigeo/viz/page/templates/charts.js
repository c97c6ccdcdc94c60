// ---- charts ------------------------------------------------------------------------------
const page = JSON.parse(byId("report-data").textContent);
const { explorer, specs } = page;
const tooltip = (value, sanitize) => {
  const words = { true: "yes", false: "no", consensus: "consensus", seed: "one seed" };
  const lines = Object.entries(value).filter(([, said]) => !missing(said)).map(([key, said]) =>
    `<tr><td class="key">${sanitize(key)}</td><td>${sanitize(words[said] ?? said)}</td></tr>`);
  return `<table><tbody>${lines.join("")}</tbody></table>`;
};

// Light or dark: as chosen here, else as the system says. Colours are swapped in the specs.
const system = window.matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
const coloured = (part) => {
  if (!isDark()) return part;
  if (typeof part === "string") {
    return page.dark[part] ?? part.replace(/#[0-9a-f]{6}\b/gi, (found) => page.dark[found.toLowerCase()] ?? found);
  }
  if (Array.isArray(part)) return part.map(coloured);
  if (part && typeof part === "object") {
    return Object.fromEntries(Object.entries(part).map(([key, value]) =>
      [key, key === "datasets" ? value : coloured(value)]));
  }
  return part;
};
// A table is a list of rows, or written by column.
const readTables = (tables = {}) => Object.fromEntries(Object.entries(tables).map(([name, held]) =>
  [name, Array.isArray(held) ? held : rowsOf(held)]));
// What was dark is bright on dark paper, and what was pale is dim; quoted words name something.
const shadeWords = new RegExp(`“[^”]*”|\\b(?:${Object.keys(page.shades).join("|")})\\b(?!_)`, "gi");
const shaded = (text) => !isDark() ? text : text.replace(shadeWords, (found) => {
  const word = page.shades[found.toLowerCase()] ?? found;
  return found[0] === found[0].toLowerCase() ? word : word[0].toUpperCase() + word.slice(1);
});
const embed = (target, spec, datasets) => {
  const shown = coloured(spec);
  return vegaEmbed(target, { ...shown, datasets: datasets ?? readTables(spec.datasets) }, {
    mode: "vega-lite", renderer: "svg", actions: false, defaultStyle: false, ast: true,
    config: coloured(page.config), tooltip: { disableDefaultStyle: true, formatTooltip: tooltip },
  }).then((result) => result.view);
};
// The names of the tables that a spec draws from.
const dataNames = (spec) => {
  const names = new Set();
  const look = (part) => {
    if (Array.isArray(part)) part.forEach(look);
    else if (part && typeof part === "object") {
      if (part.data?.name) names.add(part.data.name);
      Object.values(part).forEach(look);
    }
  };
  look(spec);
  return [...names];
};
// The drawing of what the reader chose last.
let drawing = Promise.resolve();
