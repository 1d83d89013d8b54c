// The names an incident has, for fields that offer them: of crews, components, roads and customers.

import { store } from "./state.js";

const idOf = (one) => (typeof one === "string" ? one : one.id ?? one.component ?? one.crew ?? one.customer);

export function namesOf(what) {
  const { timeline } = store.get();
  if (!timeline) return [];
  const components = timeline.components || [];
  if (what === "crew") return (timeline.crews || []).map(idOf);
  if (what === "component") return components.map(idOf);
  if (what === "road") return components.filter((one) => one.sector === "road").map(idOf);
  if (what === "customer") return (timeline.facilities || []).map(idOf);
  return [];
}
