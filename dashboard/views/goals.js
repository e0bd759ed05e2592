// A table with a button in each row that has something to set.

export function render({model}) {
  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name)
    for (const [key, value] of Object.entries(attributes)) { made.setAttribute(key, value) }
    made.append(...children)
    return made
  }
  let presses = 0
  const table = element("table")
  const row = ({label, cells, sets}) => {
    const last = element("td", {class: "act"})
    for (const {name, text, said} of sets) {
      const button = element("button", {type: "button", "aria-label": said}, text)
      button.addEventListener("click", () => { model.pressed = {name, number: ++presses} })
      last.append(button)
    }
    const shown = cells.map(({text, far, waits}) => element("td", {class: far ? "far" : waits ? "waits" : ""}, text))
    return element("tr", {}, element("th", {scope: "row"}, label), ...shown, last)
  }
  const show = () => {
    const focused = table.contains(table.getRootNode().activeElement) ? table.getRootNode().activeElement.getAttribute("aria-label") : null
    const head = model.head.map((name) => element("th", {scope: "col"}, name))
    table.replaceChildren(
      element("caption", {}, model.caption), element("thead", {}, element("tr", {}, ...head)),
      element("tbody", {}, ...model.rows.map(row)))
    if (focused) { table.querySelector(`[aria-label="${CSS.escape(focused)}"]`)?.focus() }
  }
  for (const name of ["rows", "head", "caption"]) { model.on(name, show) }
  show()
  return element("div", {class: "scroll"}, table)
}
