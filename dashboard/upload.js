// Takes a file from a button or a drop and sends it piece by piece: the next piece goes when the last has come.

const PIECE = 384 * 1024

export function render({model}) {
  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name)
    for (const [key, value] of Object.entries(attributes)) { made.setAttribute(key, value) }
    made.append(...children)
    return made
  }
  const input = element("input", {type: "file", tabindex: "-1", "aria-hidden": "true", accept: model.accept})
  const button = element("button", {type: "button"}, model.label)
  const hint = element("span", {class: "hint"}, model.hint)
  const bar = element("progress", {max: "1", value: "0", "aria-label": model.label})
  const said = element("p", {"aria-live": "polite"})
  const zone = element("div", {class: "zone"}, input, button, hint)
  let file = null, sent = 0, number = 0

  const send = async () => {
    if (file === null) { return }
    const mine = file
    const piece = new Uint8Array(await file.slice(sent, sent + PIECE).arrayBuffer())
    if (file !== mine) { return }
    let text = ""
    for (let i = 0; i < piece.length; i += 8192) { text += String.fromCharCode(...piece.subarray(i, i + 8192)) }
    sent += piece.length
    model.send_msg({what: "piece", number, data: btoa(text)})
  }
  const begin = (chosen) => {
    if (!chosen || model.disabled) { return }
    file = chosen
    sent = 0
    number += 1
    model.send_msg({what: "begin", number, name: file.name, size: file.size})
  }
  button.addEventListener("click", () => { if (!model.disabled) { input.click() } })
  input.addEventListener("change", () => { begin(input.files[0]); input.value = "" })
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over") })
  zone.addEventListener("dragleave", () => zone.classList.remove("over"))
  zone.addEventListener("drop", (event) => {
    event.preventDefault()
    zone.classList.remove("over")
    begin(event.dataTransfer.files[0])
  })
  model.on("got", () => {
    const [of, bytes] = model.got
    if (of === number && bytes >= 0 && file && bytes < file.size) { send() } else { file = null }
  })
  const show = () => {
    said.textContent = model.said
    said.className = model.failed ? "failed" : ""
    bar.hidden = model.part === null
    if (model.part !== null && model.part < 1) { bar.value = model.part } else { bar.removeAttribute("value") }
    button.setAttribute("aria-disabled", String(model.disabled))
  }
  for (const name of ["said", "failed", "part", "disabled"]) { model.on(name, show) }
  show()
  return element("div", {}, zone, bar, said)
}
