// Orders for the next plan, as in docs/orders-and-crews.md: kept in this browser for each incident, and sent with every
// plan that is asked for from this page until they are taken back. Pure functions first; the keeping stands below.

import { store } from "./state.js";

const same = (one, other) => one.job === other.job && one.kind === other.kind && one.value === other.value;

// The orders with one more; what it contradicts goes.
export function withOrder(orders, order) {
  const kept = orders.filter((one) => !same(one, order) && !contradicts(one, order));
  return [...kept, order];
}

export const withoutOrder = (orders, order) => orders.filter((one) => !same(one, order));

export const ordersOf = (orders, job) => orders.filter((one) => one.job === job);

function contradicts(old, order) {
  if (old.kind === "after" && order.kind === "after") return old.job === order.value && old.value === order.job;
  if (old.job !== order.job) return false;
  if (order.kind === "crew") return old.kind === "crew" || (old.kind === "not_crew" && old.value === order.value);
  if (order.kind === "not_crew") return old.kind === "crew" && old.value === order.value;
  if (order.kind === "first") return old.kind === "after";
  return order.kind === "after" && old.kind === "first";
}

const place = () => {
  const { incident } = store.get();
  return incident ? `lifeline.orders.${incident.id}` : null;
};

export function orders() {
  const name = place();
  try {
    return (name && JSON.parse(window.localStorage.getItem(name))) || [];
  } catch {
    return [];
  }
}

function keep(changed) {
  const name = place();
  if (!name) return;
  window.localStorage.setItem(name, JSON.stringify(changed));
  window.dispatchEvent(new Event("lifeline:orders"));
}

export const give = (order) => keep(withOrder(orders(), { value: "", ...order }));
export const takeBack = (order) => keep(withoutOrder(orders(), order));
export const unlock = (job) => keep(orders().filter((one) => one.job !== job));
export const takeAllBack = () => keep([]);

export const onOrders = (callback) => {
  window.addEventListener("lifeline:orders", callback);
  store.subscribe(["incident"], callback);
};
