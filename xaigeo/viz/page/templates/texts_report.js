// ---- choosing ----------------------------------------------------------------------------
for (const method of explorer.methods) {
  const held = method.majority;
  method.majority = lazy(() => unpack(held));
}
const choose = (change) => {
  Object.assign(state, change);
  byId("row").value = String(state.row);
  byId("seed").value = state.seeds;
  const method = explorer.methods[state.method];
  if (byId("output")) {
    byId("output").disabled = !method.by_output;
    byId("output").title = method.by_output ? "" : "These words do not depend on an answer.";
    byId("output").value = state.output === null ? "" : String(state.output);
  }
  byId("scale").value = state.scale;
  byId("scale").disabled = method.role !== "attributions";
  for (const button of byId("methods").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.method) === state.method));
  }
  drawPanels();
  drawRowsTable();
  for (const follow of marksOfRow) follow();
};
const step = (by) => {
  const order = explorer.instances.map((one) => one.id);
  choose({ row: order[(order.indexOf(state.row) + by + order.length) % order.length] });
};
listen("controls", "submit", (event) => event.preventDefault());
listen("row", "change", (event) => choose({ row: Number(event.target.value) }));
listen("seed", "change", (event) => choose({ seeds: event.target.value }));
listen("scale", "change", (event) => choose({ scale: event.target.value }));
listen("output", "change", (event) => choose({ output: event.target.value === "" ? null : Number(event.target.value) }));
listen("previous", "click", () => step(-1));
listen("next", "click", () => step(1));
listen("methods", "click", (event) => {
  const button = event.target.closest("button");
  if (button) choose({ method: Number(button.dataset.method) });
});

startTable();
redraw();
choose({ row: explorer.instances[0].id });
goToAsked();
// For those who look under the hood, tests among them.
window.xaigeoReport = { state, choose, drawnWords };
