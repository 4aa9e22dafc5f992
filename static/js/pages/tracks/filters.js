// The filter panel: states, kinds, counties, companies, each choice with how many vehicles it would show.
// Nothing chosen in a group leaves that group out of account.

import { grouped } from "../../lib/format.js";

const SHOWN_COMPANIES = 60;

export class Filters {
  /** `chosen` is {states, kinds, counties, companies}; `onChange(chosen)` after each click. */
  constructor(root, chosen, onChange) {
    this.root = root;
    this.chosen = chosen;
    this.onChange = onChange;
    this.counts = null;
    this.search = root.querySelector("[data-company-search]");
    this.search.addEventListener("input", () => this.drawCompanies());
    root.addEventListener("change", (event) => this.changed(event.target));
    root.querySelector("[data-clear]").addEventListener("click", () => this.clear());
  }

  /** The table of vehicles: which choices there are. */
  offer(table) {
    this.table = table;
    this.fill("kinds", table.kinds);
    this.fill("counties", table.counties);
    this.drawCompanies();
    this.mark();
  }

  fill(group, choices) {
    const list = this.root.querySelector(`[data-group="${group}"]`);
    list.replaceChildren(...choices.map(([code, name]) => choice(group, code, name)));
  }

  drawCompanies() {
    if (!this.table) return;
    const wanted = this.search.value.trim();
    const chosen = new Set(this.chosen.companies);
    const found = this.table.companies.filter(([id, name]) => chosen.has(id) || !wanted || name.includes(wanted));
    found.sort(([a], [b]) => chosen.has(b) - chosen.has(a));
    const list = this.root.querySelector('[data-group="companies"]');
    list.replaceChildren(...found.slice(0, SHOWN_COMPANIES).map(([id, name]) => choice("companies", id, name)));
    const more = this.root.querySelector("[data-companies-more]");
    const hidden = found.length - SHOWN_COMPANIES;
    more.textContent = found.length === 0 ? "没有名称相符的企业" : hidden > 0 ? `另有 ${hidden} 家，请输入名称查找` : "";
    this.mark();
    this.show(this.counts);
  }

  changed(input) {
    if (!input.matches("input[type=checkbox][data-code]")) return;
    const group = input.dataset.in;
    const code = group === "companies" ? Number(input.dataset.code) : input.dataset.code;
    const rest = this.chosen[group].filter((other) => other !== code);
    this.chosen = { ...this.chosen, [group]: input.checked ? [...rest, code] : rest };
    this.mark();
    this.onChange(this.chosen);
  }

  clear() {
    this.chosen = { states: [], kinds: [], counties: [], companies: [] };
    this.search.value = "";
    this.drawCompanies();
    this.onChange(this.chosen);
  }

  mark() {
    let any = false;
    for (const input of this.root.querySelectorAll("input[data-code]")) {
      input.checked = this.chosen[input.dataset.in].map(String).includes(input.dataset.code);
      any ||= input.checked;
    }
    this.root.querySelector("[data-clear]").hidden = !any;
  }

  /** The socket's counts. */
  show(counts) {
    if (!counts) return;
    this.counts = counts;
    for (const input of this.root.querySelectorAll("input[data-code]")) {
      const figure = input.closest("label").querySelector("[data-count]");
      figure.textContent = this.figure(counts, input.dataset.in, input.dataset.code);
    }
  }

  figure(counts, group, code) {
    if (group === "states") return grouped(counts.states[code] ?? 0);
    if (group === "companies") {
      const company = this.table?.companies.find(([id]) => String(id) === code);
      return `${grouped(counts.companies[code] ?? 0)} / ${grouped(company?.[2] ?? 0)}`;
    }
    const [online, all] = counts[group][code] ?? [0, 0];
    return `${grouped(online)} / ${grouped(all)}`;
  }
}

function choice(group, code, name) {
  const label = document.createElement("label");
  label.className = "map-choice";
  const input = document.createElement("input");
  Object.assign(input, { type: "checkbox", className: "form-check-input" });
  input.dataset.in = group;
  input.dataset.code = code;
  const sign = document.createElement("i");
  if (group === "kinds") sign.className = `kind-dot kind-${String(code).replace("_", "-")}`;
  const text = document.createElement("span");
  text.textContent = name;
  text.title = name;
  const figure = document.createElement("span");
  figure.className = "figure quiet";
  figure.dataset.count = "";
  label.append(input, ...(group === "kinds" ? [sign] : []), text, figure);
  return label;
}
