// ---- all rows as a table: sorted, filtered, saved -----------------------------------------
const tableState = { sort: 0, down: false, columns: "values" };
const leadingScore = (method) => method.scores.length ? 0 : -1;
const tableColumns = () => {
  const scores = explorer.methods.filter((method) => leadingScore(method) >= 0).map((method) => ({
    title: `${method.title}: ${method.scores[0].label}`, number: true,
    of: (one) => { const at = method.rows.indexOf(one.id); return at < 0 ? null : method.at_rows[at][0]; },
    say: (v) => fixed(v) }));
  const first = [
    { title: explorer.texts ? "Label" : "Row", of: (one) => one.label, say: String },
    { title: regression ? `Mean ${explorer.classes[0]}` : "Answer of most seeds", number: regression,
      of: (one) => regression ? one.mean[0] : one.answer, say: (v) => regression ? String(Number(v.toPrecision(4))) : v },
    ...(regression ? [] : [{ title: "Seeds that answer otherwise", number: true, of: (one) => one.flip_rate, say: (v) => share(v) }]),
    { title: "Group", of: (one) => one.group, say: String },
  ];
  if (explorer.texts) {
    const text = { title: "Text", wide: true, of: (one) => explorer.texts[one.id].text, say: String };
    return [...first, ...scores, text];
  }
  const values = explorer.features.map((f, j) => ({ title: f.label, number: !f.categories,
    of: (one) => encodedRow(one.id)[j], say: (v) => written(f, v) }));
  const method = state.method >= 0 ? explorer.methods[state.method] : null;
  const reasons = method?.kind === "attributions" ? explorer.features.map((f, j) => ({
    title: `${f.name}, ${method.title}`, number: true,
    of: (one) => {
      const place = method.rows.indexOf(one.id);
      if (place < 0) return null;
      const mark = marks[state.method]();
      const output = state.output ?? method.majority()[place];
      const own = explorer.seeds.flatMap((seed, s) => oneSeed() && String(seed) !== state.seeds ? [] : [mark.attribution(s, place, output)[j]]);
      return median(own);
    },
    say: (v) => missing(v) ? "–" : v.toPrecision(3) })) : [];
  return [...first, ...scores, ...(tableState.columns === "values" ? values : reasons.length ? reasons : values)];
};
// A page on texts prints those to look at first, in that order.
const PRINTED = 40;
let printing = false;
const tableRows = (columns) => {
  const words = byId("filter").value.trim().toLowerCase();
  const group = byId("filter-group").value;
  const rows = explorer.instances.filter((one) => !group || one.group === group)
    .map((one) => ({ one, cells: columns.map((column) => column.of(one)) }))
    .filter(({ cells }) => !words || cells.some((v, k) => !missing(v) && columns[k].say(v).toLowerCase().includes(words)));
  if (printing) return rows.slice(0, PRINTED);
  const { sort, down } = tableState;
  if (sort === null) return rows;
  return rows.sort((a, b) => {
    const [x, y] = [a.cells[sort], b.cells[sort]];
    if (missing(x) || missing(y)) return Number(missing(x)) - Number(missing(y));
    return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
  });
};
const drawRowsTable = () => {
  if (!byId("everything").open) return;
  const columns = tableColumns().filter((column) => !printing || column.title !== "Group");
  const rows = tableRows(columns);
  const table = element("table");
  if (printing && explorer.instances.length > PRINTED) {
    table.append(element("caption", `The ${PRINTED} texts to look at first, of ${explorer.instances.length}. The page holds them all.`));
  }
  const head = element("tr");
  columns.forEach((column, k) => {
    const cell = element("th", null, { scope: "col", class: column.number ? "number" : "",
      "aria-sort": tableState.sort === k ? (tableState.down ? "descending" : "ascending") : "none" });
    const mark = tableState.sort === k ? (tableState.down ? " ↓" : " ↑") : "";
    const button = element("button", column.title + mark, { type: "button", class: "link" });
    button.addEventListener("click", () => {
      tableState.down = tableState.sort === k && !tableState.down;
      tableState.sort = k;
      drawRowsTable();
      byId("all-rows").querySelectorAll("thead button")[k].focus();
    });
    cell.append(button);
    head.append(cell);
  });
  const top = element("thead");
  top.append(head);
  const body = element("tbody");
  for (const { one, cells } of rows) {
    const line = element("tr", null, one.id === state.row ? { "aria-current": "true" } : {});
    cells.forEach((value, k) => {
      const cell = element(k ? "td" : "th", null, { class: columns[k].number ? "number" : columns[k].wide ? "wide" : "" });
      const text = missing(value) ? "–" : columns[k].say(value);
      if (k) cell.textContent = text;
      else {
        cell.setAttribute("scope", "row");
        const link = element("button", text, { type: "button", class: "link" });
        link.addEventListener("click", () => choose({ row: one.id }));
        cell.append(link);
      }
      line.append(cell);
    });
    body.append(line);
  }
  table.append(top, body);
  byId("all-rows").replaceChildren(table);
  byId("n-rows").textContent = `${rows.length} of ${explorer.instances.length} ${explorer.texts ? "texts" : "rows"}`;
};
const saveTable = () => {
  const columns = tableColumns();
  const quoted = (text) => `"${String(text).replaceAll('"', '""')}"`;
  const lines = [columns.map((column) => quoted(column.title)), ...tableRows(columns).map(({ cells }) =>
    cells.map((v, k) => missing(v) ? "" : columns[k].number ? String(Number(v.toPrecision(7))) : quoted(columns[k].say(v))))];
  const link = element("a", null, { download: explorer.texts ? "texts.csv" : "rows.csv",
    href: URL.createObjectURL(new Blob([lines.map((line) => line.join(",")).join("\n")], { type: "text/csv" })) });
  link.click();
  URL.revokeObjectURL(link.href);
};
const startTable = () => {
  byId("everything").addEventListener("toggle", drawRowsTable);
  byId("filter").addEventListener("input", drawRowsTable);
  byId("filter-group").addEventListener("change", drawRowsTable);
  listen("table-columns", "change", (event) => { tableState.columns = event.target.value; drawRowsTable(); });
  byId("save-rows").addEventListener("click", saveTable);
};
