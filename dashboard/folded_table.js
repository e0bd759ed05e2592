// A table that is folded away until one asks for it; new numbers leave it open or shut as it is.

export function render({model}) {
  const element = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag)
    for (const [name, value] of Object.entries(attributes)) { made.setAttribute(name, value) }
    made.append(...children)
    return made
  }
  const table = element("table")
  const show = () => {
    const head = element("tr", {}, ...model.head.map((name) => element("th", {scope: "col"}, name)))
    const body = model.rows.map(([name, ...cells]) =>
      element("tr", {}, element("th", {scope: "row"}, name), ...cells.map((cell) => element("td", {}, cell))))
    table.replaceChildren(element("thead", {}, head), element("tbody", {}, ...body))
  }
  for (const name of ["head", "rows"]) { model.on(name, show) }
  show()
  return element("details", {}, element("summary", {}, model.summary), element("div", {class: "scroll"}, table))
}
