// ---- what the seeds answer, and how far they agree, at the chosen row ------------------------
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
const ownSeeds = (rows) => oneSeed() ? rows.filter((row) => String(row.seed) === state.seeds) : rows;

const answersPanel = (one) => {
  const target = byId("answers");
  if (regression) {
    const k = state.output ?? 0;
    const rows = explorer.seeds.map((seed, s) => [`Seed ${seed}`, String(Number(predictions()[(s * nRowsAll + one.id) * explorer.classes.length + k].toPrecision(4)))]);
    target.replaceChildren(tableOf([{ title: "Seed" }, { title: `Predicts ${explorer.classes[k]}`, number: true }],
      rows.filter((_, s) => !oneSeed() || String(explorer.seeds[s]) === state.seeds)));
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
    fixed(method.at_rows[place][k]), fixed(method.nulls?.[k] ? method.nulls[k][place] : score.null)]);
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
