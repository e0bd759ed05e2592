// The seven pools of a column as boxes, with what they hold, gain, hand on and respire, and the same as a table.
// Drawn once; afterwards only numbers and widths of arrows change.

const SPACE = "http://www.w3.org/2000/svg"

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) { made.setAttribute(name, value) }
  made.append(...children)
  return made
}

function shape(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SPACE, tag)
  for (const [name, value] of Object.entries(attributes)) { made.setAttribute(name, value) }
  made.append(...children)
  return made
}

export function render({model}) {
  const {pools, title, plants, head, rows} = model.texts
  const {size, box: [width, height], boxes, plants: [left, top, wide, high], head: [tip, half], ways} = model.geometry
  const picture = shape("svg", {viewBox: `0 0 ${size[0]} ${size[1]}`, role: "img"})
  const defs = shape("defs")
  for (const kind of ["input", "transfer", "air"]) {
    const marker = {
      id: kind, markerWidth: tip + 1, markerHeight: 2 * half, refX: 1, refY: half, orient: "auto", markerUnits: "userSpaceOnUse",
    }
    defs.append(shape("marker", marker, shape("path", {d: `M0 0L${tip} ${half}L0 ${2 * half}Z`, class: `head ${kind}`})))
  }
  picture.append(defs, shape("rect", {x: left, y: top, width: wide, height: high, rx: 3, class: "plants"}),
    shape("text", {x: left, y: top - 12, class: "name"}, plants))

  const parts = {}
  for (const [id, kind, points, [x, y], anchor] of ways) {
    const [from, ...on] = points.map((point) => point.join(" "))
    const d = `M${from}${on.length > 1 ? "C" : "L"}${on.join(" ")}`
    const line = shape("path", {d, class: `line ${kind}`, "marker-end": `url(#${kind})`})
    const old = shape("tspan"), changed = shape("tspan", {class: "changed"})
    picture.append(line, shape("text", {x, y, "text-anchor": anchor, class: "flow"}, kind === "air" ? "CO₂ " : "", old, changed))
    parts[id] = {line, old, changed}
  }
  boxes.forEach(([x, y], i) => {
    const old = shape("text", {x: x + 10, y: y + 44}), changed = shape("text", {x: x + 10, y: y + 65, class: "changed"})
    picture.append(shape("rect", {x, y, width, height, rx: 7, class: i < 4 ? "box litter" : "box soil"}),
      shape("text", {x: x + 10, y: y + 23, class: "name"}, pools[i]), old, changed)
    parts[`pool-${i}`] = {old, changed}
  })

  const body = element("tbody")
  for (const [id, name] of rows) {
    const cells = [0, 1, 2].map(() => element("td"))
    body.append(element("tr", {}, element("th", {scope: "row"}, name), ...cells))
    parts[id] = {...parts[id], cells}
  }
  const table = element("table", {}, element("caption", {}, title),
    element("thead", {}, element("tr", {}, ...head.map((name) => element("th", {scope: "col"}, name)))), body)

  const balance = element("p")
  const show = () => {
    balance.textContent = model.balance
    picture.setAttribute("aria-label", model.said)
    for (const [id, before, after, percent, width] of model.numbers) {
      const {line, old, changed, cells} = parts[id]
      if (line) { line.setAttribute("stroke-width", width) }
      if (old) {
        old.textContent = line ? before : `${before} kg C m⁻²`
        changed.textContent = after === "" ? "" : line ? ` → ${after}` : `→ ${after} (${percent})`
      }
      if (cells) { [before, after === "" ? before : after, percent].forEach((text, i) => { cells[i].textContent = text }) }
    }
  }
  model.on("numbers", show)
  show()
  return element("div", {class: "flows"}, element("h3", {}, title), balance,
    element("p", {class: "sideways"}, model.texts.sideways), element("div", {class: "scroll", tabindex: "0", role: "group", "aria-label": title}, picture),
    element("details", {}, element("summary", {}, model.texts.table), table))
}
