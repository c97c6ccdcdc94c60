// ---- numbers -----------------------------------------------------------------------------
// The exact marks travel; what is seen of them is computed here, for any view, by the formulas of
// xaigeo.geometry, with which tests compare every table.
const TAU = 2 * Math.PI;
const sum = (values) => values.reduce((a, b) => a + b, 0);
const dot = (a, b) => { let s = 0; for (let j = 0; j < a.length; j += 1) s += a[j] * b[j]; return s; };
const norm = (a) => Math.sqrt(dot(a, a));
const scaled = (a, by) => Array.from(a, (v) => v * by);
const plus = (a, b) => Array.from(a, (v, j) => v + b[j]);
const minus = (a, b) => Array.from(a, (v, j) => v - b[j]);
const quantile = (values, q) => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const k = Math.floor(at);
  return k + 1 < sorted.length ? sorted[k] + (at - k) * (sorted[k + 1] - sorted[k]) : sorted[k];
};
const median = (values) => quantile(values, 0.5);
const byColumn = (vectors, reduce) => Array.from(vectors[0], (_, j) => reduce(vectors.map((v) => v[j])));
const meanDirection = (vectors) => {
  const total = byColumn(vectors, sum);
  const length = norm(total);
  const resultant = Math.min(length / vectors.length, 1);
  if (resultant < 1e-9) return { resultant, direction: null, cone: NaN };
  const direction = scaled(total, 1 / length);
  const angles = vectors.map((v) => 2 * Math.atan2(norm(minus(v, direction)), norm(plus(v, direction))))
    .sort((a, b) => a - b);
  return { resultant, direction, cone: angles[Math.max(0, Math.ceil(0.9 * angles.length - 1e-9) - 1)] };
};
// Eigenvalues, the larger one first, and unit vectors of a symmetric 2 × 2 matrix.
const eigen = (a, b, c) => {
  const middle = (a + c) / 2;
  const reach = Math.hypot((a - c) / 2, b);
  const angle = reach > 0 ? Math.atan2(2 * b, a - c) / 2 : 0;
  const major = [Math.cos(angle), Math.sin(angle)];
  return { values: [middle + reach, middle - reach], vectors: [major, [-major[1], major[0]]] };
};
const covarianceAxes = (points) => {
  const centre = byColumn(points, (v) => sum(v) / v.length);
  let [a, b, c, largest] = [0, 0, 0, 0];
  for (const p of points) {
    const [x, y] = minus(p, centre);
    a += x * x; b += x * y; c += y * y;
    largest = Math.max(largest, p[0] ** 2, p[1] ** 2);
  }
  const n = points.length;
  const { values, vectors } = eigen(a / n, b / n, c / n);
  // Round-off of the numbers that travelled is no spread.
  const radii = values.map((v) => v > 1e-12 * (1 + largest) ? Math.sqrt(-2 * Math.log(0.1) * v) : 0);
  return { centre, axes: vectors.map((v, k) => scaled(v, radii[k])) };
};
const geometricMedian = (points) => {
  const apart = points.map((p) => sum(points.map((q) => norm(minus(p, q)))));
  const nearest = points[apart.indexOf(Math.min(...apart))];
  const spread = Math.max(...points.flatMap((p) => minus(p, nearest).map(Math.abs)), 0);
  if (spread === 0) return nearest;
  const far = points.map((p) => minus(p, nearest)).reduce((a, b) => norm(b) > norm(a) ? b : a);
  const line = scaled(far, 1 / norm(far));
  const along = points.map((p) => dot(minus(p, nearest), line));
  const across = points.map((p, k) => norm(minus(minus(p, nearest), scaled(line, along[k]))));
  if (Math.max(...across) <= 1e-6 * norm(far)) return plus(nearest, scaled(line, median(along)));
  const pulls = points.map((p) => minus(p, nearest)).filter((d) => norm(d) > 1e-9 * spread);
  const held = points.length - pulls.length;
  if (norm(byColumn(pulls.map((d) => scaled(d, 1 / norm(d))), sum)) <= held) return nearest;
  let current = byColumn(points, median);
  for (let step = 0; step < 500; step += 1) {
    const distances = points.map((p) => norm(minus(p, current)));
    const free = points.map((_, k) => k).filter((k) => distances[k] > 1e-14 * (1 + spread));
    const weight = sum(free.map((k) => 1 / distances[k]));
    let next = byColumn(free.map((k) => scaled(points[k], 1 / distances[k] / weight)), sum);
    if (free.length < points.length) {
      const pull = norm(byColumn(free.map((k) => scaled(minus(points[k], current), 1 / distances[k])), sum));
      const hold = pull > 0 ? Math.min(1, (points.length - free.length) / pull) : 1;
      next = plus(scaled(next, 1 - hold), scaled(current, hold));
    }
    const moved = norm(minus(next, current));
    current = next;
    if (moved <= 1e-9 * spread) break;
  }
  return current;
};
const groupsOf = (keys) => {
  const groups = new Map();
  keys.forEach((key, s) => {
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(s);
  });
  return [...groups].sort((a, b) => a[0] < b[0] ? -1 : 1).map(([, members]) => members);
};

// ---- views -------------------------------------------------------------------------------
// A basis has a row for each feature; those of categories are 0.
const pairView = (space, [a, b]) => {
  const basis = space.features.map((_, j) => [Number(j === a), Number(j === b)]);
  const [f, g] = [space.features[a], space.features[b]];
  const scale = [f.scale, g.scale];
  return { kind: "pair", places: [a, b], basis, scale, labels: [f.label, g.label],
    units: (y) => [y[0] * scale[0] + f.location, y[1] * scale[1] + g.location] };
};
const planeView = (space, rows, labels) => {
  const basis = space.features.map(() => [0, 0]);
  space.numeric.forEach((j, k) => { basis[j] = [rows[2 * k], rows[2 * k + 1]]; });
  return { kind: "plane", places: [], basis, scale: [1, 1], labels, units: (y) => y };
};
const onto = (basis, z) => {
  let [x, y] = [0, 0];
  for (let j = 0; j < basis.length; j += 1) {
    const v = z[j];
    if (v) { x += v * basis[j][0]; y += v * basis[j][1]; }
  }
  return [x, y];
};
// A step in view units: scaled, not centred.
const stepped = (view, y) => [y[0] * view.scale[0], y[1] * view.scale[1]];
const pointOf = (view, z) => view.units(onto(view.basis, z));
const standardised = (features, row) => features.map((f, j) => f.categories ? 0 : (row[j] - f.location) / f.scale);

// ---- marks -------------------------------------------------------------------------------
// Each function takes a view, the mark of a method, and a place among that method's rows, and gives
// the tables that the map draws: the columns of the scene's tables of the same names.
const LENGTH = 0.15;
const SPAN = 0.15;
const ENLARGED = 1.5;
const CIRCLE = Array.from({ length: 33 }, (_, k) => [Math.cos((TAU * k) / 32), Math.sin((TAU * k) / 32)]);
const roomOf = (view, limits) => Math.min((limits[1][0] - limits[0][0]) / view.scale[0],
  (limits[1][1] - limits[0][1]) / view.scale[1]);
const outline = (owner, centre, axes) => CIRCLE.map(([c, s], order) => ({ ...owner, order,
  x: centre[0] + c * axes[0][0] + s * axes[1][0], y: centre[1] + c * axes[0][1] + s * axes[1][1] }));
const ends = ([x1, y1], [x2, y2]) => ({ x1, y1, x2, y2 });
const arrow = ([x, y], [x2, y2]) => ({ x, y, x2, y2 });

const contrastAt = (mark, s, place, output) => {
  const n = mark.classes.length;
  const own = mark.answers[place][s];
  const chosen = output ?? own;
  if (mark.regression || n === 1) return { chosen, rival: chosen, threshold: NaN, own };
  let rival = -1;
  for (let o = 0; o < n; o += 1) {
    if (o !== chosen && (rival < 0 || mark.prediction(s, place, o) > mark.prediction(s, place, rival))) rival = o;
  }
  return { chosen, rival, own, paired: n > 2, threshold: n === 2 && mark.probability ? 0.5 : 0 };
};
// The local surrogates of a row: unit normal, norm, distance and fit by seed.
const surrogates = (mark, place, output) => mark.seeds.map((seed, s) => {
  const { chosen, rival, threshold, paired, own } = contrastAt(mark, s, place, output);
  const value = (o) => mark.value()[(s * mark.nRows + place) * mark.classes.length + o];
  const fit = (o) => mark.r2()[(s * mark.nRows + place) * mark.classes.length + o];
  const weights = mark.attribution(s, place, chosen);
  const w = paired ? minus(weights, mark.attribution(s, place, rival)) : Array.from(weights);
  const gap = threshold - (paired ? value(chosen) - value(rival) : value(chosen));
  const length = norm(w);
  const flat = !(length > mark.flatBelow);
  const name = chosen === rival ? mark.classes[chosen] : `${mark.classes[chosen]} vs ${mark.classes[rival]}`;
  return { s, seed, own, rival, gap, norm: length, flat, w, output: name,
    normal: flat ? null : scaled(w, 1 / length),
    r2: paired ? Math.min(fit(chosen), fit(rival)) : fit(chosen) };
});
const whose = (mark, row, layer, seed) => ({ method: mark.name, layer, seed, instance: row });
const segmentOn = (origin, direction, distance, radius) => {
  const near = Math.abs(distance) <= radius;
  const step = near ? distance : 0;
  const half = Math.sqrt(radius ** 2 - step ** 2);
  const foot = plus(origin, scaled(direction, step));
  return { near, step, half, foot };
};

const pairLines = (view, mark, row, place, output) => {
  const found = surrogates(mark, place, output);
  const radius = mark.radius()[place];
  const [location, scale] = [mark.location(), mark.scale()];
  const units = (y) => view.places.map((j, k) => y[k] * scale[j] + location[j]);
  const origin = view.places.map((j) => (mark.row(place)[j] - location[j]) / scale[j]);
  for (const one of found) {
    const inPlane = one.flat ? null : view.places.map((j) => one.w[j]);
    const length = inPlane ? norm(inPlane) : one.norm;
    one.lost = !(length > mark.flatBelow);
    if (one.lost) continue;
    one.direction = scaled(inPlane, 1 / length);
    one.distance = one.gap / length;
  }
  const lineOf = (owner, direction, distance) => {
    const { near, half, foot } = segmentOn(origin, direction, distance, radius);
    const tangent = [-direction[1] * half, direction[0] * half];
    return { ...owner, ...ends(units(minus(foot, tangent)), units(plus(foot, tangent))),
      boundary: near, distance, foot, tangent };
  };
  const lines = found.filter((one) => !one.lost).map((one) => lineOf({ ...whose(mark, row, "seed", one.seed),
    output: one.output, predicted: mark.classes[one.own], n_seeds: 1, local_r2: one.r2,
    resultant_length: null }, one.direction, one.distance));
  const cones = [];
  for (const members of groupsOf(found.map((one) => `${one.own}|${one.rival}|${mark.modes[one.s]}`))) {
    const kept = members.map((s) => found[s]).filter((one) => !one.lost);
    if (!kept.length) continue;
    const { direction, resultant, cone } = meanDirection(kept.map((one) => one.direction));
    if (!direction) continue;
    const owner = { ...whose(mark, row, "consensus", null), output: kept[0].output, mode: mark.modes[members[0]],
      predicted: mark.classes[kept[0].own], n_seeds: members.length,
      local_r2: median(kept.map((one) => one.r2)), resultant_length: resultant };
    const drawn = lineOf(owner, direction, median(kept.map((one) => one.distance)));
    lines.push(drawn);
    const widest = Math.min(cone, Math.PI / 2);
    const across = [-drawn.tangent[1], drawn.tangent[0]];
    for (const half of [0, 1]) {
      const arc = Array.from({ length: 9 }, (_, k) => {
        const turn = widest * (k / 4 - 1);
        const reach = plus(scaled(drawn.tangent, Math.cos(turn)), scaled(across, Math.sin(turn)));
        return plus(drawn.foot, scaled(reach, half ? -1 : 1));
      });
      [drawn.foot, ...arc, drawn.foot].forEach((at, order) => {
        const [x, y] = units(at);
        cones.push({ method: mark.name, instance: row, output: owner.output, predicted: owner.predicted,
          n_seeds: owner.n_seeds, side: 2 * (lines.length - 1) + half, order, x, y });
      });
    }
  }
  return { lines, cones };
};

// Semi-axes of the shadow of a flat unit ball across a unit normal.
const flatBall = (basis, normal) => {
  const seen = onto(basis, normal);
  let [a, b, c] = [-(seen[0] ** 2), -seen[0] * seen[1], -(seen[1] ** 2)];
  for (const [x, y] of basis) { a += x * x; b += x * y; c += y * y; }
  const { values, vectors } = eigen(a, b, c);
  return vectors.map((v, k) => scaled(v, values[k] > 1e-14 ? Math.sqrt(values[k]) : 0));
};
// The outline of the shadow of all vectors that turn from an axis by an angle at most.
const sector = (basis, axis, angle, n = 48) => Array.from({ length: n + 1 }, (_, k) => {
  const turn = (TAU * k) / n;
  let lifted = basis.map(([x, y]) => x * Math.cos(turn) + y * Math.sin(turn));
  lifted = scaled(lifted, 1 / (norm(lifted) || 1));
  const cosine = Math.max(-1, Math.min(1, dot(axis, lifted)));
  const apart = Math.acos(cosine);
  const along = onto(basis, lifted);
  if (apart <= angle) return along;
  if (apart - angle >= Math.PI / 2) return [0, 0];
  const sine = Math.sqrt(1 - cosine ** 2) || 1;
  const seen = onto(basis, axis);
  const across = scaled(minus(along, scaled(seen, cosine)), 1 / sine);
  return plus(scaled(seen, Math.cos(angle)), scaled(across, Math.sin(angle)));
});
// Surrogates with a direction in all features: each seed's, then each group's mean.
const directed = (mark, row, place, output) => {
  const found = surrogates(mark, place, output);
  const seeds = found.filter((one) => !one.flat).map((one) => ({ normal: one.normal, distance: one.gap / one.norm,
    norm: one.norm, owner: { ...whose(mark, row, "seed", one.seed), output: one.output,
      predicted: mark.classes[one.own], n_seeds: 1, local_r2: one.r2, resultant_length: null } }));
  const groups = groupsOf(found.map((one) => `${one.own}|${one.rival}|${mark.modes[one.s]}`)).flatMap((members) => {
    const kept = members.map((s) => found[s]).filter((one) => !one.flat);
    const mean = kept.length ? meanDirection(kept.map((one) => one.normal)) : {};
    if (!mean.direction) return [];
    return [{ normal: mean.direction, cone: mean.cone, norm: median(kept.map((one) => one.norm)),
      distance: median(kept.map((one) => one.gap / one.norm)),
      owner: { ...whose(mark, row, "consensus", null), output: kept[0].output, mode: mark.modes[members[0]],
        predicted: mark.classes[kept[0].own],
        n_seeds: members.length, local_r2: median(kept.map((one) => one.r2)), resultant_length: mean.resultant } }];
  });
  return [...seeds, ...groups];
};
// Steps of the surrogates' own frame as steps of the view's, without those of categories.
const stretchOf = (mark) => mark.features.map((f, j) => f.categories ? 0 : mark.scale()[j] / f.scale);
const normalTable = (view, mark, row, place, output, limits) => {
  const stretch = stretchOf(mark);
  const tail = pointOf(view, mark.z(place));
  const length = LENGTH * roomOf(view, limits);
  return directed(mark, row, place, output).map(({ normal, norm: size, cone, owner }) => {
    const step = onto(view.basis, normal.map((v, j) => v * stretch[j] * length));
    return { ...owner, ...arrow(tail, plus(tail, stepped(view, step))), length, norm: size,
      share_in_view: norm(onto(view.basis, normal)), cone_degrees: cone === undefined ? null : (cone * 360) / TAU };
  });
};
const planeLines = (view, mark, row, place, output, limits) => {
  const radius = mark.radius()[place];
  const stretch = stretchOf(mark);
  const basis = view.basis.map(([x, y], j) => [x * stretch[j], y * stretch[j]]);
  const tail = pointOf(view, mark.z(place));
  const reach = LENGTH * roomOf(view, limits);
  const tables = { lines: [], cones: [], patches: [] };
  for (const { normal, distance, cone, owner } of directed(mark, row, place, output)) {
    const { near, step, half } = segmentOn([0], [1], distance, radius);
    const foot = plus(tail, onto(basis, scaled(normal, step)));
    const axes = flatBall(basis, normal).map((v) => scaled(v, half));
    tables.lines.push({ ...owner, ...ends(minus(foot, axes[0]), plus(foot, axes[0])), boundary: near, distance });
    if (near) {
      tables.patches.push({ ...owner, number: tables.patches.length, distance, cx: foot[0], cy: foot[1], x_major: axes[0][0], y_major: axes[0][1],
        x_minor: axes[1][0], y_minor: axes[1][1] });
    }
    if (cone === undefined) continue;
    sector(basis, normal, cone).forEach((at, order) => {
      const [x, y] = plus(tail, scaled(at, reach));
      tables.cones.push({ method: mark.name, instance: row, output: owner.output,
        predicted: owner.predicted, n_seeds: owner.n_seeds, side: tables.lines.length, order, x, y });
    });
  }
  return tables;
};

// Standard deviations drawn for one output unit: 95 % of the arrows span at most 15 % of the map.
const arrowScale = (view, mark, output, limits) => {
  const places = view.places.length ? view.places : mark.numeric;
  const key = `${places.join()}|${output}`;
  mark.typical ??= new Map();
  if (!mark.typical.has(key)) {
    const sizes = [];
    for (let s = 0; s < mark.seeds.length; s += 1) {
      for (let i = 0; i < mark.nRows; i += 1) {
        const values = mark.arrows(s, i, output ?? mark.answers[i][s]);
        for (const j of places) if (!Number.isNaN(values[j])) sizes.push(Math.abs(values[j]));
      }
    }
    mark.typical.set(key, (sizes.length && quantile(sizes, 0.95)) || Math.max(0, ...sizes) || 1);
  }
  return (SPAN * roomOf(view, limits) * (view.kind === "pair" ? ENLARGED : 1)) / mark.typical.get(key);
};
const roundBelow = (value) => {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [10, 5, 2, 1].find((each) => each * power <= value * (1 + 1e-9));
  return Number((step * power).toPrecision(3));
};
const scaleBars = (view, mark, scale, limits) => {
  const corner = limits[0].map((low, k) => low + 0.03 * (limits[1][k] - low));
  const value = roundBelow((SPAN * roomOf(view, limits)) / scale);
  const tip = corner.map((at, k) => at + value * scale * view.scale[k]);
  const label = `${String(value)} ${mark.unit}`;
  return [
    { method: mark.name, axis: "x", ...arrow(corner, [tip[0], corner[1]]), label },
    { method: mark.name, axis: "y", ...arrow(corner, [corner[0], tip[1]]), label },
  ];
};
const vectorTables = (view, mark, row, place, output, limits) => {
  const scale = arrowScale(view, mark, output, limits);
  const places = view.places.length ? view.places : mark.numeric;
  const z = mark.z(place);
  const tail = pointOf(view, z);
  const seen = (values) => onto(view.basis, values.map((v) => Number.isNaN(v) ? 0 : v));
  const values = mark.seeds.map((_, s) => Array.from(mark.arrows(s, place, output ?? mark.answers[place][s])));
  const vectors = [];
  const add = (owner, drawn, low, high) => {
    const zero = drawn.map((v) => Number.isNaN(v) ? 0 : v);
    const steps = places.map((j, k) => stepped(view, scaled(view.basis[j], scale * zero[k])));
    places.forEach((j, k) => vectors.push({ ...owner, feature: mark.features[j].name, role: "component",
      ...arrow(tail, plus(tail, steps[k])), attribution: drawn[k], low: low?.[k] ?? null, high: high?.[k] ?? null,
      ...(low ? whisker(j, low[k], "low") : { low_x: null, low_y: null }),
      ...(high ? whisker(j, high[k], "high") : { high_x: null, high_y: null }) }));
    vectors.push({ ...owner, feature: null, role: "resultant", low_x: null, low_y: null, high_x: null, high_y: null,
      ...arrow(tail, plus(tail, byColumn(steps, sum))), attribution: norm(zero),
      low: low?.at(-1) ?? null, high: high?.at(-1) ?? null });
  };
  const whisker = (j, value, name) => {
    const [x, y] = plus(tail, stepped(view, scaled(view.basis[j], scale * (value || 0))));
    return { [`${name}_x`]: x, [`${name}_y`]: y };
  };
  const named = (s) => ({ output: mark.classes[output ?? mark.answers[place][s]],
    predicted: mark.regression ? mark.classes[output ?? 0] : mark.classes[mark.answers[place][s]] });
  values.forEach((one, s) => add({ ...whose(mark, row, "seed", mark.seeds[s]), ...named(s), n_seeds: 1 },
    places.map((j) => one[j])));
  const ellipses = [];
  for (const members of groupsOf(mark.answers[place].map((answer, s) => `${answer}|${mark.modes[s]}`))) {
    const own = members.map((s) => places.map((j) => values[s][j]));
    const sizes = own.map((one) => norm(one.map((v) => v || 0)));
    const end = (q) => [...byColumn(own, (v) => quantile(v, q)), quantile(sizes, q)];
    add({ ...whose(mark, row, "consensus", null), ...named(members[0]), mode: mark.modes[members[0]], n_seeds: members.length },
      byColumn(own, median), end(0.1), end(0.9));
    const tips = members.map((s) => plus(onto(view.basis, z), scaled(seen(values[s]), scale)));
    const { centre, axes } = covarianceAxes(tips);
    ellipses.push(...outline({ mark: `vectors ${mark.modes[members[0]]}`, method: mark.name, instance: row, ...named(members[0]),
      n_seeds: members.length }, view.units(centre), axes.map((axis) => stepped(view, axis))));
  }
  return { vectors, ellipse_outlines: ellipses, scale_bar: scaleBars(view, mark, scale, limits) };
};

// Zonotopes: edges are the rows of the projection, each twice, in the order of their angles.
const silhouette = (view, numeric) => {
  const down = numeric.map((j) => view.basis[j][1] < 0 || (view.basis[j][1] === 0 && view.basis[j][0] < 0));
  const turned = numeric.map((j, k) => scaled(view.basis[j], down[k] ? -1 : 1));
  const angle = turned.map(([x, y]) => Math.atan2(y, x));
  const order = numeric.map((_, k) => k).sort((a, b) => angle[a] - angle[b] || a - b);
  return { down, turned, order };
};
const boxOutline = ({ down, turned, order }, centre, half, low, high) => {
  const edges = order.map((k) => scaled(turned[k], 2 * half[k]));
  let at = minus(centre, scaled(byColumn(edges, sum), 0.5));
  const apart = (a, b) => Math.abs(turned[a][0] * turned[b][1] - turned[a][1] * turned[b][0]) > 1e-12;
  const start = order.map((k) => down[k] ? high[k] : low[k]);
  const end = order.map((k) => down[k] ? low[k] : high[k]);
  const vertices = [];
  for (const [first, sign] of [[true, 1], [false, -1]]) {
    order.forEach((k, p) => {
      const open = order.some((m, q) => q !== p && apart(k, m) && ((q < p) === first ? end[q] : start[q]));
      vertices.push({ x: at[0], y: at[1], open });
      at = plus(at, scaled(edges[p], sign));
    });
  }
  return vertices;
};
// The bounds of one box, open where no entry says otherwise.
const boundsOf = (mark, number) => {
  const n = mark.features.length;
  const found = { lower: Array(n).fill(-Infinity), upper: Array(n).fill(Infinity), allowed: new Map(), said: new Map() };
  const [places, first, second] = [mark.places(), mark.first(), mark.second()];
  for (let k = mark.starts()[number]; k < mark.starts()[number + 1]; k += 1) {
    const j = places[k];
    const [low, high] = [mark.bounds[0][j].v[first[k]], mark.bounds[1][j].v[second[k]]];
    if (mark.features[j].categories) {
      const kept = found.allowed.get(j) ?? new Set();
      for (let bit = 0; bit < 24; bit += 1) if ((low >> bit) & 1) kept.add(24 * high + bit);
      found.allowed.set(j, kept);
    } else {
      // Rows travel in 32 bits, in which what is equal stays equal.
      found.lower[j] = Math.fround(Number(low === "-inf" ? -Infinity : low));
      found.upper[j] = Math.fround(Number(high === "inf" ? Infinity : high));
      found.said.set(j, [mark.bounds[0][j].t[first[k]], mark.bounds[1][j].t[second[k]]]);
    }
  }
  return found;
};
// The rule in words, as Anchors.rule writes it.
const ruleText = (mark, { said, allowed }) => mark.features.flatMap((f, j) => {
  if (allowed.has(j)) {
    const kept = f.categories.filter((_, code) => allowed.get(j).has(code));
    return [kept.length === 1 ? `${f.name} = ${kept[0]}` : `${f.name} in {${kept.join(", ")}}`];
  }
  if (!said.has(j)) return [];
  const [low, high] = said.get(j);
  if (low && high) return [`${low} ≤ ${f.name} ≤ ${high}`];
  return [low ? `${f.name} ≥ ${low}` : `${f.name} ≤ ${high}`];
}).join(" and ") || "any row (empty rule)";
const obeys = (bounds, row) => bounds.lower.every((low, j) => row[j] >= low && row[j] <= bounds.upper[j]) &&
  [...bounds.allowed].every(([j, kept]) => kept.has(row[j]));
const boxesOf = (mark, row, place) => {
  const [n, nRows] = [mark.seeds.length, mark.nRows];
  const groups = mark.groups;
  const own = mark.seeds.map((seed, s) => ({ ...whose(mark, row, "seed", seed), number: s * nRows + place,
    predicted: mark.classes[mark.answers[place][s]], n_seeds: 1, precision: mark.precision()[s * nRows + place],
    precision_low: mark.precisionLow()[s * nRows + place], coverage: mark.coverage()[s * nRows + place],
    met: Boolean(mark.met()[s * nRows + place]) }));
  ["intersection", "union"].forEach((layer, l) => groups.row().forEach((at, g) => {
    if (at !== place) return;
    own.push({ ...whose(mark, row, layer, null), number: n * nRows + l * groups.row().length + g,
      predicted: mark.classes[groups.predicted()[g]], mode: groups.mode()[g], n_seeds: groups.nSeeds()[g], precision: null,
      precision_low: null, coverage: groups.coverage()[l * groups.row().length + g], met: Boolean(groups.met()[g]) });
  }));
  return own.map((box) => {
    const bounds = boundsOf(mark, box.number);
    return { ...box, bounds, rule: ruleText(mark, bounds) };
  });
};
const boxTables = (view, mark, row, place, output, limits) => {
  const boxes = boxesOf(mark, row, place);
  const n = mark.features.length;
  const [lower, upper] = mark.region.map((held) => {
    const rows = held();
    const from = rows.length === n ? 0 : place * n; // the same for all rows, or each its own
    return [...rows.slice(from, from + n)];
  });
  const region = { lower, upper };
  if (view.kind === "plane") return planeBoxes(view, mark, row, boxes, region);
  const [a, b] = view.places;
  const clip = (value, k) => Math.max(limits[0][k], Math.min(limits[1][k], value));
  for (const box of boxes) {
    const { lower, upper } = box.bounds;
    Object.assign(box, { x1: clip(lower[a], 0), x2: clip(upper[a], 0), y1: clip(lower[b], 1), y2: clip(upper[b], 1),
      open_left: lower[a] === -Infinity, open_right: upper[a] === Infinity,
      open_bottom: lower[b] === -Infinity, open_top: upper[b] === Infinity });
  }
  const corners = [[region.lower[a], region.lower[b]], [region.upper[a], region.lower[b]],
    [region.upper[a], region.upper[b]], [region.lower[a], region.upper[b]], [region.lower[a], region.lower[b]]];
  return { boxes, coverage_cells: coverageCells(mark, row, boxes),
    regions: corners.map(([x, y], order) => ({ method: mark.name, instance: row, kind: "sampled", order, x, y })) };
};
const coverageCells = (mark, row, boxes) => {
  const cells = [];
  const seeds = boxes.filter((box) => box.layer === "seed");
  for (const [predicted, own] of grouped(seeds, "predicted")) {
    const cut = (names) => [...new Set(own.flatMap((box) => names.map((name) => box[name])))].sort((p, q) => p - q);
    const [xs, ys] = [cut(["x1", "x2"]), cut(["y1", "y2"])];
    for (let i = 0; i + 1 < xs.length; i += 1) {
      for (let k = 0; k + 1 < ys.length; k += 1) {
        const count = own.filter((box) => box.x1 <= xs[i] && box.x2 >= xs[i + 1] && box.y1 <= ys[k] && box.y2 >= ys[k + 1]).length;
        if (count) {
          cells.push({ method: mark.name, instance: row, predicted, x1: xs[i], x2: xs[i + 1], y1: ys[k],
            y2: ys[k + 1], n_seeds: count, share: count / own.length, share_of_all: count / mark.seeds.length });
        }
      }
    }
  }
  return cells;
};
const planeBoxes = (view, mark, row, boxes, region) => {
  const { numeric, features } = mark;
  const shape = silhouette(view, numeric);
  const z = (j, value) => (value - features[j].location) / features[j].scale;
  const outlineOf = ({ lower, upper }) => {
    const low = numeric.map((j) => z(j, lower[j] === -Infinity ? mark.reach[0][j] : lower[j]));
    const high = numeric.map((j) => z(j, upper[j] === Infinity ? mark.reach[1][j] : upper[j]));
    const middle = numeric.map((_, k) => (low[k] + high[k]) / 2);
    const centre = numeric.reduce((at, j, k) => plus(at, scaled(view.basis[j], middle[k])), [0, 0]);
    return boxOutline(shape, centre, numeric.map((_, k) => (high[k] - low[k]) / 2),
      numeric.map((j) => lower[j] === -Infinity), numeric.map((j) => upper[j] === Infinity));
  };
  const owner = ({ method, layer, seed, instance, predicted, n_seeds, met, rule, precision, precision_low, coverage }) =>
    ({ method, layer, seed, instance, predicted, n_seeds, met, rule, precision, precision_low, coverage });
  const outlines = boxes.flatMap((box, n) => {
    box.mark = n;
    const vertices = outlineOf(box.bounds);
    return vertices.map((at, order) => {
      const { x, y } = vertices[(order + 1) % vertices.length];
      return { ...owner(box), mark: n, order, ...at, x2: x, y2: y };
    });
  });
  return { boxes, box_outlines: outlines, box_edges: boxEdges(view, mark, boxes),
    regions: outlineOf(region).map(({ x, y }, order) => ({ method: mark.name, instance: row, kind: "sampled", order, x, y })) };
};
const MOST_EDGED = 6;
const boxEdges = (view, mark, boxes) => {
  const { numeric, features } = mark;
  if (numeric.length > MOST_EDGED) return [];
  const edges = [];
  for (const box of boxes.filter((one) => one.layer !== "seed")) {
    const { lower, upper } = box.bounds;
    const side = numeric.map((j) => [lower[j] === -Infinity ? mark.reach[0][j] : lower[j],
      upper[j] === Infinity ? mark.reach[1][j] : upper[j]].map((v) => (v - features[j].location) / features[j].scale));
    const open = numeric.map((j) => [lower[j] === -Infinity, upper[j] === Infinity]);
    numeric.forEach((along, k) => {
      for (let corner = 0; corner < 2 ** numeric.length; corner += 1) {
        if ((corner >> k) & 1) continue;
        const at = (bits) => numeric.reduce((p, j, m) => plus(p, scaled(view.basis[j], side[m][(bits >> m) & 1])), [0, 0]);
        edges.push({ method: mark.name, layer: box.layer, seed: null, instance: box.instance,
          predicted: box.predicted, n_seeds: box.n_seeds, met: box.met, feature: features[along].name,
          open: numeric.some((_, m) => m !== k && open[m][(corner >> m) & 1]),
          ...arrow(at(corner), at(corner | (1 << k))) });
      }
    });
  }
  return edges;
};

// Every candidate's step, standardised; a changed category is a step of 1 along an axis of its own.
const candidatesOf = (mark, place) => mark.seeds.flatMap((seed, s) => Array.from({ length: mark.nCandidates }, (_, c) => {
  const number = (s * mark.nRows + place) * mark.nCandidates + c;
  const row = mark.row(place);
  const changes = [];
  for (let k = mark.starts()[number]; k < mark.starts()[number + 1]; k += 1) {
    changes.push({ j: mark.places()[k], from: row[mark.places()[k]], to: mark.values()[k] });
  }
  const step = Array(mark.features.length).fill(0);
  for (const { j, from, to } of changes) step[j] = mark.features[j].categories ? 1 : (to - from) / mark.features[j].scale;
  return { seed, s, candidate: c, changes, step, valid: Boolean(mark.valid()[number]), distance: mark.distance()[number],
    flip: mark.flip()[number], crossValidity: mark.crossValidity()[number], own: mark.answers[place][s],
    target: mark.target()[s * mark.nRows + place] };
}));
const nearestOf = (mark, place) => mark.seeds.map((_, s) => {
  const own = candidatesOf(mark, place).filter((one) => one.s === s);
  const valid = own.filter((one) => one.valid);
  return (valid.length ? valid : own).reduce((a, b) => b.distance < a.distance ? b : a);
});
const changeWords = (mark, changes, shown) => changes.filter(({ j }) => mark.features[j].categories || !shown.includes(j))
  .map(({ j, from, to }) => {
    const f = mark.features[j];
    if (f.categories) return `${f.name}: ${written(f, from)} → ${written(f, to)}`;
    return `${f.name} ${to < from ? "−" : "+"}${Number(Math.abs(to - from).toPrecision(4))}${f.unit ? ` ${f.unit}` : ""}`;
  }).join(", ");
const foreshortening = (view, step) => norm(onto(view.basis, step)) / (norm(step) || NaN);
const connectorTables = (view, mark, row, place) => {
  const tail = pointOf(view, mark.z(place));
  const shift = (step) => stepped(view, onto(view.basis, step));
  const connectors = candidatesOf(mark, place).map((one) => {
    const end = shift(one.step);
    const flip = plus(tail, scaled(end, one.flip));
    return { ...whose(mark, row, "seed", one.seed), candidate: one.candidate, predicted: mark.classes[one.own],
      target: mark.classes[one.target], n_seeds: 1, ...arrow(tail, plus(tail, end)), flip_x: flip[0], flip_y: flip[1],
      valid: one.valid, n_changed: one.changes.length, distance: one.distance,
      foreshortening: foreshortening(view, one.step), text: changeWords(mark, one.changes, view.places),
      cross_validity: one.crossValidity };
  });
  const nearest = nearestOf(mark, place);
  const outlines = [];
  for (const members of groupsOf(nearest.map((one, s) => `${one.own}|${one.target}|${mark.modes[s]}`))) {
    const found = members.map((s) => nearest[s]).filter((one) => one.valid);
    if (!found.length) continue;
    const middle = geometricMedian(found.map((one) => one.step));
    const owner = { predicted: mark.classes[found[0].own], mode: mark.modes[members[0]], n_seeds: found.length };
    connectors.push({ ...whose(mark, row, "consensus", null), candidate: null, ...owner,
      target: mark.classes[found[0].target], ...arrow(tail, plus(tail, shift(middle))), flip_x: null, flip_y: null,
      valid: true, n_changed: median(found.map((one) => one.changes.length)),
      distance: median(found.map((one) => one.distance)), foreshortening: foreshortening(view, middle),
      text: changeWords(mark, typicalChanges(mark, place, found, middle), view.places),
      cross_validity: sum(found.map((one) => one.crossValidity)) / found.length });
    const tips = found.map((one) => plus(onto(view.basis, mark.z(place)), onto(view.basis, one.step)));
    const { centre, axes } = covarianceAxes(tips);
    outlines.push(...outline({ mark: `connectors ${mark.modes[members[0]]}`, method: mark.name, instance: row, output: mark.classes[found[0].target],
      ...owner }, view.units(centre), axes.map((axis) => stepped(view, axis))));
  }
  return { connectors, ellipse_outlines: outlines };
};
// What most seeds of a group change: medians of numbers, commonest categories.
const typicalChanges = (mark, place, found, middle) => {
  const row = mark.row(place);
  return mark.features.flatMap((f, j) => {
    const ways = found.map((one) => one.changes.find((change) => change.j === j)?.to ?? row[j]);
    const changed = found.filter((one) => one.changes.some((change) => change.j === j)).length;
    if (f.categories) {
      const counts = f.categories.map((_, code) => ways.filter((way) => Math.round(way) === code).length);
      const to = counts.indexOf(Math.max(...counts));
      return to === row[j] ? [] : [{ j, from: row[j], to }];
    }
    return changed > found.length / 2 ? [{ j, from: row[j], to: row[j] + middle[j] * f.scale }] : [];
  });
};
const kernelRegion = (view, mark, row, place) => {
  const radius = mark.radius()[place];
  const half = mark.features.map((f, j) => f.categories ? 0 : (radius * mark.scale()[j]) / f.scale);
  let [a, b, c] = [0, 0, 0];
  view.basis.forEach(([x, y], j) => { a += (x * half[j]) ** 2; b += x * y * half[j] ** 2; c += (y * half[j]) ** 2; });
  const { values, vectors } = eigen(a, b, c);
  const axes = vectors.map((v, k) => stepped(view, scaled(v, Math.sqrt(Math.max(values[k], 0)))));
  return outline({ method: mark.name, instance: row, kind: "kernel" }, pointOf(view, mark.z(place)), axes);
};
// In a plane of many columns, arrows of the smallest attributions would hide the others.
const MOST_ARROWS = 10;
const largestArrows = (vectors) => {
  const widest = new Map();
  for (const { feature, attribution, role } of vectors) {
    if (role === "component") widest.set(feature, Math.max(widest.get(feature) ?? 0, Math.abs(attribution) || 0));
  }
  const kept = new Set([...widest].sort((a, b) => b[1] - a[1]).slice(0, MOST_ARROWS).map(([feature]) => feature));
  return vectors.filter(({ role, feature }) => role === "resultant" || kept.has(feature));
};
const whiskersOf = (vectors) => vectors.filter((row) => row.low_x !== null && row.high_x !== null)
  .map(({ low_x: x, low_y: y, high_x: x2, high_y: y2, ...row }) => ({ ...row, x, y, x2, y2 }));
// What consensus connectors change that the axes do not show, in short, at their middle.
const changeLabels = (connectors) => connectors.filter((row) => row.layer !== "seed" && row.text).map((row) => {
  const parts = row.text.split(", ");
  let n = 1;
  while (n < parts.length && parts.slice(0, n + 1).join(", ").length <= 34) n += 1;
  const words = parts.slice(0, n).join(", ");
  const label = (words.length > 34 ? `${words.slice(0, 16)}…${words.slice(-17)}` : words) + (n < parts.length ? ` +${parts.length - n}` : "");
  return { ...row, x: (row.x + row.x2) / 2, y: (row.y + row.y2) / 2, label };
});
// The number of its mode, from 1, at each consensus mark of a method whose modes differ.
const MODE_ENDS = ["lines", "normals", "vectors", "connectors", "boxes"];
const modeLabels = (drawn) => MODE_ENDS.flatMap((name) => {
  const rows = drawn[name].filter((row) => row.layer !== "seed" && row.mode !== undefined && row.x2 !== undefined && row.role !== "component");
  return rows.filter((row) => rows.some((other) => other.method === row.method && other.layer === row.layer && other.mode !== row.mode))
    .map((row) => ({ method: row.method, layer: row.layer, instance: row.instance, x: row.x2, y: row.y2, label: String(row.mode + 1) }));
});
// The directions of the columns seen best, from the corner with the fewest points.
const COMPASS = { most: 6, seen: 0.1, reach: 0.1, beside: Math.cos(TAU / 24), letters: 18 };
const compassOf = (axes, points, limits, [width, height]) => {
  const sorted = [...axes].sort((a, b) => b.length - a.length);
  const kept = [];
  for (const axis of sorted) {
    if (axis.length < COMPASS.seen || kept.length === COMPASS.most) break;
    const beside = kept.some((other) => (axis.x * other.x + axis.y * other.y) / (axis.length * other.length) > COMPASS.beside);
    if (axes.length <= COMPASS.most || !beside) kept.push(axis);
  }
  const [low, high] = limits;
  const unit = [(high[0] - low[0]) / width, (high[1] - low[1]) / height]; // view units a pixel
  const crowd = ([a, b]) => points.filter(({ x, y }) => Math.abs((x - low[0]) / (high[0] - low[0]) - a) < 0.42 &&
    Math.abs((y - low[1]) / (high[1] - low[1]) - b) < 0.3).length;
  const corner = [[1, 1], [0, 1], [1, 0]].reduce((a, b) => crowd(b) < crowd(a) ? b : a);
  const reach = COMPASS.reach * Math.min(width, height);
  const room = reach + 6.2 * Math.min(COMPASS.letters, Math.max(...kept.map(({ feature }) => feature.length), 8));
  const inside = (v, least, most) => Math.max(least, Math.min(most, v));
  const centre = [inside(corner[0] * width, room, width - room), inside(corner[1] * height, reach + 28, height - reach - 18)];
  const longest = Math.max(...axes.map(({ length }) => length), 1e-9);
  const tips = kept.map((axis) => [centre[0] + (axis.x * reach) / longest, centre[1] + (axis.y * reach) / longest]);
  const texts = tips.map(([x, y], k) => ({ k, x: x + (kept[k].x >= 0 ? 6 : -6), y }));
  for (const side of [true, false]) {
    let floor = -Infinity;
    for (const text of texts.filter(({ k }) => (kept[k].x >= 0) === side).sort((a, b) => a.y - b.y)) {
      text.y = Math.max(text.y, floor + 11.5);
      floor = text.y;
    }
  }
  const place = (x, y) => [low[0] + x * unit[0], low[1] + y * unit[1]];
  const rows = kept.map((axis, k) => {
    const [[x, y], [x2, y2], [tx, ty]] = [place(...centre), place(...tips[k]), place(texts[k].x, texts[k].y)];
    const feature = axis.feature.length > COMPASS.letters ? `${axis.feature.slice(0, 9)}…${axis.feature.slice(-8)}` : axis.feature;
    return { feature, label: axis.label, x, y, x2, y2, text_x: tx, text_y: ty, align: axis.x >= 0 ? "left" : "right", length: axis.length };
  });
  const note = kept.length === axes.length ? "Directions of columns" : `Directions of ${kept.length} of ${axes.length} columns`;
  const [x, y] = place(...centre);
  const [, below] = place(0, Math.min(centre[1], ...texts.map((text) => text.y)) - 16);
  return [...rows, { feature: note, label: note, x, y, x2: x, y2: y, text_x: x, text_y: below, align: "center", length: 0 }];
};
const markTables = (view, mark, row, place, output, limits) => {
  if (mark.kind === "line") {
    const tables = view.kind === "pair" ? pairLines(view, mark, row, place, output)
      : planeLines(view, mark, row, place, output, limits);
    return { ...tables, normals: normalTable(view, mark, row, place, output, limits),
      regions: kernelRegion(view, mark, row, place) };
  }
  if (mark.kind === "vectors") return vectorTables(view, mark, row, place, output, limits);
  if (mark.kind === "box") return boxTables(view, mark, row, place, output, limits);
  return connectorTables(view, mark, row, place);
};
