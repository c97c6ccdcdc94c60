"use strict";
(() => {
  const page = JSON.parse(document.getElementById("report-data").textContent);
  const { explorer, specs } = page;
  const byId = (id) => document.getElementById(id);
  const state = { row: null, method: 0, seeds: "all", view: 0 };

  // Tables travel by column, in the shortest of four forms (columnar.py).
  const valuesOf = ({ v, d, i, r, t }, n) => {
    if (v) return v;
    if (t) return Array.from({ length: n }, (_, k) => t[k % t.length]);
    if (i) return i.map((place) => d[place]);
    const out = [];
    for (let k = 0; k < r.length; k += 2) out.push(...Array(r[k + 1]).fill(d[r[k]]));
    return out;
  };
  const rowsOf = (table, first) => {
    const columns = table.rest ? { ...first.columns, ...table.columns } : table.columns;
    const names = Object.keys(columns);
    const values = names.map((name) => valuesOf(columns[name], table.n));
    return Array.from({ length: table.n }, (_, n) =>
      Object.fromEntries(names.map((name, k) => [name, values[k][n]])));
  };
  const outlineOf = (ellipse, steps = 48) => Array.from({ length: steps + 1 }, (_, order) => {
    const [c, s] = [Math.cos, Math.sin].map((f) => f((2 * Math.PI * order) / steps));
    return { ...ellipse, order,
      x: ellipse.cx + c * ellipse.x_major + s * ellipse.x_minor,
      y: ellipse.cy + c * ellipse.y_major + s * ellipse.y_minor };
  });

  const byInstance = (rows) => {
    const groups = new Map();
    for (const row of rows) {
      if (!groups.has(row.instance)) groups.set(row.instance, []);
      groups.get(row.instance).push(row);
    }
    return groups;
  };

  const element = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    if (text !== undefined && text !== null) made.textContent = text;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };

  const tableOf = (columns, rows) => {
    const table = element("table");
    const head = element("tr");
    for (const column of columns) {
      head.append(element("th", column.title, { scope: "col", class: column.number ? "number" : "" }));
    }
    const body = element("tbody");
    for (const row of rows) {
      const line = element("tr");
      columns.forEach((column, k) => {
        const cell = element(k ? "td" : "th", row[k], { class: column.number ? "number" : "" });
        if (!k) cell.setAttribute("scope", "row");
        line.append(cell);
      });
      body.append(line);
    }
    const top = element("thead");
    top.append(head);
    table.append(top, body);
    return table;
  };

  const missing = (value) => value === null || value === undefined || value === "null" ||
    value === "undefined" || value === "NaN" || value === "";
  const tooltip = (value, sanitize) => {
    const words = { true: "yes", false: "no", consensus: "consensus", seed: "one seed" };
    const lines = Object.entries(value).filter(([, said]) => !missing(said)).map(([key, said]) =>
      `<tr><td class="key">${sanitize(key)}</td><td>${sanitize(words[said] ?? said)}</td></tr>`);
    return `<table><tbody>${lines.join("")}</tbody></table>`;
  };

  const embed = (target, spec, datasets = spec.datasets) => vegaEmbed(target, { ...spec, datasets }, {
    mode: "vega-lite", renderer: "svg", actions: false, defaultStyle: false, ast: true,
    config: page.config, tooltip: { disableDefaultStyle: true, formatTooltip: tooltip },
  }).then((result) => result.view);

  const share = (value, digits = 0) => `${(100 * value).toFixed(digits)}%`;
  const fixed = (value, digits = 2) => missing(value) ? "–" : value.toFixed(digits);
  const range = (values, write) => {
    const known = values.filter((value) => !missing(value));
    if (!known.length) return "–";
    const low = write(Math.min(...known));
    const high = write(Math.max(...known));
    return low === high ? low : `${low} to ${high}`;
  };

  // ---- the map -------------------------------------------------------------------------
  const byPlace = new Map(explorer.instances.map((one) => [one.id, one]));
  const tablesOf = explorer.views.map((view) => {
    let made = null;
    return () => {
      if (!made) {
        made = {};
        for (const [name, table] of Object.entries(view.tables)) {
          const rows = rowsOf(table, explorer.views[0].tables[name]);
          made[name] = ["points", "instances", "scale_bar"].includes(name) ? rows : byInstance(rows);
        }
        for (const row of made.instances ?? []) row.label = byPlace.get(row.instance).label;
      }
      return made;
    };
  });

  let map = null;
  let mapOf = null;
  const mapView = (tables) => {
    if (mapOf !== state.view) {
      mapOf = state.view;
      if (map) map.then((view) => view.finalize());
      map = embed("#map", specs.maps[state.view], tables).then((view) => {
        view.addEventListener("click", (_, item) => {
          if (item?.mark?.name === "rows_marks") choose({ row: item.datum.instance });
        });
        return view;
      });
    }
    return map;
  };

  const ownMethod = (row) =>
    state.method < 0 || row.method === explorer.methods[state.method].name;
  const ownLayer = (row) => {
    if (state.seeds === "all") return true;
    if (state.seeds === "consensus") return row.layer !== "seed";
    return row.layer === "seed" && String(row.seed) === state.seeds;
  };

  // What the map draws now, by table: the rows of this instance, method and choice of seeds.
  const drawnTables = () => {
    const tables = tablesOf[state.view]();
    const own = (name) => (tables[name].get(state.row) ?? []).filter((row) => ownMethod(row) && ownLayer(row));
    const drawn = { points: tables.points, instances: tables.instances };
    for (const name of ["boxes", "cones", "lines", "vectors", "connectors"]) drawn[name] = own(name);
    drawn.points = withMembers(tables.points, drawn.boxes);
    drawn.ellipse_outlines = own("ellipses").flatMap((row) => outlineOf(row));
    // Bars of several methods would lie on each other.
    drawn.scale_bar = state.method < 0 ? [] : tables.scale_bar.filter(ownMethod);
    drawn.chosen = tables.instances.filter((row) => row.instance === state.row);
    return drawn;
  };

  // Which rows of the data obey the rule that is drawn: its bits, a byte for eight rows.
  const withMembers = (points, boxes) => {
    const chosen = boxes.filter((box) => box.members &&
      (/^-?\d+$/.test(state.seeds) ? box.layer === "seed" : box.layer === "intersection"));
    const masks = state.method < 0 ? [] : chosen.map((box) => atob(box.members));
    // Fresh rows: Vega marks those that it has seen, and spreading would copy its mark.
    return points.map(({ x, y, predicted }, n) => ({ x, y, predicted, member: masks.length
      ? masks.some((mask) => (mask.charCodeAt(n >> 3) >> (n & 7)) & 1) : null }));
  };

  let drawing = Promise.resolve();
  const drawMap = () => {
    if (explorer.no_map) {
      document.body.dataset.shown = JSON.stringify(state);
      return;
    }
    const drawn = drawnTables();
    const one = byPlace.get(state.row);
    byId("map").setAttribute("aria-label",
      `Map of the data: ${explorer.views[state.view].label}. Row ${one.label}. ${one.sentence}`);
    drawing = drawing.then(() => mapView(drawn)).then((view) => {
      for (const { name } of specs.maps[state.view].layer.map((layer) => layer.data)) {
        if (name !== "instances") view.data(name, drawn[name]);
      }
      return view.runAsync();
    }).then(() => { document.body.dataset.shown = JSON.stringify(state); });
  };

  // ---- the panels ----------------------------------------------------------------------
  const strips = explorer.methods.map((method) => {
    let made = null;
    return () => {
      if (!made && method.dots) {
        made = { dots: byInstance(rowsOf(method.dots)), medians: byInstance(rowsOf(method.medians)) };
      }
      return made;
    };
  });
  let strip = Promise.resolve();
  let stripOf = null;
  let stripView = null;

  const grouped = (rows, key) => {
    const groups = new Map();
    for (const row of rows) {
      if (!groups.has(row[key])) groups.set(row[key], []);
      groups.get(row[key]).push(row);
    }
    return [...groups].sort((a, b) => b[1].length - a[1].length);
  };
  // Neighbours in the list of seeds are written as a span: 0–4, 7, 9–11.
  const seedsOf = (rows) => {
    const places = rows.map((row) => explorer.seeds.indexOf(row.seed)).sort((a, b) => a - b);
    const spans = [];
    for (const place of places) {
      const last = spans.at(-1);
      if (last && last[1] === place - 1) last[1] = place;
      else spans.push([place, place]);
    }
    return spans.map(([from, to]) => [...new Set([from, to])].map((k) => explorer.seeds[k])
      .join(to - from > 1 ? "–" : ", ")).join(", ");
  };
  const ownSeeds = (rows) => /^-?\d+$/.test(state.seeds)
    ? rows.filter((row) => String(row.seed) === state.seeds) : rows;

  const drawStrip = (method, shown) => {
    const values = [...shown.dots.map((row) => row.attribution),
      ...shown.medians.flatMap((row) => [row.low, row.high]), 0];
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const dots = shown.hideDots ? [] : ownSeeds(shown.dots);
    const { medians } = shown;
    strip = strip.then(async () => {
      if (stripOf !== method.name) {
        stripOf = method.name;
        stripView?.finalize();
        stripView = await embed("#strip", specs.strips[method.name], { dots, medians });
      }
      stripView.signal("low", low).signal("high", high).data("dots", dots).data("medians", medians);
      // A chart that was hidden while the window changed has lost its width.
      window.dispatchEvent(new Event("resize"));
      await stripView.runAsync();
    });
  };

  const attributionPanel = (method, place, one) => {
    byId("why-title").textContent = method.headings[place];
    byId("strip").hidden = false;
    const tables = strips[state.method]();
    drawStrip(method, { dots: tables.dots.get(state.row), medians: tables.medians.get(state.row),
      hideDots: state.seeds === "consensus" });
    const notes = [`Dots: single seeds. ${method.colours} Dark bar: median and middle 80% of all seeds. Unit: ${method.unit}.`];
    if (one.flip_rate > 0) {
      const output = method.outputs[place];
      const seed = explorer.seeds.findIndex((each) => String(each) === state.seeds);
      const own = seed < 0 ? output : explorer.classes[one.answers[seed]];
      notes.unshift(own === output
        ? `For the answer ${output}, which most seeds give, for every seed.`
        : `Seed ${state.seeds} answers ${own}; these are its numbers for ${output}, the answer of most seeds.`);
    }
    byId("why-table").replaceChildren(...notes.map((note) => element("p", note, { class: "empty" })));
  };

  const MOST_SAID = 5;
  const saidList = (entries) => {
    const items = entries.map(({ text, lead, meta }) => {
      const item = element("li");
      const line = element("p", null, { class: "meta" });
      line.append(element("b", lead), ` ${meta.filter(Boolean).join(" · ")}`);
      item.append(element("p", text, { class: "text" }), line);
      return item;
    });
    const list = element("ol", null, { class: "said" });
    list.append(...items.slice(0, MOST_SAID));
    if (items.length <= MOST_SAID) return [list];
    const more = element("details");
    const rest = element("ol", null, { class: "said" });
    rest.append(...items.slice(MOST_SAID));
    more.append(element("summary", `${items.length - MOST_SAID} more`), rest);
    return [list, more];
  };
  const seedsLead = (rows) => rows.length === explorer.seeds.length ? `All ${rows.length} seeds`
    : rows.length === 1 ? `Seed ${rows[0].seed}` : `${rows.length} seeds`;
  const seedsMeta = (rows) => rows.length > 1 && rows.length < explorer.seeds.length
    ? `seeds ${seedsOf(rows)}` : "";

  const rulePanel = () => {
    byId("why-title").textContent = "The rules, in words";
    const boxes = tablesOf[state.view]().boxes.get(state.row) ?? [];
    const shared = boxes.filter((box) => box.layer === "intersection" && !/^-?\d+$/.test(state.seeds));
    const groups = state.seeds === "consensus" ? []
      : grouped(ownSeeds(boxes.filter((row) => row.layer === "seed")), "rule");
    byId("why-table").replaceChildren(...saidList([
      ...shared.map((row) => ({ text: row.rule, lead: `Common to all seeds that answer ${row.predicted}:`,
        meta: [`holds for ${share(row.coverage)} of the data`] })),
      ...groups.map(([rule, found]) => ({ text: rule, lead: `${seedsLead(found)}:`, meta: [
        `answer ${found[0].predicted}`,
        `keeps the answer on ${range(found.map((row) => row.precision), (v) => share(v))} of such rows`,
        `holds for ${range(found.map((row) => row.coverage), (v) => share(v))} of the data`,
        found.every((row) => row.met) ? "" : "below the wanted precision", seedsMeta(found)] })),
    ]));
  };

  const changePanel = (method, place) => {
    byId("why-title").textContent = "The nearest changes of the answer";
    const all = tablesOf[state.view]().connectors.get(state.row) ?? [];
    const nearest = new Map();
    for (const row of all) {
      const known = nearest.get(row.seed);
      if (row.layer === "seed" && row.valid && (!known || row.distance < known.distance)) {
        nearest.set(row.seed, row);
      }
    }
    const found = explorer.seeds.map((seed, s) => ({
      seed, row: nearest.get(seed),
      change: method.changes.rows[place][s]?.map((k) => method.changes.parts[k]).join(", ")
        ?? "No row with another answer was found",
    }));
    byId("why-table").replaceChildren(...saidList(grouped(ownSeeds(found), "change").map(([change, same]) => ({
      text: change, lead: `${seedsLead(same)}:`, meta: [
        same[0].row ? `then ${[...new Set(same.map((one) => one.row.target))].join(" or ")}` : "",
        same[0].row ? `also flips ${range(same.map((one) => one.row.cross_validity), (v) => share(v))} of the other seeds` : "",
        seedsMeta(same)],
    }))));
  };

  const answersPanel = (one) => {
    const target = byId("answers");
    if (explorer.task === "regression") {
      const rows = explorer.seeds.map((seed, s) => [`Seed ${seed}`, String(one.answers[s])]);
      target.replaceChildren(tableOf([{ title: "Seed" }, { title: `Predicts ${explorer.classes[0]}`, number: true }],
        rows.filter((_, s) => !/^-?\d+$/.test(state.seeds) || String(explorer.seeds[s]) === state.seeds)));
      return;
    }
    const seeds = ownSeeds(explorer.seeds.map((seed, s) => ({
      seed, answer: explorer.classes[one.answers[s]], confidence: one.confidence[s],
    })));
    const groups = grouped(seeds, "answer");
    target.replaceChildren(tableOf(
      [{ title: "Answer" }, { title: "Seeds", number: true }, { title: "Which" }, { title: "Probability", number: true }],
      groups.map(([answer, found]) => [answer, String(found.length),
        groups.length === 1 && found.length > 1 ? "all" : seedsOf(found),
        range(found.map((seed) => seed.confidence), (v) => v.toFixed(2))]),
    ));
    const each = element("details");
    each.append(element("summary", "Seed by seed"), tableOf(
      [{ title: "Seed" }, { title: "Answer" }, { title: "Probability", number: true }],
      seeds.map((seed) => [String(seed.seed), seed.answer, seed.confidence.toFixed(3)]),
    ));
    target.append(each);
  };

  const MOST_SCORES = 8;
  const scoresPanel = (method, place) => {
    byId("scores-panel").hidden = !method || place < 0 || !method.scores.length;
    if (byId("scores-panel").hidden) return;
    const rows = method.scores.map((score, k) => [
      `${score.label} ${score.better === "higher" ? "↑" : "↓"}`,
      fixed(method.at_rows[place][k]), fixed(score.null)]);
    const table = tableOf([{ title: "↑ higher, ↓ lower is more agreement" },
      { title: "Here", number: true }, { title: "Unrelated", number: true }], rows);
    table.querySelectorAll("tbody th").forEach((cell, k) => { cell.title = method.scores[k].meaning; });
    const rest = [...table.tBodies[0].rows].slice(MOST_SCORES);
    byId("scores").replaceChildren(table);
    if (rest.length < 2) return;
    const button = element("button", `${rest.length} more scores`, { type: "button", class: "link" });
    for (const row of rest) row.hidden = !state.allScores;
    button.hidden = Boolean(state.allScores);
    button.addEventListener("click", () => {
      state.allScores = true;
      for (const row of rest) row.hidden = false;
      button.hidden = true;
    });
    byId("scores").append(button);
  };

  const say = (reading) => { byId("reading").textContent = explorer.no_map || reading; };
  const SPLIT = " Where the seeds' answers differ, each answer has a thick mark in its own colour; an answer of one seed has none.";
  const drawPanels = () => {
    const one = byPlace.get(state.row);
    byId("row-sentence").textContent = `Row ${one.label}. ${one.sentence}`;
    byId("values").replaceChildren(...one.values.map(([name, value]) => {
      const pair = element("div");
      pair.append(element("dt", name), element("dd", value));
      return pair;
    }));
    answersPanel(one);
    byId("strip").hidden = true;
    const method = state.method >= 0 ? explorer.methods[state.method] : null;
    const place = method ? method.rows.indexOf(state.row) : -1;
    scoresPanel(method, place);
    if (!method) {
      byId("method-sentence").textContent = "";
      say("All methods on one map. Choose one method to read its marks apart.");
      byId("why-title").textContent = "What each method says";
      byId("why-table").replaceChildren(tableOf([{ title: "Method" }, { title: "Here" }],
        explorer.methods.map((each) => {
          const at = each.rows.indexOf(state.row);
          return [each.title, at < 0 ? "does not explain this row" : each.sentences[at]];
        })));
      return;
    }
    say(method.reading + (one.flip_rate > 0 ? SPLIT : ""));
    if (place < 0) {
      byId("method-sentence").textContent = `${method.title} does not explain this row.`;
      byId("why-title").textContent = "";
      byId("why-table").replaceChildren();
      return;
    }
    byId("method-sentence").textContent = method.sentences[place];
    if (method.kind === "attributions") attributionPanel(method, place, one);
    else if (method.kind === "anchors") rulePanel();
    else changePanel(method, place);
  };

  // ---- choosing ------------------------------------------------------------------------
  const choose = (change) => {
    Object.assign(state, change);
    byId("row").value = String(state.row);
    byId("seed").value = state.seeds;
    for (const button of byId("methods").querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.method) === state.method));
    }
    for (const button of document.querySelectorAll("[data-view]")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.view) === state.view));
    }
    drawPanels();
    drawMap();
  };
  const step = (by) => {
    const order = explorer.instances.map((one) => one.id);
    const at = order.indexOf(state.row);
    choose({ row: order[(at + by + order.length) % order.length] });
  };

  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  byId("row").addEventListener("change", (event) => choose({ row: Number(event.target.value) }));
  byId("seed").addEventListener("change", (event) => choose({ seeds: event.target.value }));
  byId("views")?.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) choose({ view: Number(button.dataset.view) });
  });
  byId("previous").addEventListener("click", () => step(-1));
  byId("next").addEventListener("click", () => step(1));
  byId("methods").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) choose({ method: Number(button.dataset.method) });
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-row]");
    if (!link) return;
    const one = explorer.instances.find((each) => String(each.label) === link.dataset.row);
    choose({ row: one.id });
    byId("explorer").scrollIntoView();
    byId("row").focus({ preventScroll: true });
  });

  // Paper cannot be unfolded.
  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const one of folded) one.open = true;
  });
  window.addEventListener("afterprint", () => { for (const one of folded) one.open = false; });

  for (const target of document.querySelectorAll("[data-chart]")) {
    embed(target, page.charts[target.dataset.chart]);
  }
  choose({ row: explorer.instances[0].id });
})();
