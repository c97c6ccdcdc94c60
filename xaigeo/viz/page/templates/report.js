// ---- choosing ----------------------------------------------------------------------------
for (const method of explorer.methods) {
  const held = method.majority;
  if (held) method.majority = lazy(() => unpack(held));
}
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

startTable();
redraw();
const [x, y] = explorer.pairs[0] ?? [0, 0];
choose({ row: explorer.instances[0].id, view: "pair", x, y });
goToAsked();
// For those who look under the hood, tests among them: what is shown, and the tables it is drawn from.
window.xaigeoReport = { state, drawnTables, choose, stepsOf: (k) => stepsTable(explorer.methods[k], k, placeIn(explorer.methods[k])) };
