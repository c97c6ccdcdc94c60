// ---- choosing ----------------------------------------------------------------------------
for (const method of explorer.methods) {
  const held = method.majority;
  if (held) method.majority = lazy(() => unpack(held));
}
const marksOfRow = new Set();
const isTour = () => state.view?.startsWith("tour");
const choose = (change) => {
  Object.assign(state, change);
  if (change.view !== undefined && !("frame" in change)) state.frame = 0;
  if (!isTour() && playing) pause();
  byId("row").value = String(state.row);
  byId("seed").value = state.seeds;
  if (byId("output")) {
    // Rules and changes speak of each seed's own answer.
    byId("output").disabled = state.method >= 0 && explorer.methods[state.method].kind !== "attributions";
    byId("output").title = byId("output").disabled ? "Rules and changes are of each seed's own answer." : "";
  }
  byId("table-columns").options[1].disabled = state.method < 0 || explorer.methods[state.method].kind !== "attributions";
  if (byId("output")) byId("output").value = state.output === null ? "" : String(state.output);
  if (byId("view")) {
    byId("view").value = state.view;
    byId("zoom").setAttribute("aria-pressed", String(state.zoom));
    byId("pair").hidden = state.view !== "pair";
    byId("tour").hidden = !isTour();
    byId("x").value = String(state.x);
    byId("y").value = String(state.y);
    if (isTour()) {
      const k = Number(state.view.slice(5));
      byId("frame").max = String(nFrames(k) - 1);
      byId("frame").value = String(state.frame);
      byId("tour-says").textContent = `It ${explorer.tours[k].says}.`;
    }
  }
  for (const button of byId("methods").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.method) === state.method));
  }
  drawPanels();
  drawRowsTable();
  for (const follow of marksOfRow) follow();
  return drawMap();
};
const step = (by) => {
  const order = explorer.instances.map((one) => one.id);
  const at = order.indexOf(state.row);
  choose({ row: order[(at + by + order.length) % order.length] });
};

// ---- tours -------------------------------------------------------------------------------
let playing = null;
// Frames a second when the tour is played: each turns the plane by two degrees.
const RATE = 12;
const pause = () => {
  cancelAnimationFrame(playing);
  playing = null;
  byId("play").textContent = "▶ Play";
  byId("play").setAttribute("aria-pressed", "false");
};
const goTo = (frame) => {
  state.frame = frame;
  byId("frame").value = String(frame);
  byId("frame").setAttribute("aria-valuetext", `${Math.round((100 * frame) / Number(byId("frame").max))}% of the tour`);
  return drawMap();
};
const play = () => {
  byId("play").textContent = "❚❚ Pause";
  byId("play").setAttribute("aria-pressed", "true");
  let last = performance.now();
  const tick = (now) => {
    const most = Number(byId("frame").max);
    const next = state.frame + ((now - last) / 1000) * RATE;
    last = now;
    goTo(next > most ? 0 : next).then(() => { if (playing !== null) playing = requestAnimationFrame(tick); });
  };
  playing = requestAnimationFrame(tick);
};

// ---- the page ----------------------------------------------------------------------------
const listen = (id, kind, act) => byId(id)?.addEventListener(kind, act);
listen("controls", "submit", (event) => event.preventDefault());
listen("row", "change", (event) => choose({ row: Number(event.target.value) }));
listen("seed", "change", (event) => choose({ seeds: event.target.value }));
listen("output", "change", (event) => choose({ output: event.target.value === "" ? null : Number(event.target.value) }));
listen("zoom", "click", () => choose({ zoom: !state.zoom }));
listen("view", "change", (event) => choose({ view: event.target.value }));
for (const [id, other] of [["x", "y"], ["y", "x"]]) {
  // The same column twice is no plane: the two change places.
  listen(id, "change", (event) => {
    const chosen = Number(event.target.value);
    choose(state[other] === chosen ? { [id]: chosen, [other]: state[id] } : { [id]: chosen });
  });
}
listen("play", "click", () => playing === null ? play() : pause());
listen("frame", "input", (event) => { if (playing !== null) pause(); goTo(Number(event.target.value)); });
listen("previous", "click", () => step(-1));
listen("next", "click", () => step(1));
listen("methods", "click", (event) => {
  const button = event.target.closest("button");
  if (button) choose({ method: Number(button.dataset.method) });
});
listen("map", "keydown", (event) => {
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  step(by);
});
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

// Paper cannot be unfolded.
let folded = [];
window.addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  if (isDark()) printLight();
  for (const one of folded) one.open = true;
  drawRowsTable();
});
window.addEventListener("afterprint", () => {
  for (const one of folded) one.open = false;
  for (const undo of unprinted.splice(0)) undo();
});
// Paper is light: colours of drawn charts go back to what they were before they were made dark.
const unprinted = [];
const printLight = () => {
  const light = Object.fromEntries(Object.entries(page.dark).map(([key, value]) => [value.toLowerCase(), key]));
  const chosen = document.documentElement.dataset.theme;
  unprinted.push(() => {
    if (chosen === undefined) delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
  });
  document.documentElement.dataset.theme = "light";
  for (const part of document.querySelectorAll(".chart svg *, .legend svg *")) {
    for (const name of ["fill", "stroke", "stop-color"]) {
      const dark = part.getAttribute(name);
      const hex = dark?.startsWith("rgb") ? `#${dark.match(/\d+/g).slice(0, 3).map((v) => Number(v).toString(16).padStart(2, "0")).join("")}` : dark?.toLowerCase();
      if (!hex || !light[hex]) continue;
      part.setAttribute(name, light[hex]);
      unprinted.push(() => part.setAttribute(name, dark));
    }
  }
};

// Charts with rows of their own: a click on a row's mark chooses it, and its mark is ringed.
// They are drawn when they come near the window, and else one by one when there is nothing to do.
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
const drawRest = () => {
  const [next] = waiting;
  if (!next) return;
  drawOne(next).then(() => setTimeout(drawRest, 5));
};
const drawStatic = () => {
  marksOfRow.clear();
  for (const view of staticCharts) view.finalize();
  staticCharts = [];
  waiting = new Set(document.querySelectorAll("[data-chart]"));
  for (const target of waiting) near.observe(target);
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

startTable();
redraw();
const [x, y] = explorer.pairs[0] ?? [0, 0];
choose({ row: explorer.instances[0].id, view: "pair", x, y });
goToAsked();
// For those who look under the hood, tests among them: what is shown, and the tables it is drawn from.
window.xaigeoReport = { state, drawnTables, choose, stepsOf: (k) => stepsTable(explorer.methods[k], k, placeIn(explorer.methods[k])) };
