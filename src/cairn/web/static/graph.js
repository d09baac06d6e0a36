// Shows what a concept rests on and leads to, while it is pointed at or focused, in the outline or the drawing.
const edges = [...document.querySelectorAll(".edge")];
const nodes = new Map([...document.querySelectorAll(".node")].map((node) => [node.dataset.id, node]));

function show(id, on) {
  for (const edge of edges) {
    if (edge.dataset.from === id || edge.dataset.to === id) edge.classList.toggle("is-on", on);
  }
  nodes.get(id)?.classList.toggle("is-on", on);
}

for (const place of document.querySelectorAll(".node, .concepts a[data-id]")) {
  for (const [event, on] of [["mouseenter", true], ["mouseleave", false], ["focus", true], ["blur", false]]) {
    place.addEventListener(event, () => show(place.dataset.id, on));
  }
}
