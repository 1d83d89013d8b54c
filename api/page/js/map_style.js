// How the map draws states: a colour, and a second sign for whoever cannot tell the colours apart.

export const STATES_MARKED = ["broken", "under_repair", "repaired", "closed"];

const COLOURS = {
  works: "--works",
  dark: "--dark-part",
  broken: "--broken",
  under_repair: "--repairing",
  repaired: "--repaired",
  closed: "--closed",
  unused: "--line",
};

export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
export const colourOf = (state) => colour(COLOURS[state]);

const state = ["coalesce", ["feature-state", "state"], 0];

export function layers() {
  return [
    { id: "calm_links", type: "line", source: "calm_links" },
    { id: "calm_nodes", type: "circle", source: "calm_nodes" },
    { id: "chosen_link", type: "line", source: "chosen", filter: ["==", ["geometry-type"], "LineString"] },
    { id: "chosen_node", type: "circle", source: "chosen", filter: ["==", ["geometry-type"], "Point"] },
    { id: "links", type: "line", source: "links", layout: { "line-cap": "round" } },
    { id: "nodes", type: "circle", source: "nodes" },
    ...STATES_MARKED.map((name) => ({
      id: `mark-${name}`,
      type: "symbol",
      source: "marks",
      layout: {
        "icon-image": name,
        "icon-size": ["interpolate", ["linear"], ["zoom"], 8, 0.25, 11, 0.38, 13, 0.55, 15, 0.8],
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
      },
    })),
  ];
}

// What depends on the theme, by layer. States are numbers: their places in `states`.
export function paint(states) {
  const by = (values, otherwise) => ["match", state, ...states.flatMap((name, n) => (name in values ? [n, values[name]] : [])), otherwise];
  const colours = by(Object.fromEntries(states.map((name) => [name, colourOf(name)])), colourOf("works"));
  const ink = colour("--ink");
  const back = colour("--back");
  const zoomed = (value) => ["interpolate", ["linear"], ["zoom"], 8, ["*", value, 0.6], 13, value, 16, ["*", value, 2]];
  return {
    ground: { "background-color": back },
    calm_links: { "line-color": colourOf("works"), "line-width": zoomed(1.2) },
    calm_nodes: { "circle-color": colourOf("works"), "circle-radius": zoomed(2.4) },
    chosen_link: { "line-color": ink, "line-width": zoomed(9), "line-opacity": 0.8 },
    chosen_node: { "circle-color": ink, "circle-radius": zoomed(10), "circle-opacity": 0.8 },
    links: {
      "line-color": colours,
      "line-width": zoomed(by({ works: 1.2, unused: 0.8, dark: 2 }, 3)),
      // A dark link is two thin lines, so that it is another thing than a broken one in grey as well.
      "line-gap-width": zoomed(by({ dark: 2 }, 0)),
    },
    nodes: {
      // A dark node is a ring, a working one a small dot.
      "circle-color": by({ dark: back, unused: back }, colours),
      "circle-radius": zoomed(by({ works: 2.4, unused: 1.8, dark: 4 }, 5)),
      "circle-stroke-color": colours,
      "circle-stroke-width": by({ dark: 2, unused: 1 }, 0),
    },
    ...Object.fromEntries(
      STATES_MARKED.map((name) => [
        `mark-${name}`,
        { "icon-opacity": ["case", ["==", state, states.indexOf(name)], 1, 0] },
      ]),
    ),
  };
}

const SIZE = 40;

// Signs on a plate of their own: a cross (broken), a wedge (under repair), a tick (repaired), a bar (closed).
const SIGNS = {
  broken: [[[12, 12], [28, 28]], [[28, 12], [12, 28]]],
  under_repair: [[[20, 10], [30, 28], [10, 28], [20, 10]]],
  repaired: [[[11, 21], [18, 28], [30, 12]]],
  closed: [[[10, 20], [30, 20]]],
};

export function drawSign(context, name) {
  context.fillStyle = colourOf(name);
  context.strokeStyle = "#10161d";
  context.lineWidth = 2;
  context.beginPath();
  context.arc(20, 20, 18, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
  context.strokeStyle = isBright(colourOf(name)) ? "#10161d" : "#ffffff";
  context.lineWidth = 5;
  context.lineCap = context.lineJoin = "round";
  for (const stroke of SIGNS[name]) {
    context.beginPath();
    stroke.forEach(([x, y], place) => (place ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.stroke();
  }
}

function isBright(hex) {
  const [red, green, blue] = [1, 3, 5].map((place) => parseInt(hex.slice(place, place + 2), 16));
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140;
}

export function addPictures(map) {
  const draw = () => {
    for (const name of STATES_MARKED) {
      const canvas = Object.assign(document.createElement("canvas"), { width: SIZE, height: SIZE });
      const context = canvas.getContext("2d");
      drawSign(context, name);
      const picture = context.getImageData(0, 0, SIZE, SIZE);
      if (map.hasImage(name)) map.updateImage(name, picture);
      else map.addImage(name, picture);
    }
  };
  draw();
  return draw;
}
