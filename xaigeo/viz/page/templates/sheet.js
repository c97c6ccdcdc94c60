// ---- what every page does: links to rows, charts, light and dark, paper ---------------------
// What to do when another row is chosen.
const marksOfRow = new Set();
const showRow = (label) => {
  const one = byLabel.get(label);
  if (!one) return;
  choose({ row: one.id });
  byId("explorer").scrollIntoView();
  byId("row").focus({ preventScroll: true });
};
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-row]");
  if (!link) return;
  event.preventDefault();
  showRow(link.dataset.row);
  const address = `#row=${encodeURIComponent(link.dataset.row)}`;
  // A page shown in a frame of another may not change its address.
  try { if (window.location.hash !== address) history.pushState(null, "", address); } catch { }
});
// What an address leads to is unfolded, also where the address does not change.
const unfold = (hash) => {
  let part = hash.length > 1 ? byId(hash.slice(1)) : null;
  const target = part;
  for (; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
  target?.scrollIntoView();
};
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#"]:not([data-row])');
  if (link) setTimeout(() => unfold(link.hash));
});
// An address that ends in #row=12 opens the page at that row.
const rowAsked = () => {
  const asked = window.location.hash.match(/^#row=(.*)$/);
  try { return asked ? decodeURIComponent(asked[1]) : null; } catch { return null; }
};
const goToAsked = () => rowAsked() === null ? unfold(window.location.hash) : showRow(rowAsked());
window.addEventListener("hashchange", goToAsked);

// Paper cannot be unfolded and is light, and it takes the page as it stands: what is not drawn yet is
// drawn now. Drawing waits for nothing but itself, so it ends before the browser looks.
let folded = [];
let onScreen = null;
window.addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const one of folded) one.open = true;
  printing = Boolean(explorer.texts);
  drawRowsTable();
  if (isDark()) {
    onScreen = { theme: document.documentElement.dataset.theme };
    document.documentElement.dataset.theme = "light";
    redraw();
  }
  for (const target of waiting) drawOne(target);
});
window.addEventListener("afterprint", () => {
  for (const one of folded) one.open = false;
  if (printing) { printing = false; drawRowsTable(); }
  if (!onScreen) return;
  if (onScreen.theme === undefined) delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = onScreen.theme;
  onScreen = null;
  redraw();
});

// Charts with rows of their own: a click on a row's mark chooses it, and its mark is ringed.
// They are drawn when they come near the window, and else one by one when there is nothing to do:
// what the reader chooses goes first.
// Until then their place is kept, or what stands below would move away from under the pointer.
const heightOf = (spec) => {
  if (spec.vconcat) return spec.vconcat.map(heightOf).reduce((a, b) => a + b, 0);
  if (spec.hconcat) return Math.max(...spec.hconcat.map(heightOf));
  return typeof spec.height === "number" ? spec.height + 50 : 160;
};
let staticCharts = [];
let waiting = new Set();
const near = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) drawOne(entry.target);
}, { rootMargin: "600px" });
const drawOne = async (target) => {
  if (!waiting.delete(target)) return;
  near.unobserve(target);
  const spec = page.charts[target.dataset.chart];
  const drawn = staticCharts;
  // Vega names the chart for screen readers by its description.
  const view = await embed(target, { ...spec, description: target.getAttribute("aria-label") });
  target.style.minHeight = "";
  drawn.push(view);
  view.addEventListener("click", (_, item) => {
    const one = byLabel.get(String(item?.datum?.instance));
    if (one) choose({ row: one.id });
  });
  if (!dataNames(spec).includes("chosen")) return;
  const held = Object.values(readTables(spec.datasets)).flat();
  const follow = () => {
    const label = String(byPlace.get(state.row).label);
    view.data("chosen", held.filter((row) => String(row.instance) === label).map((row) => ({ ...row }))).runAsync();
  };
  marksOfRow.add(follow);
  follow();
};
const whenIdle = (task) => window.requestIdleCallback ? requestIdleCallback(task, { timeout: 500 }) : setTimeout(task, 5);
const drawRest = () => {
  const [next] = waiting;
  if (!next) return;
  drawOne(next).then(() => drawing).finally(() => whenIdle(drawRest));
};
const drawStatic = () => {
  marksOfRow.clear();
  for (const view of staticCharts) view.finalize();
  staticCharts = [];
  waiting = new Set(document.querySelectorAll("[data-chart]"));
  for (const target of waiting) {
    target.style.minHeight = `${heightOf(page.charts[target.dataset.chart])}px`;
    near.observe(target);
  }
  setTimeout(drawRest, 500);
};
const redraw = () => {
  byId("theme").textContent = isDark() ? "Light" : "Dark";
  byId("theme").setAttribute("aria-label", isDark() ? "Show the page in light colours" : "Show the page in dark colours");
  for (const part of document.querySelectorAll("[data-fill]")) {
    part.setAttribute(part.tagName === "stop" ? "stop-color" : "fill", coloured(part.dataset.fill));
  }
  for (const part of document.querySelectorAll(".direction, .how, .methods article > p")) {
    if (part.children.length) continue;
    part.dataset.said ??= part.textContent;
    part.textContent = shaded(part.dataset.said);
  }
  drawStatic();
  if (state.row !== null) choose({});
};
listen("theme", "click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  redraw();
});
system.addEventListener("change", redraw);

