// ---- the panels --------------------------------------------------------------------------
// The strip of attributions: dots by seed, median and middle 80 % by feature, the largest first.
const MOST_FEATURES = 12;
const outputAt = (method, place) => state.output ?? method.majority()[place];
const labelsOf = (method, place) => {
  if (method.labels) {
    const all = valuesOf(method.labels, method.rows.length * nFeatures);
    return all.slice(place * nFeatures, (place + 1) * nFeatures);
  }
  const row = encodedRow(method.rows[place]);
  return explorer.features.map((f, j) => `${f.name} = ${withUnit(f, row[j])}`);
};
const stripTables = (method, k, place) => {
  const mark = marks[k]();
  const output = outputAt(method, place);
  const values = explorer.seeds.map((_, s) => mark.attribution(s, place, output));
  const labels = labelsOf(method, place);
  const columns = explorer.features.map((_, j) => {
    const own = values.map((one) => one[j]);
    return { j, label: labels[j], median: median(own), low: quantile(own, 0.1), high: quantile(own, 0.9), own };
  }).sort((a, b) => Math.abs(b.median) - Math.abs(a.median) || a.j - b.j);
  const shown = state.allFeatures ? columns : columns.slice(0, MOST_FEATURES);
  return { hidden: columns.length - shown.length,
    dots: shown.flatMap(({ label, own }, rank) => own.map((attribution, s) =>
      ({ label, rank, seed: explorer.seeds[s], attribution }))),
    medians: shown.map(({ label, median: middle, low, high }, rank) => ({ label, rank, median: middle, low, high })) };
};
let strip = Promise.resolve();
let stripOf = "";
let stripView = null;
const drawStrip = (method, shown) => {
  const values = [...shown.dots.map((row) => row.attribution),
    ...shown.medians.flatMap((row) => [row.low, row.high]), 0];
  const ends = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  const dots = state.seeds === "consensus" ? [] : ownSeeds(shown.dots);
  const key = `${method.name}|${shown.medians.length}|${isDark()}`;
  strip = strip.then(async () => {
    if (stripOf !== key) {
      stripOf = key;
      stripView?.finalize();
      const spec = { ...specs.strips[method.name], height: 26 * shown.medians.length };
      stripView = await embed("#strip", spec, { dots, medians: shown.medians });
    }
    stripView.signal("low", ends[0]).signal("high", ends[1]).data("dots", dots).data("medians", shown.medians);
    // A chart that was hidden while the window changed has lost its width.
    window.dispatchEvent(new Event("resize"));
    await stripView.runAsync();
  });
};
// From the base value to the output: the mean over the seeds that give the answer most seeds give.
const MOST_STEPS = 10;
const stepsTable = (method, k, place) => {
  const mark = marks[k]();
  const output = outputAt(method, place);
  const most = method.majority()[place];
  const used = explorer.seeds.map((_, s) => s).filter((s) => oneSeed()
    ? String(explorer.seeds[s]) === state.seeds : regression || mark.answers[place][s] === most);
  const at = (array, s) => array()[(s * mark.nRows + place) * mark.classes.length + output];
  const mean = (values) => sum(values) / values.length;
  const values = used.map((s) => mark.attribution(s, place, output));
  const labels = labelsOf(method, place);
  const columns = labels.map((label, j) => ({ label, j, own: values.map((one) => one[j]) }))
    .sort((a, b) => Math.abs(mean(b.own)) - Math.abs(mean(a.own)) || a.j - b.j);
  const n = columns.length <= MOST_STEPS + 1 ? columns.length : MOST_STEPS;
  const steps = columns.slice(0, n);
  if (n < columns.length) {
    steps.push({ label: `${columns.length - n} other features`, own: used.map((_, m) => sum(columns.slice(n).map(({ own }) => own[m]))) });
  }
  const [first, last] = [mark.base, mark.explained].map((array) => used.map((s) => at(array, s)));
  const span = Math.max(...columns.map(({ own }) => Math.abs(mean(own))), Math.abs(mean(last) - mean(first)));
  const decimals = span > 0 ? Math.max(0, 2 - Math.floor(Math.log10(span))) : 0;
  const gap = used.map((_, m) => last[m] - first[m] - sum(columns.map(({ own }) => own[m])));
  if (gap.some((v) => Math.abs(v) > 0.6 * 10 ** -decimals)) steps.push({ label: "Not attributed", own: gap });
  const text = (v, signed) => `${v < -0.5 * 10 ** -decimals ? "−" : signed && v > 0.5 * 10 ** -decimals ? "+" : ""}${Math.abs(v).toFixed(decimals)}`;
  const all = [{ label: "Base value", kind: "base", own: first }, ...steps.map((one) => ({ ...one, kind: "step" })),
    { label: "Output f(x)", kind: "end", own: last }];
  let reached = mean(first);
  return all.map(({ label, kind, own }, rank) => {
    const value = mean(own);
    const step = kind === "step";
    const start = step ? reached : value;
    if (step) reached += value;
    const end = step ? reached : value;
    const [low, high] = [quantile(own, 0.1), quantile(own, 0.9)];
    return { label, rank, next: all[Math.min(rank + 1, all.length - 1)].label, kind, start, end, value, low, high,
      low_end: (step ? start : 0) + low, high_end: (step ? start : 0) + high, written: text(value, step) };
  });
};
const drawSteps = (method, steps) => {
  const key = `steps|${method.name}|${steps.length}|${isDark()}`;
  strip = strip.then(async () => {
    if (stripOf !== key) {
      stripOf = key;
      stripView?.finalize();
      stripView = await embed("#strip", { ...specs.waterfalls[method.name], height: 28 * steps.length }, { steps });
    }
    stripView.data("steps", steps);
    window.dispatchEvent(new Event("resize"));
    await stripView.runAsync();
  });
};
const whyChoice = (method) => {
  const bar = byId("why-choice");
  bar.hidden = !specs.waterfalls[method.name];
  bar.replaceChildren(...[["Every seed", false], ["Step by step", true]].map(([label, steps]) => {
    const button = element("button", label, { type: "button", "aria-pressed": String(state.steps === steps), "data-steps": String(steps) });
    button.addEventListener("click", () => { choose({ steps }); byId("why-choice").querySelector(`[data-steps="${steps}"]`).focus(); });
    return button;
  }));
};
const attributionPanel = (method, place, one) => {
  const output = outputAt(method, place);
  byId("why-title").textContent = method.headings[output];
  byId("strip").hidden = false;
  whyChoice(method);
  if (state.steps && specs.waterfalls[method.name]) {
    drawSteps(method, stepsTable(method, state.method, place));
    byId("why-table").replaceChildren(element("p", shaded(`From the mean output over the background to this row's. ${method.colours} `
      + (oneSeed() ? `Seed ${state.seeds} alone. ` : regression ? "Mean of all seeds: means add up, medians do not. Dark rule: their middle 80%. " : `Mean of the seeds that answer ${explorer.classes[method.majority()[place]]}: means add up, medians do not. Dark rule: their middle 80%. `)
      + `Unit: ${method.unit}.`), { class: "empty" }));
    return;
  }
  const shown = stripTables(method, state.method, place);
  drawStrip(method, shown);
  const notes = [`Dots: single seeds. ${method.colours} Dark bar: median and middle 80% of all seeds. Unit: ${method.unit}.`];
  if (method.modes.length) notes.push("The seeds fall into modes: where they lie apart, the median may lie where no seed is.");
  if (!regression && (one.flip_rate > 0 || state.output !== null)) {
    const name = explorer.classes[output];
    const seed = explorer.seeds.findIndex((each) => String(each) === state.seeds);
    const own = seed < 0 ? name : explorer.classes[one.answers[seed]];
    if (own !== name) notes.unshift(`Seed ${state.seeds} answers ${own}; these are its numbers for ${name}.`);
    else if (state.output === null) {
      notes.unshift(one.tied ? `For the answer ${name}, one of those that most seeds give alike, for every seed.`
        : `For the answer ${name}, which most seeds give, for every seed.`);
    }
  }
  byId("why-table").replaceChildren(...notes.map((note) => element("p", shaded(note), { class: "empty" })));
  if (shown.hidden || state.allFeatures) {
    const label = state.allFeatures ? `Show the ${MOST_FEATURES} largest alone` : `Show ${shown.hidden} smaller ones too`;
    const button = element("button", label, { type: "button", class: "link", id: "all-features" });
    button.addEventListener("click", () => { state.allFeatures = !state.allFeatures; drawPanels(); byId("all-features")?.focus(); });
    if (nFeatures > MOST_FEATURES) byId("why-table").append(button);
  }
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

const rulePanel = (place) => {
  byId("why-title").textContent = "The rules, in words";
  const boxes = boxesOf(marks[state.method](), state.row, place);
  const shared = boxes.filter((box) => box.layer === "intersection" && box.n_seeds > 1 && !oneSeed());
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

// The counterfactuals as a table: the row, then each change that some seeds found, changed cells marked.
const changePanel = (place) => {
  byId("why-title").textContent = "The nearest changes of the answer";
  const mark = marks[state.method]();
  const found = nearestOf(mark, place).map((one) => ({ ...one, words: one.valid
    ? one.changes.map(({ j, from, to }) => `${mark.features[j].name} ${written(mark.features[j], from)} → ${withUnit(mark.features[j], to)}`).join(", ")
    : "No row with another answer was found" }));
  const groups = grouped(ownSeeds(found), "words");
  const entries = groups.map(([words, same]) => ({
    text: words, lead: `${seedsLead(same)}:`, meta: [
      same[0].valid ? `then ${mark.classes[same[0].target]}` : "",
      same[0].valid ? `also flips ${range(same.map((one) => one.crossValidity), (v) => share(v))} of the other seeds` : "",
      seedsMeta(same)],
  }));
  const cells = element("details", null, { id: "changes" });
  cells.append(element("summary", "As a table, with the changed cells marked"), changeTable(mark, place, groups));
  byId("why-table").replaceChildren(...saidList(entries), cells);
};
const changeTable = (mark, place, groups) => {
  const valid = groups.filter(([, same]) => same[0].valid);
  const places = [...new Set(valid.flatMap(([, same]) => same[0].changes.map(({ j }) => j)))].sort((a, b) => a - b);
  const row = mark.row(place);
  const table = tableOf(
    [{ title: "" }, ...places.map((j) => ({ title: mark.features[j].label, number: !mark.features[j].categories })), { title: "Distance", number: true }],
    [["This row", ...places.map((j) => written(mark.features[j], row[j])), ""],
      ...valid.map(([, same]) => [seedsLead(same), ...places.map((j) => {
        const change = same[0].changes.find((each) => each.j === j);
        if (!change) return "·";
        const way = mark.features[j].categories ? "" : change.to > change.from ? "▲ " : "▼ ";
        return way + written(mark.features[j], change.to);
      }), fixed(same[0].distance)])]);
  table.className = "changes";
  [...table.tBodies[0].rows].slice(1).forEach((line) => [...line.cells].forEach((cell) => {
    if (/^[▲▼]/.test(cell.textContent)) cell.classList.add(cell.textContent.startsWith("▲") ? "up" : "down");
    else if (cell.cellIndex > 0 && cell.cellIndex <= places.length && cell.textContent !== "·") cell.classList.add("other");
  }));
  const scroll = element("div", null, { class: "scroll" });
  scroll.append(table);
  return scroll;
};

const say = (reading) => { byId("reading").textContent = explorer.no_map || shaded(explorer.points_note + reading); };
const SPLIT = " Where the seeds' answers differ, each answer has a thick mark in its own colour; an answer of one seed has none.";
const drawPanels = () => {
  const one = byPlace.get(state.row);
  byId("row-sentence").textContent = `Row ${one.label}. ${one.sentence}`;
  const row = encodedRow(one.id);
  byId("values").replaceChildren(...explorer.features.map((f, j) => {
    const pair = element("div");
    pair.append(element("dt", f.name), element("dd", withUnit(f, row[j])));
    return pair;
  }));
  answersPanel(one);
  byId("strip").hidden = true;
  byId("why-choice").hidden = true;
  const method = state.method >= 0 ? explorer.methods[state.method] : null;
  const place = method ? placeIn(method) : -1;
  scoresPanel(method, place);
  if (!method) {
    byId("method-sentence").textContent = "";
    const shapes = { line: "lines", arrows: "arrows", box: "a box", connector: "a connector that ends in a diamond" };
    say(`All methods on one map: ${explorer.methods.map((each) => `${each.title} ${shapes[each.mark]}`).join(", ")}. Choose one method to read its marks apart.`);
    byId("why-title").textContent = "What each method says";
    byId("why-table").replaceChildren(tableOf([{ title: "Method" }, { title: "Here" }],
      explorer.methods.map((each) => {
        const at = placeIn(each);
        return [each.title, at < 0 ? "does not explain this row" : each.sentences[at]];
      })));
    return;
  }
  say((state.view !== "pair" && method.plane_reading ? method.plane_reading : method.reading) + method.modes_note + (one.flip_rate > 0 ? SPLIT : ""));
  if (place < 0) {
    byId("method-sentence").textContent = `${method.title} does not explain this row.`;
    byId("why-title").textContent = "";
    byId("why-table").replaceChildren();
    return;
  }
  byId("method-sentence").textContent = method.sentences[place];
  if (method.kind === "attributions") attributionPanel(method, place, one);
  else if (method.kind === "anchors") rulePanel(place);
  else changePanel(place);
};
