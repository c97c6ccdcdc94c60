// ---- the state of a page on texts ----------------------------------------------------------
const state = { row: null, method: 0, seeds: "all", output: null, scale: "seed" };
const byPlace = new Map(explorer.instances.map((one) => [one.id, one]));
const byLabel = new Map(explorer.instances.map((one) => [String(one.label), one]));
const regression = explorer.task === "regression";
const predictions = lazy(() => unpack(explorer.prediction));
const nRowsAll = explorer.texts.length;
const oneSeed = () => /^-?\d+$/.test(state.seeds);
const placeIn = (method) => method.rows.indexOf(state.row);
const sum = (values) => values.reduce((a, b) => a + b, 0);

// One number a seed, output and explained token; the tokens of all texts stand one after another.
const wordsOf = (method) => {
  const starts = [0];
  for (const places of method.places) starts.push(starts.at(-1) + places.length);
  const nAll = starts.at(-1);
  const nSeeds = explorer.seeds.length;
  const outputs = method.attribution.map((packed) => packed === "negative" || packed === "same" ? packed : lazy(() => unpack(packed)));
  const at = (values, s, place) => Array.from(values().subarray(s * nAll + starts[place], s * nAll + starts[place + 1]));
  const flags = (packed) => packed && lazy(() => unpack(packed));
  const chosen = flags(method.chosen);
  const replaced = flags(method.replacement);
  const nRows = method.rows.length;
  const outcomes = Object.fromEntries(["worked", "precision", "coverage", "changed_answer", "changed_confidence"]
    .filter((name) => method[name]).map((name) => [name, lazy(() => unpack(method[name]))]));
  return { nSeeds,
    // What came of a seed's search: whether it worked, and its numbers.
    outcome: (s, place) => Object.fromEntries(Object.entries(outcomes).map(([name, values]) => [name, values()[s * nRows + place]])),
    attribution: (s, place, o) => {
      if (outputs[o] === "same") return at(outputs[0], s, place);
      if (outputs[o] === "negative") return at(outputs[0], s, place).map((v) => -v);
      return at(outputs[o], s, place);
    },
    chosen: chosen && ((s, place) => at(chosen, s, place).map(Boolean)),
    replacement: replaced && ((s, place) => at(replaced, s, place).map((code) => method.replacements[code])) };
};
const marks = explorer.methods.map((method) => lazy(() => wordsOf(method)));
// Without an output named every seed's words are those for the answer that most seeds give.
const outputAt = (method, place) => state.output ?? method.majority()[place];
