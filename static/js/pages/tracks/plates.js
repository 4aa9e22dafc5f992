// Finding a vehicle by its plate: a box with suggestions; `/` leads to it from anywhere on the page.

const MOST = 8;

export class PlateSearch {
  /** `onPick(id)` when one is chosen. */
  constructor(form, onPick) {
    this.input = form.querySelector("input");
    this.list = form.querySelector("[data-suggestions]");
    this.onPick = onPick;
    this.table = null;
    this.at = 0;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.pick(this.found[this.at]);
    });
    this.found = [];
    this.input.addEventListener("input", () => this.suggest());
    this.input.addEventListener("focus", () => this.suggest());
    this.input.addEventListener("blur", () => setTimeout(() => this.hide(), 150));
    this.input.addEventListener("keydown", (event) => this.key(event));
  }

  offer(table) {
    this.table = table;
  }

  suggest() {
    const wanted = this.input.value.trim().toUpperCase();
    this.found = [];
    if (this.table && wanted) {
      const { plate } = this.table;
      for (let place = 0; place < plate.length && this.found.length < MOST; place++) {
        if (plate[place].includes(wanted)) this.found.push(place);
      }
    }
    this.at = 0;
    this.draw(wanted);
  }

  draw(wanted) {
    if (!wanted) return this.hide();
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    if (!this.found.length) {
      const none = document.createElement("li");
      none.className = "quiet";
      none.textContent = this.table ? "没有这样的车牌" : "正在读取车辆…";
      return this.list.replaceChildren(none);
    }
    const { plate, kind, kinds, company, companies } = this.table;
    this.list.replaceChildren(...this.found.map((place, index) => {
      const line = document.createElement("li");
      line.setAttribute("role", "option");
      line.setAttribute("aria-selected", index === this.at);
      const name = document.createElement("strong");
      name.textContent = plate[place];
      const what = document.createElement("span");
      what.className = "quiet";
      what.textContent = `${kinds[kind[place]][1]} · ${companies[company[place]]?.[1] ?? ""}`;
      line.append(name, what);
      line.addEventListener("mousedown", (event) => {
        event.preventDefault();
        this.pick(place);
      });
      return line;
    }));
  }

  key(event) {
    if (event.key === "Escape") this.input.blur();
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    this.at = Math.max(0, Math.min(this.found.length - 1, this.at + step));
    this.draw(this.input.value.trim());
  }

  pick(place) {
    if (place === undefined) return;
    this.input.value = this.table.plate[place];
    this.hide();
    this.input.blur();
    this.onPick(this.table.id[place]);
  }

  hide() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
  }
}
