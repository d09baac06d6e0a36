// Says while the outline is edited what “Approve” will take along, and shows what is ticked as needed.
const form = document.getElementById("outline");

if (form) {
  const approve = form.querySelector('[value="approve"]');
  const said = document.getElementById("so-far");
  const plain = "Approve";

  const differs = (field) => {
    if (field.type === "checkbox") return field.checked !== field.defaultChecked;
    if (field.tagName === "SELECT") return field.value !== ([...field.options].find((option) => option.defaultSelected) ?? field.options[0]).value;
    return field.value.trim() !== field.defaultValue.trim();
  };

  // One change for a concept's name, one for its place, and so on; a field of a new concept counts by its name.
  const changes = () => {
    const names = new Set();
    for (const field of form.elements) {
      if (!field.name || ["round", "decision", "feedback"].includes(field.name)) continue;
      if (field.name.startsWith("new.") && !field.name.endsWith(".name")) continue;
      if (differs(field)) names.add(field.name);
    }
    return names.size;
  };

  const tell = () => {
    const number = changes();
    approve.textContent = number || form.dataset.begun ? approve.dataset.changed : plain;
    said.textContent = number ? `${number} change${number === 1 ? "" : "s"} so far` : "";
  };

  // A page that came back with faults shows what was typed before: that counts as changed already.
  if (approve.textContent !== plain) form.dataset.begun = "yes";
  else {
    form.addEventListener("input", tell);
    addEventListener("pageshow", tell);
  }

  form.addEventListener("change", (event) => {
    const fold = event.target.closest(".needs");
    if (!fold) return;
    const ticked = [...fold.querySelectorAll(":checked")].map((box) => box.nextElementSibling.textContent.replace(/^\d+\. /, ""));
    fold.querySelector(".said").textContent = ticked.length ? `Needs ${ticked.join(", ")}` : "Needs nothing before it";
  });
}
