// ---- the explorer's state ----------------------------------------------------------------
const state = { row: null, steps: false, zoom: false, method: 0, seeds: "all", output: null, view: null, x: 0, y: 0, frame: 0 };
const byPlace = new Map(explorer.instances.map((one) => [one.id, one]));
const byLabel = new Map(explorer.instances.map((one) => [String(one.label), one]));
const nFeatures = explorer.features.length;
const regression = explorer.task === "regression";
const numericPlaces = explorer.features.flatMap((f, j) => f.categories ? [] : [j]);
const space = { features: explorer.features, numeric: numericPlaces };
const rowValues = lazy(() => unpack(explorer.rows));
const predictions = lazy(() => unpack(explorer.prediction));
const nRowsAll = explorer.rows.s[0];
const encodedRow = (id) => rowValues().subarray(id * nFeatures, (id + 1) * nFeatures);
const zRows = lazy(() => Array.from({ length: nRowsAll }, (_, id) => standardised(explorer.features, encodedRow(id))));
const background = lazy(() => {
  const values = unpack(explorer.background);
  return Array.from({ length: explorer.background.s[0] }, (_, n) => values.subarray(n * nFeatures, (n + 1) * nFeatures));
});
const zBackground = lazy(() => background().map((row) => standardised(explorer.features, row)));
const backgroundPredicted = lazy(() => valuesOf(explorer.background_predicted, explorer.background.s[0]));
const oneSeed = () => /^-?\d+$/.test(state.seeds);

// What marks are computed from, unpacked when first asked for.
const makeMark = (method) => {
  const e = method.exact;
  const nRows = method.rows.length;
  const nOut = explorer.classes.length;
  const held = (packed) => packed && lazy(() => unpack(packed));
  const byOutput = (list) => list.map((packed) => packed === "negative" ? null : held(packed));
  const vectorsOf = (outputs) => (s, place, o) => {
    const from = (s * nRows + place) * nFeatures;
    const found = (outputs[o] ?? outputs[0])().subarray(from, from + nFeatures);
    return outputs[o] ? found : found.map((v) => -v);
  };
  const mark = { name: method.name, kind: e.kind, seeds: explorer.seeds, classes: explorer.classes,
    features: explorer.features, numeric: numericPlaces, regression, nRows, unit: e.unit,
    modes: method.modes.length ? method.modes : explorer.seeds.map(() => 0),
    answers: method.rows.map((id) => regression ? explorer.seeds.map(() => 0) : byPlace.get(id).answers),
    prediction: (s, place, o) => predictions()[(s * nRowsAll + method.rows[place]) * nOut + o],
    row: (place) => encodedRow(method.rows[place]), z: (place) => zRows()[method.rows[place]] };
  if (e.attribution) mark.attribution = vectorsOf(byOutput(e.attribution));
  if (e.base) Object.assign(mark, { base: held(e.base), explained: held(e.explained) });
  if (e.kind === "line") {
    Object.assign(mark, { value: held(e.value), r2: held(e.r2), radius: held(e.radius), location: held(e.location),
      scale: held(e.scale), flatBelow: e.flat_below, probability: e.probability });
  }
  if (e.kind === "vectors") mark.arrows = e.arrows ? vectorsOf(byOutput(e.arrows)) : mark.attribution;
  if (e.sizes) {
    mark.starts = lazy(() => {
      const starts = [0];
      for (const size of unpack(e.sizes)) starts.push(starts.at(-1) + size);
      return starts;
    });
    mark.places = held(e.places);
  }
  if (e.kind === "box") {
    const low = explorer.range.slice(0, nFeatures);
    const high = explorer.range.slice(nFeatures);
    for (let place = 0; place < nRows; place += 1) {
      mark.row(place).forEach((v, j) => { low[j] = Math.min(low[j], v); high[j] = Math.max(high[j], v); });
    }
    Object.assign(mark, { first: held(e.first), second: held(e.second), bounds: e.bounds,
      precision: held(e.precision), precisionLow: held(e.precision_low), coverage: held(e.coverage), met: held(e.met),
      groups: { row: held(e.groups.row), nSeeds: held(e.groups.n_seeds), predicted: held(e.groups.predicted), mode: held(e.groups.mode),
        met: held(e.groups.met), coverage: held(e.groups.coverage) }, region: e.region.map(held),
      reach: [low.map((v, j) => v - 0.05 * (high[j] - v)), high.map((v, j) => v + 0.05 * (v - low[j]))] });
  }
  if (e.kind === "connector") {
    Object.assign(mark, { nCandidates: e.shape[2], values: held(e.values), valid: held(e.valid), distance: held(e.distance),
      flip: held(e.flip_fraction), crossValidity: held(e.cross_validity), target: held(e.target) });
  }
  return mark;
};
const marks = explorer.methods.map((method) => lazy(() => makeMark(method)));
const placeIn = (method) => method.rows.indexOf(state.row);

// ---- views and tours ---------------------------------------------------------------------
const tourFrames = explorer.tours.map((tour) => lazy(() => unpack(tour.frames)));
const nFrames = (k) => explorer.tours[k].frames.s[0];
const directionLabel = (rows, k) => {
  const loads = numericPlaces.map((j, m) => [explorer.features[j].name, rows[2 * m + k]]);
  const heavy = loads.filter(([, v]) => Math.abs(v) >= 0.005).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  const text = heavy.slice(0, 2).map(([name, v], n) =>
    `${v < 0 ? (n ? " − " : "−") : (n ? " + " : "")}${Math.abs(v).toFixed(2)} ${name}`).join("");
  return text + (heavy.length > 2 ? " + …" : "");
};
const orthonormal = (rows) => {
  const column = (k) => numericPlaces.map((_, m) => rows[2 * m + k]);
  const first = scaled(column(0), 1 / norm(column(0)));
  let second = minus(column(1), scaled(first, dot(first, column(1))));
  second = scaled(second, 1 / norm(second));
  return first.flatMap((v, m) => [v, second[m]]);
};
// A frame between two that lie a few degrees apart: straight on, then made orthonormal again.
const tourRows = (k, at) => {
  const frames = tourFrames[k]();
  const size = 2 * numericPlaces.length;
  const n = Math.min(Math.floor(at), nFrames(k) - 1);
  const one = frames.slice(n * size, (n + 1) * size);
  if (n + 1 >= nFrames(k) || at === n) return orthonormal(one);
  const next = frames.slice((n + 1) * size, (n + 2) * size);
  return orthonormal(one.map((v, m) => v + (at - n) * (next[m] - v)));
};
// The direction of a method at the row, of most seeds' consensus, of length 1.
const directionOf = (method, k) => {
  const mark = marks[k]();
  const place = placeIn(method);
  if (place < 0 || mark.kind === "box") return null;
  const members = groupsOf(mark.answers[place]).reduce((a, b) => b.length > a.length ? b : a);
  let step = null;
  if (mark.kind === "line") {
    const kept = surrogates(mark, place, state.output).filter((one) => members.includes(one.s) && !one.flat);
    if (kept.length) step = meanDirection(kept.map((one) => one.normal)).direction;
  } else if (mark.kind === "vectors") {
    step = byColumn(members.map((s) => Array.from(mark.arrows(s, place, state.output ?? mark.answers[place][s]))), median);
  } else {
    const found = nearestOf(mark, place).filter((one) => members.includes(one.s) && one.valid);
    if (found.length) step = geometricMedian(found.map((one) => one.step));
  }
  if (!step) return null;
  const shown = numericPlaces.map((j) => step[j] || 0);
  return norm(shown) > 0 ? scaled(shown, 1 / norm(shown)) : null;
};
const explanationPlane = () => {
  const found = explorer.methods.map((method, k) => ({ title: method.title, way: directionOf(method, k) }))
    .filter((one) => one.way);
  const own = state.method >= 0 ? explorer.methods[state.method].title : null;
  found.sort((a, b) => Number(b.title === own) - Number(a.title === own));
  for (const other of found.slice(1)) {
    const across = minus(other.way, scaled(found[0].way, dot(found[0].way, other.way)));
    if (norm(across) > 1e-3) {
      const second = scaled(across, 1 / norm(across));
      return planeView(space, found[0].way.flatMap((v, m) => [v, second[m]]),
        [`along ${found[0].title} (SD)`, `what ${other.title} adds (SD)`]);
    }
  }
  return null;
};
const currentView = () => {
  if (state.view === "pair") return pairView(space, [state.x, state.y]);
  if (state.view === "pca") return planeView(space, unpack(explorer.plane.basis), explorer.plane.labels);
  if (state.view === "explanations") {
    return explanationPlane() ?? { ...planeView(space, unpack(explorer.plane.basis), explorer.plane.labels),
      note: "Fewer than two of the methods have a direction of their own at this row; these are the principal components." };
  }
  const k = Number(state.view.slice(5));
  const rows = tourRows(k, state.frame);
  return planeView(space, rows, [directionLabel(rows, 0), directionLabel(rows, 1)]);
};
const connectorTips = lazy(() => explorer.methods.flatMap((method, k) => {
  const mark = marks[k]();
  return mark.kind !== "connector" ? [] : method.rows.flatMap((_, place) =>
    candidatesOf(mark, place).map((one) => plus(mark.z(place), mark.features.map((f, j) => f.categories ? 0 : one.step[j]))));
}));
const extent = (view) => {
  const [low, high] = [[Infinity, Infinity], [-Infinity, -Infinity]];
  for (const z of [...zBackground(), ...zRows(), ...connectorTips()]) {
    pointOf(view, z).forEach((v, k) => { low[k] = Math.min(low[k], v); high[k] = Math.max(high[k], v); });
  }
  return widened(low, high, view.scale);
};
const reachOf = (view) => Math.max(...extent(view).flat().map(Math.abs));
const widened = (low, high, scale) => {
  const room = low.map((v, k) => high[k] > v ? high[k] - v : scale[k]);
  return [low.map((v, k) => v - 0.05 * room[k]), high.map((v, k) => v + 0.05 * room[k])];
};
const limitsKnown = new Map();
// Fixed by the data, and for a tour by all of its frames: nothing but the view changes.
const limitsOf = (view) => {
  const key = view.kind === "pair" ? view.places.join() : state.view.startsWith("tour") ? state.view : view.basis.flat().join();
  if (limitsKnown.has(key)) return limitsKnown.get(key);
  let limits;
  if (view.kind === "pair") {
    limits = extent(view);
  } else {
    let reach = reachOf(view);
    if (state.view.startsWith("tour")) {
      const k = Number(state.view.slice(5));
      const step = Math.max(1, Math.floor(nFrames(k) / 24));
      for (let n = 0; n < nFrames(k); n += step) reach = Math.max(reach, reachOf(planeView(space, tourRows(k, n), [])));
    }
    limits = [[-reach, -reach], [reach, reach]];
  }
  limitsKnown.set(key, limits);
  return limits;
};

// ---- what the map draws ------------------------------------------------------------------
const MARK_TABLES = ["boxes", "box_outlines", "box_edges", "coverage_cells", "regions", "cones", "patches",
  "ellipse_outlines", "lines", "normals", "vectors", "scale_bar", "connectors"];
// A group of one seed has no marks of its own: that seed's say it all.
const isShown = (name, row) => {
  if (name === "scale_bar" || name === "regions") return true;
  if (name === "coverage_cells") return state.seeds === "consensus";
  if (!("layer" in row)) return !oneSeed() && row.n_seeds > 1;
  if (oneSeed()) return row.layer === "seed" && String(row.seed) === state.seeds;
  return row.layer === "seed" ? state.seeds === "all" : row.n_seeds > 1;
};
const markedTables = (view, limits) => {
  const one = byPlace.get(state.row);
  const drawn = Object.fromEntries(MARK_TABLES.map((name) => [name, []]));
  const shown = state.method < 0 ? explorer.methods.map((_, k) => k) : [state.method];
  for (const k of shown) {
    const place = placeIn(explorer.methods[k]);
    if (place < 0) continue;
    const tables = markTables(view, marks[k](), state.row, place, state.output, limits);
    for (const [name, rows] of Object.entries(tables)) drawn[name].push(...rows);
  }
  // Bars of several methods would lie on each other.
  if (state.method < 0) Object.assign(drawn, { scale_bar: [], regions: [] });
  const colours = explorer.class_colours ?? [];
  for (const name of MARK_TABLES) {
    drawn[name] = drawn[name].filter((row) => isShown(name, row));
    for (const row of drawn[name]) {
      row.colour = one.flip_rate > 0 && row.layer && row.layer !== "seed"
        ? coloured(colours[explorer.classes.indexOf(row.predicted)]) ?? null : null;
    }
  }
  // Where there is a boundary on a plane, its patch says all that the segment would.
  if (view.kind === "plane") {
    drawn.lines = drawn.lines.filter((row) => !row.boundary);
    drawn.vectors = largestArrows(drawn.vectors);
  }
  return { ...drawn, whiskers: whiskersOf(drawn.vectors), change_labels: changeLabels(drawn.connectors),
    mode_labels: modeLabels(drawn) };
};
// Which rows of the data obey the rule that is drawn.
const memberTest = () => {
  if (state.method < 0 || marks[state.method]().kind !== "box") return null;
  const place = placeIn(explorer.methods[state.method]);
  if (place < 0) return null;
  const boxes = boxesOf(marks[state.method](), state.row, place).filter((box) => oneSeed()
    ? box.layer === "seed" && String(box.seed) === state.seeds : box.layer === "intersection" && box.n_seeds > 1);
  const chosen = boxes.length || oneSeed() ? boxes
    : boxesOf(marks[state.method](), state.row, place).filter((box) => box.layer === "seed");
  return (row) => chosen.some((box) => obeys(box.bounds, row));
};
// The limits in which the marks of the row fill the map; arrows keep the scale of the whole map.
const zoomed = (view, whole, marked) => {
  const [x, y] = pointOf(view, zRows()[state.row]);
  const places = [...marked.vectors.map((row) => [row.x2, row.y2]), ...marked.connectors.map((row) => [row.x2, row.y2]),
    ...marked.regions.filter((row) => row.kind === "kernel").map((row) => [row.x, row.y]),
    ...marked.box_outlines.filter((row) => row.layer === "intersection").map((row) => [row.x, row.y]),
    ...marked.boxes.filter((row) => row.layer === "intersection" && row.x1 !== undefined)
      .flatMap((row) => [[row.x1, row.y1], [row.x2, row.y2]])];
  const reach = places.reduce((most, [px, py]) => Math.max(most, Math.abs(px - x) / view.scale[0], Math.abs(py - y) / view.scale[1]), 0);
  const room = roomOf(view, whole);
  const half = Math.min(Math.max(1.25 * reach, 0.02 * room), 0.5 * room);
  return [[x - half * view.scale[0], y - half * view.scale[1]], [x + half * view.scale[0], y + half * view.scale[1]]];
};
const barsIn = (view, whole, limits) => {
  const mark = marks[state.method]();
  return scaleBars(view, mark, arrowScale(view, mark, state.output, whole), limits);
};
const drawnTables = () => {
  const view = currentView();
  const whole = limitsOf(view);
  const members = memberTest();
  const at = (z, more) => { const [x, y] = pointOf(view, z); return { x, y, ...more }; };
  const instances = [...byPlace.values()].sort((a, b) => a.id - b.id).map((one) => at(zRows()[one.id], { instance: one.id, label: String(one.label),
    predicted: regression ? one.mean[state.output ?? 0] : one.answer, flip_rate: one.flip_rate, classes: one.classes }));
  const points = zBackground().map((z, n) => at(z, { predicted: backgroundPredicted()[n],
    member: members ? members(background()[n]) : null }));
  const axes = view.kind === "pair" ? [] : axisArrows(view);
  const marked = markedTables(view, whole);
  const limits = state.zoom ? zoomed(view, whole, marked) : whole;
  if (state.zoom && marked.scale_bar.length) marked.scale_bar = barsIn(view, whole, limits);
  const size = byId("map") ? [byId("map").clientWidth - 44, byId("map").clientHeight - 34] : [1, 1];
  return { view, limits, tables: { ...marked, instances, axes, points,
    compass: axes.length ? compassOf(axes, points, limits, size) : [],
    chosen: instances.filter((row) => row.instance === state.row) } };
};
// One standard deviation of each numeric column, the longest six named.
const axisArrows = (view) => {
  const all = numericPlaces.map((j) => ({ feature: explorer.features[j].name, label: explorer.features[j].label,
    x: view.basis[j][0], y: view.basis[j][1], length: norm(view.basis[j]) }));
  return all;
};

let map = null;
let mapOf = "";
const mapView = (drawn) => {
  const { view } = drawn;
  const key = `${view.kind}|${view.kind === "pair" ? view.labels.join("|") : ""}|${isDark()}`;
  if (mapOf === key) return map;
  mapOf = key;
  if (map) map.then((old) => old.finalize());
  const spec = titled(specs.maps[view.kind], view.kind === "pair" ? view.labels : ["", ""]);
  // Marks outside of the axes' ends, even for a moment, would leave the chart no width.
  const ends = endsOf(drawn.limits);
  spec.params = spec.params.map((one) => one.name in ends ? { ...one, value: ends[one.name] } : one);
  spec.description = "Map of the data";
  map = embed("#map", spec, drawn.tables).then((made) => {
    made.addEventListener("click", (_, item) => {
      if (item?.mark?.name === "rows_marks") choose({ row: item.datum.instance });
    });
    return made;
  });
  return map;
};
const titled = (part, labels) => {
  if (part === "{x}") return labels[0];
  if (part === "{y}") return labels[1];
  if (Array.isArray(part)) return part.map((one) => titled(one, labels));
  if (part && typeof part === "object") {
    return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, titled(value, labels)]));
  }
  return part;
};
const endsOf = (limits) => ({ x_low: limits[0][0], x_high: limits[1][0], y_low: limits[0][1], y_high: limits[1][1] });
const setLimits = (view, limits) => {
  for (const [name, value] of Object.entries(endsOf(limits))) view.signal(name, value);
};
const mapNames = lazy(() => Object.fromEntries(Object.entries(specs.maps).map(([kind, spec]) => [kind, dataNames(spec)])));
let wanted = 0;
const shownNow = () => { document.body.dataset.shown = JSON.stringify(state); };
const drawMap = () => {
  if (explorer.no_map) {
    shownNow();
    return drawing;
  }
  wanted += 1;
  const turn = wanted;
  // An error in one state is told there, and does not keep later ones from being drawn.
  drawing = drawing.catch(() => {}).then(async () => {
    if (turn !== wanted) return; // a later state is on its way
    const drawn = drawnTables();
    const view = await mapView(drawn);
    setLimits(view, drawn.limits);
    for (const name of mapNames()[drawn.view.kind]) view.data(name, drawn.tables[name] ?? []);
    await view.runAsync();
    const one = byPlace.get(state.row);
    byId("map").setAttribute("aria-label", `Map of the data: ${viewWords(drawn.view)}. Row ${one.label}. ${one.sentence}`);
    byId("plane-axes").textContent = drawn.view.kind === "pair" ? ""
      : `→ ${drawn.view.labels[0]}   ↑ ${drawn.view.labels[1]}   ${drawn.view.note ?? ""}`;
    shownNow();
  });
  return drawing;
};
const viewWords = (view) => view.kind === "pair" ? `${view.labels[1]} against ${view.labels[0]}`
  : `a plane of all numeric columns, across ${view.labels[0]}, up ${view.labels[1]}`;
