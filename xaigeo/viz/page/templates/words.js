// ---- the words of a text, coloured for every seed -------------------------------------------
// Of the strongest colour no more than this share, so that the words on it stay readable.
const STRONGEST = 0.58;
const colourOf = (value, signed) => {
  const share = Math.round(100 * STRONGEST * Math.min(1, Math.abs(value)));
  if (!share) return "";
  const name = !signed ? "--amount" : value > 0 ? "--up" : "--down";
  return `color-mix(in srgb, var(${name}) ${share}%, transparent)`;
};
const readable = (value) => value === 0 ? "0" : Math.abs(value) >= 0.001 ? value.toFixed(3) : value.toExponential(1);
// What is said of a chosen word, by what was searched for and whether it was found.
const MARKS = { anchors: { true: ["enough", "kept"], false: ["short", "kept, but not shown to be enough"] },
  counterfactuals: { true: ["struck", "changed"], false: ["short", "tried"] } };
const UNKNOWN = "the tokenizer does not know this word";
const lineOf = ({ words, unknown, unread }, places, { values, scale, signed, chosen, worked, replacement, spread, role }) => {
  const line = element("p", null, { class: "words" });
  let k = 0;
  words.forEach((word, place) => {
    const explained = places[k] === place;
    const part = element("span", word, { class: unknown.includes(place) ? "word unknown" : "word" });
    if (!explained) part.classList.add("unexplained");
    else {
      const value = values[k];
      if (spread) part.style.boxShadow = `0 ${(8 * Math.abs(value) / (scale || 1)).toFixed(1)}px 0 var(--soft)`;
      else if (!chosen) part.style.background = colourOf(value / (scale || 1), signed);
      else if (chosen[k]) part.classList.add(MARKS[role][worked][0]);
      part.title = chosen ? (chosen[k] ? MARKS[role][worked][1] : "") : readable(value);
      if (unknown.includes(place)) part.title += `${part.title && "; "}${UNKNOWN}`;
      if (replacement?.[k]) part.append(element("ins", ` ${replacement[k]}`));
      k += 1;
    }
    line.append(part, " ");
  });
  if (unread.length) line.append(element("span", `… ${unread.length} not read`, { class: "word unexplained", title: unread.join(" ") }));
  return line;
};
const head = (text, small) => {
  const cell = element("th", text, { scope: "row" });
  if (small) cell.append(element("small", small));
  return cell;
};
const groupsOf = (one) => {
  const groups = new Map();
  explorer.seeds.forEach((_, s) => {
    const answer = regression ? 0 : one.answers[s];
    groups.set(answer, [...(groups.get(answer) ?? []), s]);
  });
  // A tie goes to the answer that the page names.
  const named = explorer.classes.indexOf(one.answer);
  return [...groups].sort((a, b) => b[1].length - a[1].length || Number(b[0] === named) - Number(a[0] === named));
};
const saidBy = (one, s) => regression ? readable(one.answers[s])
  : `${explorer.classes[one.answers[s]]} ${one.confidence[s].toFixed(2)}`;
// What came of a seed's search, in words; nothing of attributions.
const cameOf = (method, mark, s, place, own) => {
  const { worked, precision, coverage, changed_answer, changed_confidence } = mark.outcome(s, place);
  const n = mark.chosen ? sum(mark.chosen(s, place).map(Number)) : 0;
  const words = n === 1 ? "1 word" : `${n} words`;
  if (method.role === "anchors") {
    const said = `precision ${precision.toFixed(2)}`;
    if (!n) return worked ? `Enough without any word: ${said}.` : `Not shown to be enough without any word: ${said}.`;
    const verb = `${worked ? "" : " not shown to be"} enough: ${said}, coverage ${coverage.toFixed(2)}.`;
    return `${words} ${n === 1 ? "is" : "are"}${verb}`;
  }
  if (method.role !== "counterfactuals") return "";
  const answer = `${explorer.classes[changed_answer]} ${changed_confidence.toFixed(2)}`;
  if (worked) return n ? `${words} changed: then ${answer}.` : `No change needed: ${answer}.`;
  const none = `No change of words found${method.wanted ? ` that gives ${method.wanted}` : ""}`;
  return n ? `${none}; nearest of those tried: ${changed_answer === own ? "still " : ""}${answer}.` : `${none}.`;
};
const largest = (values) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
const means = (rows) => rows[0].map((_, k) => sum(rows.map((row) => row[k])) / rows.length);
const deviations = (rows) => {
  const middle = means(rows);
  return middle.map((mean, k) => Math.sqrt(sum(rows.map((row) => (row[k] - mean) ** 2)) / Math.max(1, rows.length - 1)));
};
// What is drawn: for tests, and for those who look under the hood.
const drawnWords = () => {
  const method = explorer.methods[state.method];
  const place = placeIn(method);
  if (place < 0) return null;
  const one = byPlace.get(state.row);
  const mark = marks[state.method]();
  const output = outputAt(method, place);
  const raw = explorer.seeds.map((_, s) => mark.attribution(s, place, output));
  const whole = largest(raw.flat());
  const shown = state.scale === "seed" ? raw.map((row) => row.map((v) => v / (largest(row) || 1))) : raw.map((row) => row.map((v) => v / (whole || 1)));
  return { method, place, one, output, raw, shown, mark, text: explorer.texts[state.row], words: explorer.texts[state.row].words, places: method.places[place] };
};
const wordRows = (drawn) => {
  const { method, place, one, raw, shown, mark, text, places } = drawn;
  const body = element("tbody");
  const add = (kind, heading, small, line, cameOut) => {
    const row = element("tr", null, { class: kind });
    const cell = element("td");
    cell.append(line);
    if (cameOut) cell.append(element("small", cameOut, { class: "outcome" }));
    row.append(head(heading, small), cell);
    body.append(row);
  };
  const options = { signed: method.signed, role: method.role };
  const ofWords = method.role === "attributions";
  const groups = groupsOf(one);
  if (ofWords && !oneSeed()) {
    for (const [answer, members] of groups) {
      if (members.length < 2) continue;
      const whole = members.length === explorer.seeds.length;
      const name = whole ? "All seeds" : `${members.length} seeds`;
      const values = means(members.map((s) => shown[s]));
      add("consensus", name, regression || whole && groups.length === 1 ? "mean" : `mean of those that answer ${explorer.classes[answer]}`,
        lineOf(text, places, { ...options, values, scale: 1 }));
    }
    const [answer, alike] = groups[0];
    if (alike.length > 1) {
      const spread = deviations(alike.map((s) => raw[s]));
      const whose = alike.length === explorer.seeds.length ? "seeds" : `those that answer ${explorer.classes[answer]}`;
      add("spread", "Spread", `standard deviation over ${whose}, largest ${readable(largest(spread))}`,
        lineOf(text, places, { ...options, values: spread, scale: largest(spread), spread: true }));
    }
  }
  if (state.seeds === "consensus" && ofWords) return body;
  explorer.seeds.forEach((seed, s) => {
    if (oneSeed() && String(seed) !== state.seeds) return;
    const odd = !regression && groups.length > 1 && one.answers[s] !== groups[0][0];
    add(odd ? "seed odd" : "seed", `Seed ${seed}`, saidBy(one, s), lineOf(text, places, { ...options, values: shown[s], scale: 1,
      chosen: mark.chosen?.(s, place), worked: Boolean(mark.outcome(s, place).worked), replacement: mark.replacement?.(s, place) }),
      cameOf(method, mark, s, place, one.answers[s]));
  });
  return body;
};
// Which word of the text itself each seed puts first, and how many seeds do.
const leadersTable = (drawn) => {
  const { method, place, raw, places, words } = drawn;
  const added = new Set(method.added[place]);
  const first = new Map();
  raw.forEach((whole, s) => {
    const row = whole.map((v, k) => added.has(k) ? 0 : v);
    const most = largest(row);
    if (!most) return;
    const k = row.findIndex((v) => Math.abs(v) === most);
    first.set(k, [...(first.get(k) ?? []), { seed: explorer.seeds[s] }]);
  });
  return tableOf([{ title: "Word that counts most" }, { title: "Place", number: true }, { title: "Seeds", number: true }, { title: "Which" }],
    [...first].sort((a, b) => b[1].length - a[1].length).map(([k, seeds]) =>
      [words[places[k]], String(places[k] + 1), String(seeds.length), seeds.length === explorer.seeds.length ? "all" : seedsOf(seeds)]));
};
const drawPanels = () => {
  const one = byPlace.get(state.row);
  const { text, unknown, unread } = explorer.texts[state.row];
  byId("row-sentence").textContent = `“${text}”`;
  byId("unread-sentence").textContent = unread.length ? `The models did not read the end of this text: “${unread.join(" ")}”. Nothing here speaks of it.` : "";
  byId("answer-sentence").textContent = `Text ${one.label}. ${one.sentence}`;
  answersPanel(one);
  const method = explorer.methods[state.method];
  const place = placeIn(method);
  scoresPanel(method, place);
  const drawn = drawnWords();
  byId("words").replaceChildren();
  byId("leaders").replaceChildren();
  if (!drawn) {
    byId("method-sentence").textContent = `${method.title} does not explain this text.`;
    byId("words-title").textContent = "";
    byId("reading").textContent = "";
    return;
  }
  byId("method-sentence").textContent = method.sentences[place];
  byId("words-title").textContent = method.headings[drawn.output];
  const table = element("table", null, { class: `seeds-words ${method.role}` });
  table.append(wordRows(drawn));
  byId("words").append(table);
  const scaled = method.role !== "attributions" ? "" : state.scale === "seed" ? " Each seed's strongest word has the full colour." : " The strongest word of all seeds has the full colour.";
  const dotted = unknown.length ? " Underlined with dots: words that the tokenizer does not know." : "";
  byId("reading").textContent = shaded(method.reading + scaled + dotted);
  byId("leaders-panel").hidden = method.role !== "attributions" || explorer.seeds.length < 2;
  if (!byId("leaders-panel").hidden) byId("leaders").append(leadersTable(drawn));
};
