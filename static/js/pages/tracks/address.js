// What the map shows lives in the page's address: filters, place, zoom, the vehicle whose drawer is open.

const LISTS = ["states", "kinds", "counties", "companies"];

export function readAddress() {
  const query = new URLSearchParams(location.search);
  const filters = Object.fromEntries(
    LISTS.map((name) => [name, (query.get(name) ?? "").split(",").filter(Boolean)]),
  );
  filters.companies = filters.companies.map(Number).filter(Number.isInteger);
  const at = (query.get("at") ?? "").split(",").map(Number);
  return {
    filters,
    at: at.length === 3 && at.every(Number.isFinite) ? { latitude: at[0], longitude: at[1], zoom: at[2] } : null,
    vehicle: Number(query.get("vehicle")) || null,
    byKind: query.get("by") === "kind",
  };
}

export function writeAddress({ filters, map, vehicle, byKind }) {
  const query = new URLSearchParams();
  for (const name of LISTS) if (filters[name].length) query.set(name, filters[name].join(","));
  const { lat, lng } = map.getCenter();
  query.set("at", `${lat.toFixed(4)},${lng.toFixed(4)},${map.getZoom()}`);
  if (vehicle) query.set("vehicle", vehicle);
  if (byKind) query.set("by", "kind");
  history.replaceState(null, "", `?${query.toString().replaceAll("%2C", ",")}`);
}
