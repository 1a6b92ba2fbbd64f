//! Contrasts as they are painted: of text, of the edges of controls, of the mark of the focus.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::webdriver::Page;

/// WCAG 2.2, 1.4.3 (text, large text), 1.4.6 for the code, 1.4.11 (edges, the ring, the focus).
const LEAST: &str = "{ text: 4.5, large: 3, code: 7, edge: 3 }";

/// What has too little contrast. `forced`: the system's own colours are in force, in which a ground
/// that tells a control from the page may be gone, so that each needs an edge or an underline.
const FAULTS: &str = "
    const canvas = document.createElement('canvas'); canvas.width = canvas.height = 1;
    const paint = canvas.getContext('2d', { willReadFrequently: true });
    const rgba = color => {
        paint.clearRect(0, 0, 1, 1); paint.fillStyle = color; paint.fillRect(0, 0, 1, 1);
        return [...paint.getImageData(0, 0, 1, 1).data].map((part, at) => at < 3 ? part : part / 255);
    };
    const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
    const light = ([r, g, b]) => { const line = part => (part /= 255) <= 0.04045 ? part / 12.92
        : ((part + 0.055) / 1.055) ** 2.4; return 0.2126 * line(r) + 0.7152 * line(g) + 0.0722 * line(b) };
    const ratio = (one, other) => { const [a, b] = [light(one), light(other)].sort((a, b) => b - a);
        return (a + 0.05) / (b + 0.05) };
    const ground = element => {
        const layers = [];
        for (let at = element; at !== null; at = at.parentElement) {
            const layer = rgba(getComputedStyle(at).backgroundColor);
            if (layer[3] > 0) layers.push(layer);
            if (layer[3] === 1) break;
        }
        return layers.reverse().reduce((below, layer) => over(layer, below), rgba('Canvas'));
    };
    const faults = [];
    const brief = e => `<${e.tagName.toLowerCase()} class=\"${e.getAttribute('class') ?? ''}\"> ${
        (e.innerText ?? '').trim().replace(/\\s+/g, ' ').slice(0, 40)}`;
    const ask = (what, found, least, element) => {
        if (found < least - 0.005) faults.push(`${what}: ${found.toFixed(2)} of ${least} at ${brief(element)}`);
    };
    const seen = e => e.checkVisibility({ visibilityProperty: true, opacityProperty: true })
        && getComputedStyle(e).clipPath === 'none' && e.closest('[inert]') === null;
    for (const element of top.querySelectorAll('*')) {
        if (!seen(element) || element.closest('svg')) continue;
        const words = [...element.childNodes].some(n => n.nodeType === Node.TEXT_NODE && n.data.trim() !== '');
        if (!words || element.closest(':disabled')) continue;
        const style = getComputedStyle(element), size = parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        const code = element.closest('[data-testid=code]') !== null;
        const below = ground(element);
        ask('text', ratio(over(rgba(style.color), below), below),
            code ? least.code : large ? least.large : least.text, element);
    }
    for (const ring of top.querySelectorAll('svg .left')) {
        if (!seen(ring)) continue;
        const below = ground(ring.closest('svg')), gone = ring.closest('svg').querySelector('.track');
        const [one, other] = [ring, gone].map(e => getComputedStyle(e));
        if (parseFloat(other.strokeWidth) * 3 > parseFloat(one.strokeWidth))
            ask('the ring beside what has gone', ratio(rgba(one.stroke), rgba(other.stroke)), least.edge, ring.closest('svg').parentElement);
        ask('the ring', ratio(rgba(getComputedStyle(ring).stroke), below), least.edge, ring.closest('svg').parentElement);
    }
    const controls = [...top.querySelectorAll('button, input, select, [tabindex=\"0\"]')].filter(seen);
    for (const control of controls) {
        if (control.type === 'file' || control.disabled) continue;
        const style = getComputedStyle(control), outside = ground(control.parentElement);
        const drawn = style.appearance === 'auto' && ['radio', 'checkbox'].includes(control.type);
        const underlined = style.textDecorationLine.includes('underline');
        const edge = parseFloat(style.borderTopWidth) > 0 && style.borderTopStyle !== 'none'
            ? ratio(over(rgba(style.borderTopColor), outside), outside) : 1;
        const filled = forced ? 1 : ratio(ground(control), outside);
        // What is read and not operated has the focus for its words alone.
        const text = control.matches('[tabindex]');
        if (!drawn && !underlined && !text && control.dataset.testid !== 'back')
            ask('the edge', Math.max(edge, filled), least.edge, control);
    }
    for (const control of controls) {
        if (control.disabled) continue;
        const before = document.activeElement;
        control.focus({ focusVisible: true, preventScroll: true });
        if (document.activeElement === control) {
            const style = getComputedStyle(control), outside = ground(control.parentElement);
            const width = style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth);
            if (width < 2) faults.push(`the focus is not seen at ${brief(control)}`);
            else ask('the focus', ratio(rgba(style.outlineColor), outside), least.edge, control);
        }
        before?.focus?.({ preventScroll: true });
    }
    return [...new Set(faults)];";

/// A fault of each kind, at the end of what is looked at.
const PLANTED: &str = "
    const block = document.createElement('div');
    block.style.cssText = 'background: rgb(120 120 120); forced-color-adjust: none';
    const add = (tag, style) => {
        const e = document.createElement(tag);
        e.textContent = 'planted'; e.style.cssText = style; block.append(e);
    };
    add('p', 'color: rgb(160 160 160)');
    add('button', 'appearance: none; border: 1px solid rgb(125 125 125); background: rgb(122 122 122); \\
        outline: none; color: white');
    top.append(block);
    undo = () => block.remove();";

/// Asserts that what is shown has the contrasts that WCAG 2.2 AA asks for, its code those of AAA, and that
/// a fault of each kind planted there is found. `forced`: it is shown in the system's own colours.
///
/// # Errors
/// With what has too little, and when a planted fault is missed.
pub fn check(page: &Page, screen: &str, forced: bool) -> Result<()> {
    let found = faults(page, forced, "")?;
    ensure!(found.is_empty(), "{screen}:\n{}", found.join("\n"));
    let planted = faults(page, forced, PLANTED)?;
    for kind in ["text", "the edge", "the focus"] {
        ensure!(
            planted.iter().any(|fault| fault.starts_with(kind)),
            "what was planted of {kind} on {screen} is not seen: {planted:?}"
        );
    }
    Ok(())
}

fn faults(page: &Page, forced: bool, change: &str) -> Result<Vec<String>> {
    let script = format!(
        "const least = {LEAST}, forced = {forced}; let undo = () => {{}};
         const top = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body;
         try {{ {change}; return (() => {{ {FAULTS} }})() }} finally {{ undo() }}"
    );
    let found = page.run(&script, &json!([]))?;
    let found = found.as_array().context("no list of faults")?;
    Ok(found
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect())
}
