// ---- what the page holds: tables by column (columnar.py), arrays in few bytes (packing.py) ----
const valuesOf = ({ v, d, i, r, t }, n) => {
  if (v) return v;
  if (t) return Array.from({ length: n }, (_, k) => t[k % t.length]);
  if (i) return i.map((place) => d[place]);
  const out = [];
  for (let k = 0; k < r.length; k += 2) out.push(...Array(r[k + 1]).fill(d[r[k]]));
  return out;
};
const rowsOf = ({ n, columns }) => {
  const names = Object.keys(columns);
  const values = names.map((name) => valuesOf(columns[name], n));
  return Array.from({ length: n }, (_, k) => Object.fromEntries(names.map((name, m) => [name, values[m][k]])));
};
const KINDS = { q: Int16Array, f: Float32Array, b: Uint8Array, h: Uint16Array, i: Uint32Array };
const unpack = ({ s, k, b, low, step }) => {
  const bytes = Uint8Array.from(atob(b), (char) => char.charCodeAt(0));
  const raw = new KINDS[k](bytes.buffer);
  if (k !== "q") return Object.assign(raw, { shape: s });
  const n = s.at(-1);
  const values = Float64Array.from(raw, (code, at) => {
    if (code === -32768) return NaN;
    if (code === -32767) return -Infinity;
    if (code === 32767) return Infinity;
    return low[at % n] + (code + 32766) * step[at % n];
  });
  return Object.assign(values, { shape: s });
};
const lazy = (make) => {
  let made;
  return () => { made ??= make(); return made; };
};

// ---- words and elements ------------------------------------------------------------------
const byId = (id) => document.getElementById(id);
const listen = (id, kind, act) => byId(id)?.addEventListener(kind, act);
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
  value === "undefined" || value === "NaN" || value === "" || Number.isNaN(value);
const share = (value, digits = 0) => `${(100 * value).toFixed(digits)}%`;
const fixed = (value, digits = 2) => missing(value) ? "–" : value.toFixed(digits).replace(/^-(0\.?0*)$/, "$1");
const range = (values, write) => {
  const known = values.filter((value) => !missing(value));
  if (!known.length) return "–";
  const low = write(Math.min(...known));
  const high = write(Math.max(...known));
  return low === high ? low : `${low} to ${high}`;
};
const grouped = (rows, key) => {
  const groups = new Map();
  for (const row of rows) {
    if (!groups.has(row[key])) groups.set(row[key], []);
    groups.get(row[key]).push(row);
  }
  return [...groups].sort((a, b) => b[1].length - a[1].length);
};
// A number as a reader should see it: the digits that tell apart a thousandth of its range.
const written = (feature, value) => {
  if (feature.categories) return feature.categories[Math.round(value)];
  if (!(feature.span > 0)) return String(Number(value.toPrecision(6)));
  const decimals = Math.max(0, Math.ceil(-Math.log10(feature.span / 1000)));
  const text = value.toFixed(Math.min(decimals, 100));
  const short = text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
  return short === "-0" ? "0" : short;
};
const withUnit = (feature, value) => written(feature, value) + (feature.unit ? ` ${feature.unit}` : "");
