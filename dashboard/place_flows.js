// The seven pools of a column as boxes, with what they hold, gain, hand on and respire, and the same as a table.
// Drawn once; afterwards only numbers and widths of arrows change.

const SPACE = "http://www.w3.org/2000/svg"
const WIDTH = 146, HEIGHT = 76
// lower left corners grow to the right and down: woody debris and litter, then the three soil pools
const BOXES = [[98, 232], [318, 62], [318, 190], [318, 318], [566, 62], [566, 318], [830, 190]]
// path, label x, y and anchor
const INPUTS = [
  ["M14 270H87", 55, 261, "middle"], ["M14 100H307", 166, 91, "middle"], ["M14 212H307", 166, 203, "middle"],
  ["M14 372H307", 166, 363, "middle"],
]
const AIR = [
  null, ["M336 62V44", 350, 46, "start"], ["M336 190V172", 350, 174, "start"], ["M336 318V300", 350, 302, "start"],
  ["M584 62V44", 598, 46, "start"], ["M584 394V412", 598, 420, "start"], ["M850 266V284", 862, 292, "start"],
]
const TRANSFERS = [
  ["M464 100H555", 512, 91, "middle"], ["M464 224L557 132", 536, 178, "start"], ["M464 356H555", 512, 347, "middle"],
  ["M640 138V307", 633, 256, "end"], ["M712 92C800 92 868 104 868 179", 850, 110, "start"], ["M690 318V149", 698, 252, "start"],
  ["M712 356C780 356 820 330 836 277", 816, 338, "start"], ["M830 214L721 131", 776, 166, "start"],
  ["M244 258L307 248", 280, 240, "middle"], ["M244 292L308 331", 268, 332, "end"],
]

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
  const picture = shape("svg", {viewBox: "0 0 1030 430", role: "img"})
  const defs = shape("defs")
  for (const kind of ["input", "transfer", "air"]) {
    const marker = {id: kind, markerWidth: 12, markerHeight: 12, refX: 1, refY: 6, orient: "auto", markerUnits: "userSpaceOnUse"}
    defs.append(shape("marker", marker, shape("path", {d: "M0 0L11 6L0 12Z", class: `head ${kind}`})))
  }
  picture.append(defs, shape("rect", {x: 4, y: 62, width: 10, height: 332, rx: 3, class: "plants"}),
    shape("text", {x: 4, y: 50, class: "name"}, plants))

  const parts = {}
  const arrow = (id, kind, where, before = "") => {
    if (!where) { return }
    const [d, x, y, anchor] = where
    const line = shape("path", {d, class: `line ${kind}`, "marker-end": `url(#${kind})`})
    const old = shape("tspan"), changed = shape("tspan", {class: "changed"})
    picture.append(line, shape("text", {x, y, "text-anchor": anchor, class: "flow"}, before, old, changed))
    parts[id] = {line, old, changed}
  }
  INPUTS.forEach((where, i) => arrow(`input-${i}`, "input", where))
  AIR.forEach((where, i) => arrow(`air-${i}`, "air", where, "CO₂ "))
  TRANSFERS.forEach((where, i) => arrow(`transfer-${i}`, "transfer", where))
  BOXES.forEach(([x, y], i) => {
    const old = shape("text", {x: x + 10, y: y + 44}), changed = shape("text", {x: x + 10, y: y + 65, class: "changed"})
    picture.append(shape("rect", {x, y, width: WIDTH, height: HEIGHT, rx: 7, class: i < 4 ? "box litter" : "box soil"}),
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
