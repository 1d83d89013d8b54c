// The names an incident has, for fields that offer them: of crews, skills, components, roads and customers.

import { store } from "./state.js";

export function namesOf(what) {
  const { timeline } = store.get();
  if (!timeline) return [];
  const { components, customers, crews } = timeline;
  if (what === "crew") return crews.map((one) => one.crew);
  if (what === "component") return components.id;
  if (what === "road") return components.id.filter((_, index) => components.sector[index] === "road");
  if (what === "skill") return [...new Set(crews.flatMap((one) => one.skills))].sort();
  if (what === "customer") return critical(customers);
  return [];
}

// Hospitals and the like first: they are what is asked about.
function critical(customers) {
  const order = customers.id.map((id, index) => ({ id, last: customers.critical[index] ? 0 : 1 }));
  return order.sort((one, other) => one.last - other.last).map((one) => one.id);
}
